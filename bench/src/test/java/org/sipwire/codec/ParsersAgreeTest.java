/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pkts.packet.sip.SipParseException;
import org.junit.jupiter.api.Test;

/** The parsers that are compared saw the same values; else their times compare nothing. */
class ParsersAgreeTest {

    private static final String[] NAMES = {"register", "challenge", "authorized", "registered"};

    @Test
    void jainSipSeesWhatSipwireSees() {
        for (String name : NAMES) {
            byte[] message = BenchMessages.one(name);
            Facts ours = new SipwireReader(SipCompliance.DEPLOYED).facts(message);
            // JAIN-SIP throws on "Capability, algorithm=..": its listener-less parse leaves the header out.
            Facts theirs = new JainReader().facts(message);
            assertThat(withoutCapability(theirs)).as(name).isEqualTo(withoutCapability(ours));
        }
    }

    @Test
    void pktsSipSeesWhatSipwireSees() {
        for (String name : NAMES) {
            byte[] message = BenchMessages.withHostOfLetters(BenchMessages.one(name));
            Facts ours = new SipwireReader(SipCompliance.DEPLOYED).facts(message);
            assertThat(new PktsReader().facts(message)).as(name).isEqualTo(withoutCredentials(ours));
        }
    }

    @Test
    void pktsSipRefusesTheHostOfDigitsThatSipwireTakes() {
        byte[] message = BenchMessages.one("authorized");
        SipParser strict = new SipParser(SipCompliance.RFC3261, SipLimits.DEFAULT);
        assertThat(strict.parseDatagram(message, 0, message.length)).isEqualTo(message.length);
        assertThat(new SipwireReader(SipCompliance.DEPLOYED).facts(message).toUser())
                .isEqualTo("34020000001320000007");
        assertThatThrownBy(() -> new PktsReader().facts(message)).isInstanceOf(SipParseException.class);
    }

    @Test
    void theDigestIsReadInFull() {
        Facts ours = new SipwireReader(SipCompliance.DEPLOYED).facts(BenchMessages.one("authorized"));
        assertThat(ours.credentials())
                .isEqualTo(new Facts.Credentials(
                        "Digest",
                        "34020000001320000007",
                        "34020000",
                        "1716570703",
                        "sip:192.0.2.165:5060",
                        "ac75261f524d20d385f1371c7a077505",
                        "MD5"));
    }

    private static Facts withoutCapability(Facts f) {
        boolean digest = f.credentials() != null && f.credentials().scheme().equals("Digest");
        return digest ? f : withoutCredentials(f);
    }

    private static Facts withoutCredentials(Facts f) {
        return new Facts(f.via(), f.fromTag(), f.toUser(), f.callId(), f.cseq(), f.contactUser(), f.expires(), null);
    }
}
