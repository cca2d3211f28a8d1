/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

/**
 * Credentials of Authorization and Proxy-Authorization (RFC 3261 section 20.7). Another scheme than Digest, as the {@code Capability} of
 * GB/T 28181, is read alike: look at {@link #isDigest()}. One thread at a time. Borrowed.
 */
public final class Authorization extends AuthParameters {

    /** A view of nothing, to be {@link #wrap wrapped}. */
    public Authorization() {}

    /** Reads the whole range. Returns this. */
    public Authorization wrap(byte[] a, int off, int len) {
        read(a, off, len, true, ParseError.AUTHORIZATION);
        return this;
    }

    /** Whether a comma stands after the scheme ({@link Violation#COMMA_AFTER_SCHEME}). */
    public boolean hasCommaAfterScheme() {
        return commaAfterScheme;
    }

    /** The user name. Without quotes, raw octets as sent; absent when it is not there. */
    public AsciiView username() {
        return known(USERNAME);
    }

    /** The protection space. Without quotes, raw octets as sent; absent when it is not there. */
    public AsciiView realm() {
        return known(REALM);
    }

    /** The nonce. Without quotes, raw octets as sent; absent when it is not there. */
    public AsciiView nonce() {
        return known(NONCE);
    }

    /** The digest-uri, which is what HA2 is made of. Without quotes, raw octets as sent; absent when it is not there. */
    public AsciiView uri() {
        return known(URI);
    }

    /** The request digest. Without quotes, raw octets as sent; absent when it is not there. */
    public AsciiView response() {
        return known(RESPONSE);
    }

    /** The algorithm. Without quotes, raw octets as sent; absent when it is not there. */
    public AsciiView algorithm() {
        return known(ALGORITHM);
    }

    /** The nonce of the client. Without quotes, raw octets as sent; absent when it is not there. */
    public AsciiView cnonce() {
        return known(CNONCE);
    }

    /** The quality of protection (of a challenge: the list offered). Without quotes, raw octets as sent; absent when it is not there. */
    public AsciiView qop() {
        return known(QOP);
    }

    /** The nonce count: eight hexadecimal digits. Without quotes, raw octets as sent; absent when it is not there. */
    public AsciiView nc() {
        return known(NC);
    }

    /** The opaque string. Without quotes, raw octets as sent; absent when it is not there. */
    public AsciiView opaque() {
        return known(OPAQUE);
    }

    /** Whether the user name is hashed (RFC 7616). Without quotes, raw octets as sent; absent when it is not there. */
    public AsciiView userhash() {
        return known(USERHASH);
    }
}
