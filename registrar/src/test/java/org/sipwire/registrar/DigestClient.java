/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.Authorization;
import org.sipwire.codec.SipCompliance;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipLimits;
import org.sipwire.codec.SipParser;
import org.sipwire.codec.SipRequest;

/** A client's side of Digest, by the JDK's MD5 and none of the registrar's code. */
final class DigestClient {

    private DigestClient() {}

    static String md5(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    static String parameter(String challenge, String name) {
        Matcher matcher = Pattern.compile("(?:^|[ ,])" + name + "=(?:\"([^\"]*)\"|([^ ,]*))")
                .matcher(challenge);
        return !matcher.find() ? null : matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
    }

    /** The Authorization line that answers a challenge. */
    static String answer(String challenge, String user, String password, String uri) {
        String realm = parameter(challenge, "realm");
        String nonce = parameter(challenge, "nonce");
        String ha1 = md5(user + ":" + realm + ":" + password);
        String ha2 = md5("REGISTER:" + uri);
        String line = "Authorization: Digest username=\"" + user + "\",realm=\"" + realm + "\",nonce=\"" + nonce
                + "\",uri=\"" + uri + "\"";
        if (parameter(challenge, "qop") == null) {
            return line + ",response=\"" + md5(ha1 + ":" + nonce + ":" + ha2) + "\",algorithm=MD5";
        }
        String response = md5(ha1 + ":" + nonce + ":00000001:0a4f113b:auth:" + ha2);
        return line + ",response=\"" + response + "\",algorithm=MD5,cnonce=\"0a4f113b\",nc=00000001,qop=auth";
    }

    /** The nonce of credentials in the message that prove the password, by other code than the registrar's; null for none. */
    static String provenNonce(byte[] octets, String realm, String password) {
        SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
        if (parser.parseDatagram(octets, 0, octets.length) < 0 || !parser.isRequest()) {
            return null;
        }
        SipRequest request = parser.request();
        for (int i = request.first(SipHeader.AUTHORIZATION); i >= 0; i = request.next(i)) {
            Authorization sent =
                    new Authorization().wrap(request.array(), request.valueOffset(i), request.valueLength(i));
            String ha1 = md5(sent.username().toString().trim() + ":" + realm + ":" + password);
            String ha2 = md5(request.methodName() + ":" + sent.uri());
            AsciiView quality = sent.qop();
            String middle = quality.isPresent() ? ":" + sent.nc() + ":" + sent.cnonce() + ":" + quality + ":" : ":";
            if (sent.error() == 0
                    && md5(ha1 + ":" + sent.nonce() + middle + ha2)
                            .equals(sent.response().toString())) {
                return sent.nonce().toString();
            }
        }
        return null;
    }
}
