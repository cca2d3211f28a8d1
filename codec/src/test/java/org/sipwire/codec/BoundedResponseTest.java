/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** A response that must not be much longer than its request: what it loses, and in which order. */
class BoundedResponseTest {

    private static final String REQUEST =
            "OPTIONS sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
                    + "From: <sip:a@example.com>;tag=1\r\nTo: <sip:a@example.com>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
                    + "Max-Forwards: 70\r\n\r\n";
    private static final String HEAD = "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
            + "From: <sip:a@example.com>;tag=1\r\nTo: <sip:a@example.com>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n";
    private static final String COMPACT_HEAD = "v:SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
            + "f:<sip:a@example.com>;tag=1\r\nt:<sip:a@example.com>\r\ni:1\r\nCSeq:1 OPTIONS\r\n";
    private static final String END = "Content-Length: 0\r\n\r\n";

    private final SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
    private final ResponseWriter writer = new ResponseWriter();

    private ResponseWriter begin(int status, int requestOctets) {
        byte[] octets = REQUEST.getBytes(StandardCharsets.US_ASCII);
        assertThat(parser.parseDatagram(octets, 0, octets.length)).isPositive();
        assertThat(parser.message().givenLength()).isEqualTo(octets.length);
        return writer.begin(parser.message(), status).bound(requestOctets);
    }

    private String end() {
        int length = writer.end();
        return new String(writer.array(), 0, length, StandardCharsets.US_ASCII);
    }

    /** The request's octets for which a response may have so many. */
    private static int requestFor(int octets) {
        return (octets * 2 + 2) / 3;
    }

    private static final String WHOLE = "SIP/2.0 200 OK\r\n" + HEAD + "Allow: OPTIONS\r\nSupported: path\r\n" + END;

    @Test
    void whatFitsStaysAsItIs() {
        begin(200, requestFor(WHOLE.length()))
                .header(SipHeader.ALLOW, "OPTIONS")
                .header(SipHeader.SUPPORTED, "path");
        assertThat(end()).isEqualTo(WHOLE);
        assertThat(writer.isShortened()).isFalse();
    }

    @Test
    void lastLineGoesFirst() {
        begin(200, requestFor(WHOLE.length() - 2))
                .header(SipHeader.ALLOW, "OPTIONS")
                .header(SipHeader.SUPPORTED, "path");
        assertThat(end()).isEqualTo("SIP/2.0 200 OK\r\n" + HEAD + "Allow: OPTIONS\r\n" + END);
        assertThat(writer.isShortened()).isTrue();
        assertThat(writer.end()).as("once more").isEqualTo(writer.length());
    }

    @Test
    void bodyGoesBeforeAnyOfThem() {
        begin(200, requestFor(WHOLE.length()))
                .header(SipHeader.ALLOW, "OPTIONS")
                .header(SipHeader.SUPPORTED, "path");
        writer.bodyStart().put("Content-Length: 1\r\n\r\n".getBytes(StandardCharsets.US_ASCII), 0, 21);
        assertThat(end()).isEqualTo(WHOLE);
    }

    @Test
    void lineThatMustBeThereStaysAndNamesShrink() {
        String challenge = "Digest realm=\"a\",nonce=\"b\"";
        String most = "SIP/2.0 401 \r\n" + COMPACT_HEAD + "WWW-Authenticate:" + challenge + "\r\nl:0\r\n\r\n";
        begin(401, requestFor(most.length()))
                .header(SipHeader.WWW_AUTHENTICATE, challenge)
                .header(SipHeader.DATE, "now");
        assertThat(end()).isEqualTo(most);
        assertThat(writer.status()).isEqualTo(401);
    }

    @Test
    void withoutRoomForWhatMustBeThereTheStatusIsAnother() {
        String least = "SIP/2.0 400 \r\n" + COMPACT_HEAD + "l:0\r\n\r\n";
        begin(401, requestFor(least.length())).header(SipHeader.WWW_AUTHENTICATE, "Digest realm=\"a\",nonce=\"b\"");
        assertThat(end()).isEqualTo(least);
        assertThat(writer.status()).isEqualTo(400);
    }

    @Test
    void nothingIsSentWhereNothingFits() {
        String least = "SIP/2.0 404 \r\n" + COMPACT_HEAD + "l:0\r\n\r\n";
        begin(404, requestFor(least.length()));
        assertThat(end()).isEqualTo(least);
        begin(404, requestFor(least.length() - 2));
        assertThat(end()).isEmpty();
    }

    @Test
    void roomCountsWhatIsStillToCome() {
        begin(200, requestFor(WHOLE.length())).header(SipHeader.ALLOW, "OPTIONS");
        assertThat(writer.room()).isBetween("Supported: path\r\n".length(), "Supported: path\r\n".length() + 1);
        assertThat(begin(200, -1).room()).isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void boundEndsWithTheResponse() {
        begin(404, 10);
        assertThat(end()).isEmpty();
        byte[] octets = REQUEST.getBytes(StandardCharsets.US_ASCII);
        assertThat(parser.parseDatagram(octets, 0, octets.length)).isPositive();
        writer.begin(parser.message(), 404);
        assertThat(end()).isEqualTo("SIP/2.0 404 Not Found\r\n" + HEAD + END);
    }
}
