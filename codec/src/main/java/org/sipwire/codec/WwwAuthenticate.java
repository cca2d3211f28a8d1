/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

/** A challenge of WWW-Authenticate or Proxy-Authenticate (RFC 3261 section 20.44). One thread at a time. Borrowed. */
public final class WwwAuthenticate extends AuthParameters {

    /** A view of nothing, to be {@link #wrap wrapped}. */
    public WwwAuthenticate() {}

    /** Reads the whole range. Returns this. */
    public WwwAuthenticate wrap(byte[] a, int off, int len) {
        read(a, off, len, true, ParseError.CHALLENGE);
        return this;
    }

    /** Whether stale is {@code true}. */
    public boolean isStale() {
        return stale().equalsIgnoreCase("true");
    }

    /** The protection space. Without quotes, raw octets as sent; absent when it is not there. */
    public AsciiView realm() {
        return known(REALM);
    }

    /** The nonce. Without quotes, raw octets as sent; absent when it is not there. */
    public AsciiView nonce() {
        return known(NONCE);
    }

    /** The algorithm. Without quotes, raw octets as sent; absent when it is not there. */
    public AsciiView algorithm() {
        return known(ALGORITHM);
    }

    /** The quality of protection (of a challenge: the list offered). Without quotes, raw octets as sent; absent when it is not there. */
    public AsciiView qop() {
        return known(QOP);
    }

    /** The opaque string. Without quotes, raw octets as sent; absent when it is not there. */
    public AsciiView opaque() {
        return known(OPAQUE);
    }

    /** Whether only the nonce was stale. Without quotes, raw octets as sent; absent when it is not there. */
    public AsciiView stale() {
        return known(STALE);
    }

    /** The URIs of the protection space. Without quotes, raw octets as sent; absent when it is not there. */
    public AsciiView domain() {
        return known(DOMAIN);
    }

    /** Whether the user name is hashed (RFC 7616). Without quotes, raw octets as sent; absent when it is not there. */
    public AsciiView userhash() {
        return known(USERHASH);
    }
}
