/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import static org.sipwire.registrar.location.PackedRecord.LITTLE;

import java.util.Arrays;
import java.util.concurrent.Executor;

/**
 * What one REGISTER asks of a {@link LocationService}. Confined to one thread and used again for every request, so that nothing is
 * allocated.
 *
 * <pre>{@code
 * update.begin(aor, 0, aorLength, nowMillis).request(callId, 0, callIdLength, cseq).flow(transport, port, flowId);
 * update.source(host, 0, hostLength);
 * update.beginContact(uri, 0, uriLength).parameters(text, 0, length).endContact(3600);
 * locations.update(update, completion);
 * }</pre>
 *
 * <p>Each contact is kept in the very form a {@link PackedRecord} stores it, so that a pure refresh is found by comparing words.
 *
 * <p>Borrowed by the service during the call; ranges given are copied.
 */
public final class BindingUpdate {

    /** The longest User-Agent kept with a binding, in octets: {@value}. */
    public static final int MAX_USER_AGENT = 64;

    private static final Executor DIRECT = Runnable::run;
    private static final int FIXED = PackedRecord.TEXT << 3;
    private static final int MAX_TEXT = 0xFFFF;

    final ContactMatch match = new ContactMatch();
    final BindingMerge merge = new BindingMerge(this);
    final Bindings current = new Bindings();
    final Bindings lapsed = new Bindings();

    private final OctetBuffer key = new OctetBuffer(64);
    private final OctetBuffer callId = new OctetBuffer(128);
    private final OctetBuffer path = new OctetBuffer(64);
    private final OctetBuffer userAgent = new OctetBuffer(MAX_USER_AGENT);
    private final OctetBuffer host = new OctetBuffer(64);
    private final OctetBuffer image = new OctetBuffer(1024);

    private long cseq;
    private long nowSeconds;
    private int transport;
    private int port;
    private long flowId;
    private int node;
    private boolean removeAll;
    private boolean removeFlow;
    private boolean removeOnlyOutbound;
    private int maxContacts;
    private boolean replaceOldest;
    private Executor loop = DIRECT;

    private int[] contactAt = new int[8];
    private long[] expires = new long[8];
    private int contactCount;

    /** Made by the service at the first update; null while it has none to give. */
    private RecordPool pool;

    private RecordReaders poolOwner;

    private int building;
    private int contactLength;
    private int instanceLength;
    private int parametersLength;
    private int q;
    private int regId;
    private boolean outbound;

    /** An update to be begun. */
    public BindingUpdate() {}

    /** Forgets the request before and names the address-of-record and the time. Returns this. */
    public BindingUpdate begin(byte[] aor, int offset, int length, long nowMillis) {
        key.set(aor, offset, length);
        nowSeconds = Math.floorDiv(nowMillis, 1000L);
        callId.clear();
        path.clear();
        userAgent.clear();
        host.clear();
        image.clear();
        contactCount = 0;
        cseq = 0;
        transport = 0;
        port = 0;
        flowId = 0;
        node = 0;
        removeAll = false;
        removeFlow = false;
        removeOnlyOutbound = false;
        maxContacts = PackedRecord.MAX_BINDINGS;
        replaceOldest = false;
        loop = DIRECT;
        return this;
    }

    /** Names the request that orders this update among others (RFC 3261 §10.3 step 7). Returns this. */
    public BindingUpdate request(byte[] octets, int offset, int length, long sequence) {
        assert sequence >= 0 && sequence <= PackedRecord.MAX_CSEQ : sequence;
        callId.set(octets, offset, length);
        cseq = sequence;
        return this;
    }

    /** Names the flow the request came over, by the ordinal of its transport, the peer's port and its id. Returns this. */
    public BindingUpdate flow(int transportOrdinal, int remotePort, long id) {
        transport = transportOrdinal;
        port = remotePort;
        flowId = id;
        return this;
    }

    /** Names the address the request came from, as text. Returns this. */
    public BindingUpdate source(byte[] octets, int offset, int length) {
        host.set(octets, offset, Math.min(length, 0xFF));
        return this;
    }

    /** Adds one Path value; several are joined by commas (RFC 3327 §5.3: the order MUST be kept). Returns this. */
    public BindingUpdate addPath(byte[] octets, int offset, int length) {
        if (path.length() > 0) {
            path.add((byte) ',');
        }
        path.add(octets, offset, length);
        return this;
    }

