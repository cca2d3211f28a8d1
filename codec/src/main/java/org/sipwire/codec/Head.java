/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

/**
 * What a parser found: slots and the views every message needs. Request and response are two faces of one head. Confined to its parser.
 */
final class Head {

    final Via via = new Via();
    final NameAddr from = new NameAddr();
    final NameAddr to = new NameAddr();
    final AsciiView callId = new AsciiView();
    final CSeq cseq = new CSeq();
    final HeaderValues values = new HeaderValues();
    final long[] slots;
    final int maxValues;
    private final SipUri uri = new SipUri();
    private final short[] firsts = new short[SipHeader.count()];

    byte[] array = new byte[0];
    int base;
    /** Octets the message came in: of a datagram all. */
    int given;

    int count;
    int bodyOffset;
    int bodyLength;
    long contentLength;
    boolean request;
    SipMethod method = SipMethod.UNKNOWN;
    int methodLength;
    int uriOffset;
    int uriLength;
    boolean uriRead;
    int status;
    int reasonOffset;
    int reasonLength;
    private long present0;
    private long present1;

    Head(SipLimits limits) {
        slots = new long[limits.maxHeaders()];
        maxValues = limits.maxValues();
    }

    void clear(byte[] a, int off) {
        if (array != a) {
            array = a;
        }
        base = off;
        count = 0;
        bodyOffset = off;
        bodyLength = 0;
        contentLength = -1;
        uriRead = false;
        uriLength = 0;
        methodLength = 0;
        present0 = 0;
        present1 = 0;
    }

    /** Adds a line; returns false when the field was there before. */
    boolean add(int id, int name, int value, int length) {
        int i = count++;
        slots[i] = (long) id << 48 | (long) (name - base) << 32 | (long) (value - base) << 16 | length;
        long bit = 1L << id;
        if (id < 64) {
            if ((present0 & bit) != 0) {
                return false;
            }
            present0 |= bit;
        } else {
            if ((present1 & bit) != 0) {
                return false;
            }
            present1 |= bit;
        }
        firsts[id] = (short) i;
        return true;
    }

    int first(int id) {
        return ((id < 64 ? present0 : present1) >>> id & 1) == 0 ? -1 : firsts[id];
    }

    int next(int id, int from) {
        for (int i = from; i < count; i++) {
            if (slots[i] >>> 48 == id) {
                return i;
            }
        }
        return -1;
    }

    int nameOffset(int i) {
        return (int) (slots[i] >>> 32) & 0xFFFF;
    }

    int valueOffset(int i) {
        return (int) (slots[i] >>> 16) & 0xFFFF;
    }

    int valueLength(int i) {
        return (int) slots[i] & 0xFFFF;
    }

    SipUri requestUri() {
        if (!uriRead) {
            uri.wrap(array, uriOffset, uriLength);
            uriRead = true;
        }
        return uri;
    }
}
