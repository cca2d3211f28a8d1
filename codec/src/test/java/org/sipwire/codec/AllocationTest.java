/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** No octet is allocated for a message that is parsed, read, answered or framed. */
class AllocationTest {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int ROUNDS = 10_000;
    private long sink;

    /** The least of some runs: what the compiler allocates on this thread while it settles is not the code's. */
    private static void allocatesNothing(Runnable task) {
        long least = Long.MAX_VALUE;
        for (int run = 0; run < 8 && least > 0; run++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < ROUNDS; i++) {
                task.run();
            }
            least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
        }
        // The two readings themselves may cost a few octets.
        assertThat(least).isLessThan(ROUNDS / 10);
    }

    @Test
    void parsingAndReadingARegister() {
        byte[] message = Messages.bytes(Messages.REGISTER);
        SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
        Contact contact = new Contact();
        Authorization authorization = new Authorization();
        byte[] aor = new byte[256];
        allocatesNothing(() -> {
            parser.parseDatagram(message, 0, message.length);
            SipRequest r = parser.request();
            HeaderValues values = r.values(SipHeader.CONTACT);
            while (values.next()) {
                contact.wrap(values.array(), values.offset(), values.length());
                sink += contact.uri().port() + contact.expires() + contact.uri().canonicalHash();
            }
            int i = r.first(SipHeader.AUTHORIZATION);
            authorization.wrap(r.array(), r.valueOffset(i), r.valueLength(i));
            sink += authorization.username().length() + authorization.response().length() + r.expires();
            sink += r.to().uri().writeAddressOfRecord(aor, 0)
                    + r.topVia().branch().length()
                    + r.uri().host().length();
        });
        assertThat(sink).isNotZero();
    }

    @Test
    void parsingStrictlyAndRefusing() {
        byte[] message = Messages.bytes(Messages.REGISTER);
        byte[] bad = Messages.bytes(Messages.REGISTER.replace("CSeq: 2", "CSeq: -2"));
        SipParser parser = new SipParser(SipCompliance.RFC3261, SipLimits.DEFAULT);
        allocatesNothing(() -> sink += parser.parseDatagram(message, 0, message.length));
        assertThat(sink).isPositive();
        allocatesNothing(() -> sink += parser.parseDatagram(bad, 0, bad.length));
        assertThat(ParseError.of(parser.parseDatagram(bad, 0, bad.length))).isEqualTo(ParseError.CSEQ);
    }

    @Test
    void writingResponses() {
        byte[] message = Messages.bytes(Messages.REGISTER);
        SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
        ResponseWriter writer = new ResponseWriter();
        byte[] host = Messages.bytes("203.0.113.9");
        byte[] challenge = Messages.bytes("Digest realm=\"x\", nonce=\"y\"");
        parser.parseDatagram(message, 0, message.length);
        allocatesNothing(() -> {
            writer.begin(parser.request(), 401).via(host, host.length, 40_000).toTag(7);
            writer.header(SipHeader.WWW_AUTHENTICATE, challenge, 0, challenge.length)
                    .header(SipHeader.EXPIRES, 3600);
            sink += writer.end();
        });
        assertThat(writer.length()).isPositive();
    }

    @Test
    void framingAStream() {
        byte[] stream = Messages.bytes(Messages.REGISTER + "\r\n\r\n" + Messages.REGISTER);
        SipFramer framer = new SipFramer();
        allocatesNothing(() -> {
            int at = framer.frame(stream, 0, stream.length);
            at += framer.skip(stream, at, stream.length - at);
            sink += framer.frame(stream, at, stream.length - at);
        });
        assertThat(framer.takePings()).isPositive();
    }

    @Test
    void comparingUris() {
        byte[] a = Messages.bytes("sip:%61lice@atlanta.com;transport=TCP;x=1?a=b");
        byte[] b = Messages.bytes("sip:alice@AtlanTa.CoM;Transport=tcp;x=1?a=b");
        SipUri one = new SipUri().wrap(a, 0, a.length);
        SipUri other = new SipUri().wrap(b, 0, b.length);
        assertThat(one.equalsUri(other)).isTrue();
        allocatesNothing(() -> sink += one.equalsUri(other) ? 1 : 0);
    }
}