    /** Names the User-Agent; only its first {@value #MAX_USER_AGENT} octets are kept. Returns this. */
    public BindingUpdate userAgent(byte[] octets, int offset, int length) {
        userAgent.set(octets, offset, Math.min(length, MAX_USER_AGENT));
        return this;
    }

    /** Bounds the bindings of the address-of-record; beyond it the update is refused, or the oldest bindings go. Returns this. */
    public BindingUpdate maxContacts(int most, boolean evictOldest) {
        maxContacts = Math.min(most, PackedRecord.MAX_BINDINGS);
        replaceOldest = evictOldest;
        return this;
    }

    /** Names where a completion that comes later is to run. Returns this. */
    public BindingUpdate loop(Executor executor) {
        loop = executor;
        return this;
    }

    /** Asks for the removal of all bindings: {@code Contact: *} with an expiry of zero. Returns this. */
    public BindingUpdate removeAll() {
        removeAll = true;
        return this;
    }

    /** Asks for the removal of the bindings made over a flow, whatever their order: the flow is lost. Returns this. */
    public BindingUpdate removeFlow(long id, boolean onlyOutbound) {
        flowId = id;
        removeFlow = true;
        removeOnlyOutbound = onlyOutbound;
        return this;
    }

    /** Begins a contact by its URI, without angle brackets. Returns this. */
    public BindingUpdate beginContact(byte[] octets, int offset, int length) {
        building = image.length();
        contactLength = length;
        instanceLength = 0;
        parametersLength = 0;
        q = -1;
        regId = 0;
        outbound = false;
        image.zeroes(FIXED);
        image.add(octets, offset, length);
        return this;
    }

    /** Adds the value of {@code +sip.instance} without its quotes; before any parameter. Returns this. */
    public BindingUpdate instance(byte[] octets, int offset, int length) {
        assert parametersLength == 0 : "the instance comes before the parameters";
        image.add(octets, offset, length);
        instanceLength = length;
        return this;
    }

    /** Adds header parameters to be echoed, each with its semicolon. Returns this. */
    public BindingUpdate parameters(byte[] octets, int offset, int length) {
        image.add(octets, offset, length);
        parametersLength += length;
        return this;
    }

    /** Sets the preference in thousandths. Returns this. */
    public BindingUpdate q(int thousandths) {
        q = thousandths;
        return this;
    }

    /** Sets the reg-id; {@code flow} says that RFC 5626 §6 applies and the binding is known by instance and reg-id. Returns this. */
    public BindingUpdate regId(int id, boolean flow) {
        regId = id;
        outbound = flow;
        return this;
    }

    /** Ends the contact with the seconds it is wanted for; 0 asks for its removal. */
    public void endContact(long expiresSeconds) {
        image.add(callId);
        image.add(path);
        image.add(userAgent);
        image.add(host);
        image.zeroes(-image.length() & 7);
        int words = image.length() - building >>> 3;
        byte[] a = image.array();
        // A message is at most 64 KiB, so no text of it can be longer; the sum of them may be.
        assert contactLength <= MAX_TEXT
                && parametersLength <= MAX_TEXT
                && path.length() <= MAX_TEXT
                && words <= MAX_TEXT;
        put(
                a,
                PackedRecord.LENGTHS,
                words | (long) contactLength << 16 | (long) parametersLength << 32 | (long) callId.length() << 48);
        put(
                a,
                PackedRecord.SOURCE,
                path.length()
                        | (long) userAgent.length() << 16
                        | (outbound ? (long) PackedRecord.FLAG_OUTBOUND << 24 : 0)
                        | (long) port << 32
                        | (long) host.length() << 48
                        | (long) transport << 56);
        put(a, PackedRecord.FLOW, flowId);
        put(a, PackedRecord.EXTRA, q & 0xFFFF | (long) instanceLength << 16 | (long) regId << 32);
        if (contactCount == contactAt.length) {
            contactAt = Arrays.copyOf(contactAt, contactCount * 2);
            expires = Arrays.copyOf(expires, contactCount * 2);
        }
        contactAt[contactCount] = building;
        expires[contactCount++] = expiresSeconds;
    }

    private void put(byte[] a, int word, long value) {
        LITTLE.set(a, building + (word << 3), value);
    }

    /** The pool of this update's thread at a service; null when its updates are guests there. */
    RecordPool pool(RecordReaders readers) {
        if (poolOwner != readers) {
            poolOwner = readers;
            pool = readers.join();
        }
        return pool;
    }

