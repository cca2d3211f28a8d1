/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.util.Arrays;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.SipHash;
import org.sipwire.codec.SipMessage;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipRequest;
import org.sipwire.codec.Via;
import org.sipwire.codec.internal.Ascii;
import org.sipwire.transport.Flow;

/**
 * What a transaction is found by, written into one row of octets that is hashed, compared and kept. Confined to one
 * event loop.
 *
 * <pre>
 *   server, RFC 3261 §17.2.3       method | branch 0 host 0 port | source
 *   server, RFC 2543               method | Request-URI 0 From tag 0 To tag 0 Call-ID 0 CSeq 0 top Via 0 | source
 *   client, RFC 3261 §17.1.3       method | branch
 *   method                         one octet: form and {@link SipMethod#ordinal()}; then an unknown method's name and 0
 *   source                         over UDP, but not of an INVITE: the IP address the request came from
 * </pre>
 *
 * <p>The source is there because the kept answer goes to where a retransmission comes from. It may be many times as long as its request,
 * and one who may register could have it sent to anybody else, again and again, by his own request with that address written on it.
 * The port may change, as NATs have it. An ACK and a CANCEL find their INVITE wherever they come from.
 *
 * <p>The branch is compared as it is written, for a retransmission, a CANCEL and an ACK repeat it to the octet; the
 * host in any case. No octet of these fields is 0, so no two rows of different fields are equal.
 *
 * <p>Borrowed: valid until it is written again.
 */
final class TransactionKey {

    /** A To without a tag. */
    static final AsciiView NO_TAG = new AsciiView();

    private static final int SERVER = 0;
    private static final int SERVER_2543 = 1 << 5;
    private static final int CLIENT = 2 << 5;
    private static final int IP_OCTETS = 16;

    private final long k0;
    private final long k1;
    private byte[] bytes = new byte[1024];
    private int length;
    private long hash;

    TransactionKey(StackKeys keys) {
        k0 = keys.k0();
        k1 = keys.k1();
    }

    /**
     * The key of a server transaction.
     *
     * @param method the request's, or INVITE to find what an ACK or a CANCEL belongs to
     * @param toTag the tag the To of the request that created an RFC 2543 transaction had; not looked at else
     * @param source where the request came from
     */
    TransactionKey server(SipRequest request, SipMethod method, AsciiView toTag, Flow source) {
        int at = request.topVia().hasMagicCookie() ? server3261(request, method) : server2543(request, method, toTag);
        boolean anywhere = method == SipMethod.INVITE || source.transport().isReliable();
        return end(anywhere ? at : source.writeRemoteIp(bytes, at));
    }

    private int server3261(SipRequest request, SipMethod method) {
        Via via = request.topVia();
        AsciiView branch = via.branch();
        AsciiView host = via.host();
        int at = begin(
                SERVER,
                method,
                method == SipMethod.UNKNOWN ? request.methodName() : null,
                branch.length() + host.length() + 16 + IP_OCTETS);
        at = branch.copyTo(bytes, at);
        bytes[at++] = 0;
        int from = at;
        at = host.copyTo(bytes, at);
        // Eight octets at a time; what is folded beyond the host is overwritten.
        for (int i = from; i < at; i += 8) {
            Ascii.putWord(bytes, i, Ascii.fold(Ascii.word(bytes, i)));
        }
        bytes[at++] = 0;
        int port = via.port();
        bytes[at++] = (byte) (port >>> 8);
        bytes[at++] = (byte) port;
        return at;
    }

    private int server2543(SipRequest request, SipMethod method, AsciiView toTag) {
        Via via = request.topVia();
        AsciiView fromTag = request.from().tag();
        AsciiView callId = request.callId();
        int room = request.uriLength()
                + fromTag.length()
                + toTag.length()
                + callId.length()
                + via.length()
                + 24
                + IP_OCTETS;
        int at = begin(SERVER_2543, method, method == SipMethod.UNKNOWN ? request.methodName() : null, room);
        at = put(at, request.array(), request.uriOffset(), request.uriLength());
        at = put(at, fromTag);
        at = put(at, toTag);
        at = put(at, callId);
        Ascii.putWord(bytes, at, request.cseq().number());
        at += 8;
        return put(at, via.array(), via.offset(), via.length());
    }

    /** The key of a client transaction, from a response or from the request that creates it. */
    TransactionKey client(byte[] branch, int offset, int branchLength, SipMethod method, AsciiView methodName) {
        int at = begin(CLIENT, method, method == SipMethod.UNKNOWN ? methodName : null, branchLength);
        System.arraycopy(branch, offset, bytes, at, branchLength);
        return end(at + branchLength);
    }

    private int begin(int form, SipMethod method, AsciiView methodName, int room) {
        int needed = room + 1 + (methodName == null ? 0 : methodName.length() + 1);
        if (bytes.length < needed) {
            bytes = new byte[Integer.highestOneBit(needed) * 2];
        }
        bytes[0] = (byte) (form | method.ordinal());
        if (methodName == null) {
            return 1;
        }
        int at = methodName.copyTo(bytes, 1);
        bytes[at] = 0;
        return at + 1;
    }

    private int put(int at, AsciiView view) {
        return view.length() <= 0 ? put(at, bytes, 0, 0) : put(at, view.array(), view.offset(), view.length());
    }

    private int put(int at, byte[] a, int offset, int n) {
        System.arraycopy(a, offset, bytes, at, n);
        bytes[at + n] = 0;
        return at + n + 1;
    }

    private TransactionKey end(int at) {
        length = at;
        hash = SipHash.hash(k0, k1, bytes, 0, at);
        return this;
    }

    /** The keyed hash of {@link #bytes}. */
    long hash() {
        return hash;
    }

    /** The row; {@link #length} octets of it. */
    byte[] bytes() {
        return bytes;
    }

    /** The octets of the row. */
    int length() {
        return length;
    }

    /** True when the row kept there is this one. */
    boolean matches(byte[] a, int offset, int n) {
        return n == length && Arrays.equals(bytes, 0, n, a, offset, offset + n);
    }

    /**
     * RFC 3261 §8.2.2.2: From tag, Call-ID and CSeq, by which a request that came twice by two ways is told. Never 0.
     */
    static long merged(SipHash hash, SipMessage request) {
        long value = hash.start()
                .add(request.from().tag())
                .add((byte) 0)
                .add(request.callId())
                .add(request.cseq().number())
                .finish();
        return value == 0 ? 1 : value;
    }
}
