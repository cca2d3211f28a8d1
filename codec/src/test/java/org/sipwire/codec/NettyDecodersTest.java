/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The pipeline handlers: every split, keep-alives, errors, and every buffer released. */
class NettyDecodersTest {

    private static final InetSocketAddress HERE = new InetSocketAddress("127.0.0.1", 5060);
    private static final InetSocketAddress THERE = new InetSocketAddress("127.0.0.1", 5061);

    private static List<String> callIds(EmbeddedChannel channel) {
        List<String> ids = new ArrayList<>();
        SipFrame frame;
        while ((frame = channel.readInbound()) != null) {
            assertThat(frame.isValid()).isTrue();
            ids.add(frame.request().callId().toString());
        }
        return ids;
    }

    private static void feed(EmbeddedChannel channel, byte[] stream, int from, int to) {
        ByteBuf part = channel.alloc().buffer().writeBytes(stream, from, to - from);
        channel.writeInbound(part);
        assertThat(part.refCnt()).isZero();
    }

    @Test
    void datagramBecomesAnOwnedFrame() {
        EmbeddedChannel channel = new EmbeddedChannel(new SipDatagramDecoder());
        ByteBuf content = Unpooled.buffer().writeBytes(Messages.bytes(Messages.REGISTER));
        channel.writeInbound(new DatagramPacket(content, HERE, THERE));
        assertThat(content.refCnt()).isZero();
        SipFrame frame = channel.readInbound();
        assertThat(frame.isValid()).isTrue();
        assertThat(frame.error()).isNull();
        assertThat(frame.isRequest()).isTrue();
        assertThat(frame.sender()).isEqualTo(THERE);
        assertThat(frame.request().callId()).hasToString("445511141");
        assertThat(channel.finish()).isFalse();
    }

    @Test
    void framesDoNotShareOctets() {
        EmbeddedChannel channel = new EmbeddedChannel(new SipDatagramDecoder());
        for (String id : new String[] {"one", "two"}) {
            byte[] message = Messages.bytes(Messages.REGISTER.replace("445511141", id));
            channel.writeInbound(new DatagramPacket(Unpooled.wrappedBuffer(message), HERE, THERE));
        }
        assertThat(callIds(channel)).containsExactly("one", "two");
        channel.finishAndReleaseAll();
    }

    @Test
    void malformedDatagramIsHandedOnWithItsErrorAndNoiseIsNot() {
        EmbeddedChannel channel = new EmbeddedChannel(new SipDatagramDecoder());
        byte[] bad = Messages.bytes(Messages.REGISTER.replace("CSeq: 2", "CSeq: x"));
        for (byte[] octets : new byte[][] {{'j', 'a', 'K', 0}, {'\r', '\n', '\r', '\n'}, {' ', ' '}, {}, bad}) {
            channel.writeInbound(new DatagramPacket(Unpooled.wrappedBuffer(octets), HERE, THERE));
        }
        SipFrame frame = channel.readInbound();
        assertThat(frame.error()).isEqualTo(ParseError.CSEQ);
        assertThat(frame.isAnswerable()).isTrue();
        assertThat(channel.<Object>readInbound()).isNull();
        channel.finishAndReleaseAll();
    }

    @Test
    void streamGivesItsMessagesAtEverySplit() {
        String second =
                Messages.REGISTER.replace("445511141", "second").replace("Content-Length: 0", "Content-Length: 5")
                        + "12345";
        byte[] stream = Messages.bytes(Messages.REGISTER + "\r\n\r\n" + second + Messages.REGISTER);
        for (int split = 0; split <= stream.length; split++) {
            EmbeddedChannel channel = new EmbeddedChannel(new SipStreamDecoder());
            feed(channel, stream, 0, split);
            feed(channel, stream, split, stream.length);
            assertThat(callIds(channel)).as("split at %d", split).containsExactly("445511141", "second", "445511141");
            ByteBuf pong = channel.readOutbound();
            assertThat(pong.toString(StandardCharsets.US_ASCII)).isEqualTo("\r\n");
            pong.release();
            assertThat(channel.<Object>readOutbound()).isNull();
            assertThat(channel.finish()).isFalse();
        }
    }

    @Test
    void streamGivesItsMessagesOctetByOctet() {
        byte[] stream = Messages.bytes(Messages.REGISTER.repeat(3));
        EmbeddedChannel channel = new EmbeddedChannel(new SipStreamDecoder());
        for (int i = 0; i < stream.length; i++) {
            feed(channel, stream, i, i + 1);
        }
        assertThat(callIds(channel)).hasSize(3);
        assertThat(channel.finish()).isFalse();
    }

    @Test
    void manyMessagesInOneReadAllCome() {
        byte[] stream = Messages.bytes(Messages.REGISTER.repeat(200));
        EmbeddedChannel channel = new EmbeddedChannel(new SipStreamDecoder());
        feed(channel, stream, 0, stream.length);
        assertThat(callIds(channel)).hasSize(200);
        assertThat(channel.finish()).isFalse();
    }

    @Test
    void unframeableStreamIsReportedOnceAndClosed() {
        byte[] bad = Messages.bytes(Messages.REGISTER.replace("Content-Length: 0", "Content-Length: 4294967328"));
        EmbeddedChannel channel = new EmbeddedChannel(new SipStreamDecoder());
        assertThatThrownBy(() -> channel.writeInbound(Unpooled.wrappedBuffer(bad)))
                .isInstanceOfSatisfying(SipStreamDecoder.UnframeableException.class, e -> assertThat(e.error())
                        .isEqualTo(ParseError.CONTENT_LENGTH_OVERFLOW));
        assertThat(channel.isOpen()).isFalse();
        assertThat(channel.<Object>readInbound()).isNull();
    }

    @Test
    void octetsBeyondTheLimitAreNotAccumulated() {
        SipLimits limits = SipLimits.DEFAULT.withMaxHeaderBytes(4096).withMaxMessageBytes(8192);
        EmbeddedChannel channel = new EmbeddedChannel(new SipStreamDecoder(SipCompliance.DEPLOYED, limits));
        byte[] endless = Messages.bytes("REGISTER sip:a SIP/2.0\r\n" + "X: y\r\n".repeat(100_000));
        assertThatThrownBy(() -> channel.writeInbound(Unpooled.wrappedBuffer(endless)))
                .isInstanceOfSatisfying(SipStreamDecoder.UnframeableException.class, e -> assertThat(e.error())
                        .isEqualTo(ParseError.HEADERS_TOO_LARGE));
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void otherMessagesPassThrough() {
        EmbeddedChannel channel = new EmbeddedChannel(new SipStreamDecoder());
        channel.writeInbound("event");
        assertThat(channel.<Object>readInbound()).isEqualTo("event");
        channel.finishAndReleaseAll();
    }
}
