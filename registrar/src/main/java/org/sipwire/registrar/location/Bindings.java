/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A cursor over the bindings of one address-of-record. Confined to the thread it was passed to.
 *
 * <pre>{@code
 * while (bindings.next()) {
 *     writer.put(bindings.array(), bindings.contactOffset(), bindings.contactLength());
 * }
 * }</pre>
 *
 * <p>Texts are ranges of {@link #array()}; an absent text has length 0. Bindings whose time is over are passed over.
 *
 * <p>Borrowed: valid until the callback returns; {@link org.sipwire.registrar.Binding} is the form to keep.
 */
public final class Bindings {

    private static final long[] NO_RECORD = {0, 0, 0};

    private long[] record = NO_RECORD;
    private byte[] octets = new byte[512];
    private long fromSeconds;
    private long untilSeconds;

    private int left;
    private int following;
    private int binding;
    private long stamp;
    private long lengths;
    private long source;
    private long extra;

    /** An empty cursor. */
    public Bindings() {}

    /** Shows the bindings of a record, null for none, that are alive at a time. Returns this. */
    Bindings wrap(long[] record, long nowSeconds) {
        return wrap(record, nowSeconds + 1, Long.MAX_VALUE);
    }

    /** Shows the bindings of a record, null for none, whose last second lies in a range, both ends included. Returns this. */
    Bindings wrap(long[] record, long fromSeconds, long untilSeconds) {
        this.record = record == null ? NO_RECORD : record;
        this.fromSeconds = fromSeconds;
        this.untilSeconds = untilSeconds;
        int words = PackedRecord.end(this.record);
        if (octets.length < words << 3) {
            octets = new byte[Integer.highestOneBit(words << 3) << 1];
        }
        // The few words that others may write meanwhile are read from the record itself, in next().
        for (int i = PackedRecord.KEY; i < words; i++) {
            PackedRecord.LITTLE.set(octets, i << 3, this.record[i]);
        }
        return rewind();
    }

    /** Goes back before the first binding. Returns this. */
    public Bindings rewind() {
        left = PackedRecord.count(record);
        following = PackedRecord.firstBinding(record);
        binding = -1;
        return this;
    }

    /** Moves to the next binding; false when there is none. */
    public boolean next() {
        while (left > 0) {
            left--;
            binding = following;
            stamp = PackedRecord.wordOpaque(record, binding + PackedRecord.STAMP);
            lengths = record[binding + PackedRecord.LENGTHS];
            following += (int) lengths & 0xFFFF;
            long expiresAt = PackedRecord.expiresAt(stamp);
            if (expiresAt >= fromSeconds && expiresAt <= untilSeconds) {
                source = record[binding + PackedRecord.SOURCE];
                extra = record[binding + PackedRecord.EXTRA];
                return true;
            }
        }
        return false;
    }

    /** How many bindings there are. Leaves the cursor where it is. */
    public int count() {
        int count = 0;
        int at = PackedRecord.firstBinding(record);
        for (int i = PackedRecord.count(record); i > 0; i--) {
            long expiresAt = PackedRecord.expiresAt(PackedRecord.wordOpaque(record, at));
            if (expiresAt >= fromSeconds && expiresAt <= untilSeconds) {
                count++;
            }
            at += PackedRecord.bindingWords(record, at);
        }
        return count;
    }

    /** True when there is no binding. */
    public boolean isEmpty() {
        return count() == 0;
    }

    /** What the ranges are ranges of. */
    public byte[] array() {
        return octets;
    }

    /** Where the address-of-record begins. */
    public int aorOffset() {
        return PackedRecord.KEY << 3;
    }

    public int aorLength() {
        return PackedRecord.keyLength(record);
    }

    /** The address-of-record as text; allocates. */
    public String aor() {
        return text(aorOffset(), aorLength());
    }

    /** Where the contact's URI begins, without angle brackets. */
    public int contactOffset() {
        return binding + PackedRecord.TEXT << 3;
    }

    public int contactLength() {
        return (int) (lengths >>> 16) & 0xFFFF;
    }

    /** Where the value of {@code +sip.instance} begins, without its quotes (RFC 5626 §4.1). */
    public int instanceOffset() {
        return contactOffset() + contactLength();
    }

    public int instanceLength() {
        return (int) (extra >>> 16) & 0xFFFF;
    }

    /** Where the other header parameters of the contact begin, with their first semicolon; without expires, q, reg-id and instance. */
    public int parametersOffset() {
        return instanceOffset() + instanceLength();
    }

    public int parametersLength() {
        return (int) (lengths >>> 32) & 0xFFFF;
    }

    /** Where the Call-ID of the last REGISTER begins. */
    public int callIdOffset() {
        return parametersOffset() + parametersLength();
    }

    public int callIdLength() {
        return (int) (lengths >>> 48) & 0xFFFF;
    }

    /** Where the Path values begin, joined by commas (RFC 3327). */
    public int pathOffset() {
        return callIdOffset() + callIdLength();
    }

    public int pathLength() {
        return (int) source & 0xFFFF;
    }

    /** Where the User-Agent of the last REGISTER begins, maybe cut. */
    public int userAgentOffset() {
        return pathOffset() + pathLength();
    }

    public int userAgentLength() {
        return (int) (source >>> 16) & 0xFF;
    }

    /** Where the address begins that the last REGISTER came from, as text without brackets. */
    public int receivedHostOffset() {
        return userAgentOffset() + userAgentLength();
    }

    public int receivedHostLength() {
        return (int) (source >>> 48) & 0xFF;
    }

    /** The port the last REGISTER came from. */
    public int receivedPort() {
        return (int) (source >>> 32) & 0xFFFF;
    }

    /** The transport the last REGISTER came over, by its ordinal. */
    public int transport() {
        return (int) (source >>> 56);
    }

    /** The number of the flow the last REGISTER came over. */
    public long flowId() {
        return record[binding + PackedRecord.FLOW];
    }

    /** The wall clock second at which the binding ends. */
    public long expiresAtSeconds() {
        return PackedRecord.expiresAt(stamp);
    }

    /** The sequence number of the last REGISTER. */
    public long cseq() {
        return PackedRecord.cseq(stamp);
    }

    /** The preference in thousandths, or -1 when the contact names none. */
    public int q() {
        return (short) extra;
    }

    /** The reg-id of the flow (RFC 5626), or 0. */
    public int regId() {
        return (int) (extra >>> 32);
    }

    /** True when the binding is one of RFC 5626: known by instance and reg-id, and gone with its flow. */
    public boolean isOutbound() {
        return (source >>> 24 & PackedRecord.FLAG_OUTBOUND) != 0;
    }

    /** The node of a fleet that has the flow, 1..127; 0 when bindings are not shared between nodes. */
    public int node() {
        return (int) (source >>> PackedRecord.NODE_SHIFT) & PackedRecord.MAX_NODE;
    }

    /** A range of {@link #array()} as text; allocates. */
    public String text(int offset, int length) {
        return new String(octets, offset, length, StandardCharsets.UTF_8);
    }

    int binding() {
        return binding;
    }

    /** The word of {@link #expiresAtSeconds} and {@link #cseq}. */
    long stamp() {
        return stamp;
    }

    long[] record() {
        return record;
    }

    boolean hasText(int offset, int length, byte[] other, int otherOffset, int otherLength) {
        return Arrays.equals(octets, offset, offset + length, other, otherOffset, otherOffset + otherLength);
    }
}
