/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import java.nio.charset.StandardCharsets;

/** Writes requests (RFC 3261 sections 7.1 and 8.1.1). Confined to one thread; one a loop. Owned by its creator. */
public final class RequestWriter extends MessageWriter<RequestWriter> {

    private static final byte[] VERSION = " SIP/2.0\r\n".getBytes(StandardCharsets.US_ASCII);
    private SipMethod method = SipMethod.UNKNOWN;
    private int startLineLength;

    /** A writer with its own array. */
    public RequestWriter() {}

    /** Begins a request: writes the request line. Returns this. */
    public RequestWriter begin(SipMethod m, byte[] uri, int off, int len) {
        byte[] token = m.bytes();
        startLine(token, token.length, uri, off, len);
        method = m;
        return this;
    }

    /** Begins a request. Returns this. */
    public RequestWriter begin(SipMethod m, byte[] uri) {
        return begin(m, uri, 0, uri.length);
    }

    /** Begins a request of a method that {@link SipMethod} may not know. Returns this. */
    public RequestWriter begin(byte[] m, byte[] uri, int off, int len) {
        startLine(m, m.length, uri, off, len);
        method = SipMethod.of(m, 0, m.length);
        return this;
    }

    private void startLine(byte[] m, int n, byte[] uri, int off, int len) {
        reset();
        put(m, 0, n);
        put((byte) ' ');
        put(uri, off, len);
        raw(VERSION, 0, VERSION.length);
        startLineLength = at;
    }

    /** The method of the request line. */
    public SipMethod method() {
        return method;
    }

    /** Whether the request has a Via: it is forwarded. One that {@link #insertFirst} put there does not count. */
    public boolean hasVia() {
        return sawVia();
    }

    /** Octets of the request line with its CRLF: where a top Via has to be inserted. */
    public int startLineLength() {
        return startLineLength;
    }

    /** Inserts a whole line with its CRLF after the request line, before or after {@link #end()}; returns the message's new length. */
    public int insertFirst(byte[] line, int off, int len) {
        insert(startLineLength, line, off, len);
        return at;
    }

    @Override
    RequestWriter self() {
        return this;
    }

    @Override
    void beforeHeaders() {}
}