    /** A copy that outlives the call it was made in, each contact tagged with a node of a fleet. Allocates. */
    BindingUpdate copy(int ofNode) {
        BindingUpdate copy = new BindingUpdate();
        copy.node = ofNode;
        copy.key.add(key);
        copy.callId.add(callId);
        copy.image.add(image);
        copy.cseq = cseq;
        copy.nowSeconds = nowSeconds;
        copy.flowId = flowId;
        copy.removeAll = removeAll;
        copy.removeFlow = removeFlow;
        copy.removeOnlyOutbound = removeOnlyOutbound;
        copy.maxContacts = maxContacts;
        copy.replaceOldest = replaceOldest;
        copy.loop = loop;
        copy.contactAt = contactAt.clone();
        copy.expires = expires.clone();
        copy.contactCount = contactCount;
        for (int c = 0; c < contactCount; c++) {
            int at = contactAt[c] + (PackedRecord.SOURCE << 3);
            LITTLE.set(
                    copy.image.array(),
                    at,
                    imageWord(c, PackedRecord.SOURCE) | (long) ofNode << PackedRecord.NODE_SHIFT);
        }
        return copy;
    }

    /** How many contacts were given. */
    public int contactCount() {
        return contactCount;
    }

    byte[] key() {
        return key.array();
    }

    int keyLength() {
        return key.length();
    }

    byte[] image() {
        return image.array();
    }

    int contactAt(int contact) {
        return contactAt[contact];
    }

    long imageWord(int contact, int word) {
        return (long) LITTLE.get(image.array(), contactAt[contact] + (word << 3));
    }

    int contactWords(int contact) {
        return (int) imageWord(contact, PackedRecord.LENGTHS) & 0xFFFF;
    }

    int contactUriLength(int contact) {
        return (int) (imageWord(contact, PackedRecord.LENGTHS) >>> 16) & 0xFFFF;
    }

    int contactInstanceLength(int contact) {
        return (int) (imageWord(contact, PackedRecord.EXTRA) >>> 16) & 0xFFFF;
    }

    int contactRegId(int contact) {
        return (int) (imageWord(contact, PackedRecord.EXTRA) >>> 32);
    }

    boolean contactIsOutbound(int contact) {
        return (imageWord(contact, PackedRecord.SOURCE) >>> 24 & PackedRecord.FLAG_OUTBOUND) != 0;
    }

    long expires(int contact) {
        return expires[contact];
    }

    long expiresAt(int contact) {
        return expires[contact] == 0 ? 0 : Math.min(nowSeconds + expires[contact], 0xFFFF_FFFFL);
    }

    long stamp(int contact) {
        return PackedRecord.stamp(expiresAt(contact), cseq);
    }

    boolean sameCallId(Bindings bindings) {
        return bindings.hasText(bindings.callIdOffset(), bindings.callIdLength(), callId.array(), 0, callId.length());
    }

    long cseq() {
        return cseq;
    }

    /** True when a binding was made over this update's flow: flows of two nodes may have the same number. */
    boolean sameFlow(Bindings bindings) {
        return bindings.flowId() == flowId && bindings.node() == node;
    }

    long nowSeconds() {
        return nowSeconds;
    }

    boolean isRemoveAll() {
        return removeAll;
    }

    boolean isRemoveFlow() {
        return removeFlow;
    }

    boolean isRemoveOnlyOutbound() {
        return removeOnlyOutbound;
    }

    int maxContacts() {
        return maxContacts;
    }

    boolean isReplaceOldest() {
        return replaceOldest;
    }

    Executor loop() {
        return loop;
    }

    /** Where in a record the binding begins that has every word of this contact but the stamp, or -1. */
    int findSame(long[] record, int contact) {
        byte[] a = image.array();
        int from = contactAt[contact];
        int words = contactWords(contact);
        int binding = PackedRecord.firstBinding(record);
        for (int i = PackedRecord.count(record); i > 0; i--) {
            if (PackedRecord.bindingWords(record, binding) == words) {
                int word = PackedRecord.LENGTHS;
                while (word < words && record[binding + word] == (long) LITTLE.get(a, from + (word << 3))) {
                    word++;
                }
                if (word == words) {
                    return binding;
                }
            }
            binding += PackedRecord.bindingWords(record, binding);
        }
        return -1;
    }
}
