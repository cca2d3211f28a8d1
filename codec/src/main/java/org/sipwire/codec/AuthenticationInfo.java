/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

/** The value of Authentication-Info or Proxy-Authentication-Info (RFC 3261 section 20.6, RFC 7615). One thread at a time. Borrowed. */
public final class AuthenticationInfo extends AuthParameters {

    /** A view of nothing, to be {@link #wrap wrapped}. */
    public AuthenticationInfo() {}

    /** Reads the whole range. Returns this. */
    public AuthenticationInfo wrap(byte[] a, int off, int len) {
        read(a, off, len, false, ParseError.HEADER_VALUE);
        return this;
    }

    /** The nonce to use next. Without quotes, raw octets as sent; absent when it is not there. */
    public AsciiView nextnonce() {
        return known(NEXTNONCE);
    }

    /** The quality of protection applied. Without quotes, raw octets as sent; absent when it is not there. */
    public AsciiView qop() {
        return known(QOP);
    }

    /** The digest that proves the server. Without quotes, raw octets as sent; absent when it is not there. */
    public AsciiView rspauth() {
        return known(RSPAUTH);
    }

    /** The nonce of the client. Without quotes, raw octets as sent; absent when it is not there. */
    public AsciiView cnonce() {
        return known(CNONCE);
    }

    /** The nonce count: eight hexadecimal digits. Without quotes, raw octets as sent; absent when it is not there. */
    public AsciiView nc() {
        return known(NC);
    }
}
