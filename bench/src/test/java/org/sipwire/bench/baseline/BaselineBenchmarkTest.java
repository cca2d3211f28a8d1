/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.baseline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class BaselineBenchmarkTest {
    private final CannedAnswer canned = new CannedAnswer();

    private String answer(String request) {
        byte[] bytes = ("x" + request).getBytes(StandardCharsets.ISO_8859_1);
        return new String(canned.array(), 0, canned.answer(bytes, 1, bytes.length - 1), StandardCharsets.ISO_8859_1);
    }

    @Test
    void theDigestIsTheOneOfTheStringBelow() throws Exception {
        // md5(ha1:nonce:ha2) of the benchmark's own text.
        byte[] expected = java.security.MessageDigest.getInstance("MD5")
                .digest(
                        "939e7578ed9e3c518a452acee763bce9:0123456789abcdef0123456789abcdef:39aff3a2bab6126f332b942af96d3366"
                                .getBytes(StandardCharsets.ISO_8859_1));
        assertThat(new BaselineBenchmark().twoMd5()).isEqualTo(expected);
        assertThat(new BaselineBenchmark().copy()).hasSizeGreaterThanOrEqualTo(BaselineBenchmark.MESSAGE_BYTES);
    }

    @Test
    void theFloorChallengesAndThenAcceptsWithTheRequestsLines() {
        String head = "Via: v\r\nFrom: f\r\nTo: t\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n";
        assertThat(answer("REGISTER sip:d SIP/2.0\r\n" + head + "Contact: <sip:a>\r\n\r\n"))
                .startsWith("SIP/2.0 401 Unauthorized\r\n" + head + "WWW-Authenticate: Digest ")
                .doesNotContain("Contact");
        assertThat(answer("REGISTER sip:d SIP/2.0\r\n" + head + "Contact: <sip:a>\r\nAuthorization: Digest x\r\n\r\n"))
                .startsWith("SIP/2.0 200 OK\r\n" + head + "Contact: <sip:a>\r\n")
                .endsWith("Content-Length: 0\r\n\r\n");
    }

    @Test
    void theFloorIsSilentToWhatIsNoRequest() {
        assertThat(answer("\r\n\r\n")).isEmpty();
        assertThat(answer("")).isEmpty();
        assertThat(answer("REGISTER sip:d SIP/2.0\r\nVia: v\r\n")).isEmpty();
    }
}
