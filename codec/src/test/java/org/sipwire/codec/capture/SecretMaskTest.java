/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SecretMaskTest {
    private static String masked(String text) {
        byte[] octets = ("##" + text + "##").getBytes(StandardCharsets.ISO_8859_1);
        SecretMask.mask(octets, 2, text.length());
        String all = new String(octets, StandardCharsets.ISO_8859_1);
        assertThat(all).startsWith("##").endsWith("##").hasSize(text.length() + 4);
        return all.substring(2, all.length() - 2);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Authorization: Digest username="a", response="9c75", uri="sip:h" | Authorization: Digest username="a", response="xxxx", uri="sip:h"
            authorization:Digest response = 9c75,nc=1                        | authorization:Digest response = xxxx,nc=1
            Proxy-Authorization: Digest RESPONSE="9c75"                      | Proxy-Authorization: Digest RESPONSE="xxxx"
            Authentication-Info: rspauth="9c75", nc=1                        | Authentication-Info: rspauth="xxxx", nc=1
            Authorization: Digest response="9c75                             | Authorization: Digest response="xxxx
            Authorization: Digest response="9\\"75", nc=1                  | Authorization: Digest response="xxxxx", nc=1
            X: myresponse="9c75"                                             | X: myresponse="9c75"
            From: <sip:alice:secret@example.org:5060>                        | From: <sip:alice:xxxxxx@example.org:5060>
            Contact: <SIPS:alice:s:t@[::1]:5060>                             | Contact: <SIPS:alice:xxx@[::1]:5060>
            To: <sip:alice@example.org:5060>                                 | To: <sip:alice@example.org:5060>
            To: <sip:example.org:5060>;a=b@c                                 | To: <sip:example.org:5060>;a=b@c
            """)
    void secretsOfHeadersAreMaskedAndNothingElse(String line, String expected) {
        String given = line.replace("\\\\", "\\");
        assertThat(masked("REGISTER sip:h SIP/2.0\r\n" + given + "\r\n\r\n"))
                .isEqualTo("REGISTER sip:h SIP/2.0\r\n" + expected + "\r\n\r\n");
    }

    @Test
    void foldedAnswerIsMasked() {
        assertThat(masked("A: Digest a=b,\r\n response\r\n =\r\n \"12\"\r\n\r\n"))
                .isEqualTo("A: Digest a=b,\r\n response\r\n =\r\n \"xx\"\r\n\r\n");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            <Password>12345678</Password><Name>n</Name>  | <Password>xxxxxxxx</Password><Name>n</Name>
            <NewPassWord a="1">p</NewPassWord>           | <NewPassWord a="1">x</NewPassWord>
            <Password/><Name>n</Name>                    | <Password/><Name>n</Name>
            <Password>cut off                            | <Password>xxxxxxx
            <Response><Result>OK</Result></Response>     | <Response><Result>OK</Result></Response>
            a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNf | a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:xxxx
            k=clear:secret                               | k=xxxxxxxxxxxx
            """)
    void secretsOfBodiesAreMaskedAndNothingElse(String body, String expected) {
        assertThat(masked("MESSAGE sip:h SIP/2.0\r\n\r\n" + body))
                .isEqualTo("MESSAGE sip:h SIP/2.0\r\n\r\n" + expected);
    }

    @Test
    void anyOctetsAreTakenWithoutAnException() {
        Random random = new Random(3);
        String alphabet = "response=\"sip:@<>/Password\r\n\\k inline:";
        for (int i = 0; i < 50_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(60); n > 0; n--) {
                int from = random.nextInt(alphabet.length());
                text.append(alphabet, from, Math.min(alphabet.length(), from + 1 + random.nextInt(9)));
            }
            assertThat(masked(text.toString())).hasSameSizeAs(text);
        }
    }
}
