/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.embed;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.sipwire.codec.SipDatagramDecoder;
import org.sipwire.codec.SipFrame;
import org.sipwire.codec.SipMessage;
import org.sipwire.codec.SipStreamDecoder;

/** README's example of the codec in a pipeline is this source, and it works over sockets. */
class PipelineExampleTest {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private final BlockingQueue<String> printed = new LinkedBlockingQueue<>();
    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final ChannelInitializer<Channel> initializer = new ChannelInitializer<>() {
        @Override
        protected void initChannel(Channel channel) {
            printSip(channel, printed::add);
        }
    };

    // README begins
    static void printSip(Channel channel, Consumer<String> out) {
        boolean datagrams = channel instanceof DatagramChannel;
        channel.pipeline().addLast(datagrams ? new SipDatagramDecoder() : new SipStreamDecoder());
        channel.pipeline().addLast(new SimpleChannelInboundHandler<SipFrame>() {
            @Override
            protected void channelRead0(ChannelHandlerContext ctx, SipFrame frame) {
                SipMessage sip = frame.message();
                if (frame.isValid()) {
                    out.accept(sip.method() + " from " + sip.from().uri());
                } else {
                    out.accept("refused: " + frame.error());
                }
            }
        });
    }
    // README ends

    private static byte[] options(String cseq) {
        return """
                OPTIONS sip:127.0.0.1 SIP/2.0
                Via: SIP/2.0/UDP 127.0.0.1:5099;rport;branch=z9hG4bK1
                From: Alice <sip:alice@example.com;lr>;tag=1
                To: <sip:127.0.0.1>
                Call-ID: one
                CSeq: %s
                Max-Forwards: 70
                Content-Length: 0

                """.formatted(cseq).replace("\n", "\r\n").getBytes(StandardCharsets.US_ASCII);
    }

    private void assertPrinted(String... lines) throws InterruptedException {
        for (String line : lines) {
            assertThat(printed.poll(10, TimeUnit.SECONDS)).isEqualTo(line);
        }
    }

    @AfterEach
    void close() {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Test
    void printsDatagrams() throws Exception {
        Bootstrap server =
                new Bootstrap().group(loops).channel(NioDatagramChannel.class).handler(initializer);
        Channel channel = server.bind(LOOPBACK, 0).sync().channel();
        try (DatagramSocket client = new DatagramSocket(0, LOOPBACK)) {
            for (String cseq : new String[] {"7 OPTIONS", "x OPTIONS"}) {
                byte[] request = options(cseq);
                client.send(new DatagramPacket(request, request.length, channel.localAddress()));
            }
            assertPrinted("OPTIONS from sip:alice@example.com;lr", "refused: CSEQ");
        }
    }

    @Test
    void printsAStream() throws Exception {
        ServerBootstrap server = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .childHandler(initializer);
        Channel channel = server.bind(LOOPBACK, 0).sync().channel();
        try (Socket client = new Socket(LOOPBACK, ((InetSocketAddress) channel.localAddress()).getPort())) {
            for (String cseq : new String[] {"7 OPTIONS", "x OPTIONS", "8 OPTIONS"}) {
                client.getOutputStream().write(options(cseq));
            }
            assertPrinted(
                    "OPTIONS from sip:alice@example.com;lr", "refused: CSEQ", "OPTIONS from sip:alice@example.com;lr");
        }
    }

    @Test
    void readmeHasExactlyThisSource() throws Exception {
        Path own = Path.of("src/test/java", getClass().getName().replace('.', '/') + ".java");
        String source = Files.readString(own);
        int begin = source.indexOf("// README begins\n") + "// README begins\n".length();
        String example = source.substring(begin, source.indexOf("\n    // README ends\n", begin))
                .stripIndent();
        assertThat(Files.readString(Path.of("..", "README.md"))).contains("```java\n" + example + "\n```\n");
    }
}
