/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import org.sipwire.codec.AsciiView;
import org.sipwire.codec.Authorization;
import org.sipwire.codec.ResponseWriter;
import org.sipwire.codec.SipHeader;

/**
 * Writes WWW-Authenticate and Authentication-Info. Confined to one event loop.
 *
 * <pre>
 *   Digest realm="34020000",nonce="Wq3...28 digits...",algorithm=MD5,qop="auth",stale=true
 *   ^---------------------------^                     ^----------------------^^---------^
 *   before                       fresh                after                   when stale
 * </pre>
 *
 * All but the nonce is made once. {@code algorithm} is always there: some Dahua cameras do not answer without it. Owned by the loop.
 */
final class DigestChallenge {

    private static final byte[] STALE = AuthText.ascii(",stale=true");
    private static final byte[] QUOTE = AuthText.ascii("\"");

    private final byte[] before;
    private final byte[][] after;
    /** Which of them a client is most likely to understand. */
    private final int common;

    private final byte[] nonce = new byte[Nonce.LENGTH];

    DigestChallenge(AuthConfig config) {
        before = AuthText.ascii("Digest realm=\"" + config.realm() + "\",nonce=\"");
        String qop = config.qop().isEmpty()
                ? ""
                : ",qop=\""
                        + (config.qop().contains(AuthConfig.Qop.AUTH) ? "auth" : "")
                        + (config.qop().size() == 2 ? "," : "")
                        + (config.qop().contains(AuthConfig.Qop.AUTH_INT) ? "auth-int" : "") + "\"";
        after = config.algorithms().stream()
                .map(a ->
                        AuthText.ascii("\",algorithm=" + a.token() + qop + (config.userhash() ? ",userhash=true" : "")))
                .toArray(byte[][]::new);
        common = Math.max(0, config.algorithms().indexOf(DigestAlgorithm.MD5));
    }

    /**
     * One challenge an algorithm, the preferred on top (RFC 8760 §2.4), all with the same nonce. Where the response has no room for all
     * of them, MD5 stands, which every client knows, and of the others those that fit.
     */
    void write(ResponseWriter to, Nonce issuer, boolean stale, long nanoTime, long source) {
        issuer.write(nonce, 0, nanoTime, source);
        int room = after.length == 1 ? 0 : to.room() - length(common, stale);
        for (int i = 0; i < after.length; i++) {
            byte[] end = after[i];
            if (i != common) {
                room -= length(i, stale);
                if (room < 0) {
                    continue;
                }
            }
            to.headerStart(SipHeader.WWW_AUTHENTICATE);
            to.put(before, 0, before.length);
            to.put(nonce, 0, nonce.length);
            to.put(end, 0, end.length);
            if (stale) {
                to.put(STALE, 0, STALE.length);
            }
            to.headerEnd();
        }
    }

    /** Octets of a challenge, its name and the line's end among them. */
    private int length(int i, boolean stale) {
        return SipHeader.WWW_AUTHENTICATE.bytes().length
                + 4
                + before.length
                + nonce.length
                + after[i].length
                + (stale ? STALE.length : 0);
    }

    /**
     * Authentication-Info (RFC 7616 §3.5) with {@code rspauth} when the answer had a qop, and a nonce for next time when one is wanted.
     *
     * @param computed holds {@code rspauth} as its expected answer
     */
    void writeInfo(ResponseWriter to, DigestCredentials credentials, DigestResponse computed, boolean withNext) {
        Authorization parameters = credentials.parameters();
        to.headerStart(SipHeader.AUTHENTICATION_INFO);
        if (credentials.hasQop()) {
            put(to, "qop=", parameters.qop(), ",rspauth=\"");
            to.put(computed.expected(), 0, credentials.algorithm().hexLength());
            put(to, "\",cnonce=\"", parameters.cnonce(), "\",nc=");
            put(to, "", parameters.nc(), withNext ? "," : "");
        }
        if (withNext) {
            to.put("nextnonce=\"");
            to.put(nonce, 0, nonce.length);
            to.put(QUOTE, 0, QUOTE.length);
        }
        to.headerEnd();
    }

    private static void put(ResponseWriter to, String before, AsciiView value, String after) {
        to.put(before);
        to.put(value.array(), value.offset(), value.length());
        to.put(after);
    }

    /** Makes the nonce that {@link #writeInfo} gives for next time. */
    void issueNext(Nonce issuer, long nanoTime, long source) {
        issuer.write(nonce, 0, nanoTime, source);
    }
}
