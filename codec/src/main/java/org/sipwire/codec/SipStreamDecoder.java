/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Turns the octets of a stream into {@link SipFrame}s by {@link SipFramer}, and answers a double CRLF with a single one (RFC 5626 section
 * 4.4.1). A stream that cannot be followed any more, by its Content-Length or its size, is reported by {@link UnframeableException} and
 * closed: where the next message begins is not known.
 *
 * <p>One a channel, on its event loop. Octets that come are released, frames are Owned by the next handler. What is kept between reads is
 * at most one message within {@link SipLimits#maxMessageBytes()} and grows with the octets that came, never with what is announced.
 */
public final class SipStreamDecoder extends ChannelInboundHandlerAdapter {

    /** A stream in which the next message cannot be found. */
    public static final class UnframeableException extends Exception {
        private static final long serialVersionUID = 1L;
        private final ParseError error;

        UnframeableException(ParseError error) {
            super(error.reason());
            this.error = error;
        }

        /** Why. */
        public ParseError error() {
            return error;
        }
    }

    private static final byte[] PONG = "\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int INITIAL_OCTETS = 2048;

    private final SipCompliance compliance;
    private final SipLimits limits;
    private final SipFramer framer;
    private byte[] octets = new byte[INITIAL_OCTETS];
    private int filled;
    private boolean broken;

    /** A decoder for deployed equipment with the default limits. */
    public SipStreamDecoder() {
        this(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
    }

    /** A decoder that tolerates what {@code compliance} does, within {@code limits}. */
    public SipStreamDecoder(SipCompliance compliance, SipLimits limits) {
        this.compliance = compliance;
        this.limits = limits;
        framer = new SipFramer(limits);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof ByteBuf in)) {
            ctx.fireChannelRead(message);
            return;
        }
        try {
            // In pieces of one message at most, so that a large read does not make the accumulation large.
            while (in.isReadable() && !broken) {
                int n = Math.min(in.readableBytes(), room());
                in.readBytes(octets, filled, n);
                filled += n;
                decode(ctx);
            }
        } finally {
            in.release();
        }
    }

    /** Octets that fit; there is always room for one, since a full accumulation of the largest size has a message or an error. */
    private int room() {
        if (filled == octets.length) {
            octets = Arrays.copyOf(octets, octets.length * 2);
        }
        return octets.length - filled;
    }

    private void decode(ChannelHandlerContext ctx) {
        int at = framer.skip(octets, 0, filled);
        int n;
        while ((n = framer.frame(octets, at, filled - at)) > 0) {
            byte[] one = Arrays.copyOfRange(octets, at, at + n);
            at += n;
            at += framer.skip(octets, at, filled - at);
            ctx.fireChannelRead(new SipFrame(one, n, true, new SipParser(compliance, limits), null));
        }
        System.arraycopy(octets, at, octets, 0, filled - at);
        filled -= at;
        for (int pings = framer.takePings(); pings > 0; pings--) {
            ctx.writeAndFlush(Unpooled.wrappedBuffer(PONG));
        }
        if (n < 0) {
            broken = true;
            ctx.fireExceptionCaught(new UnframeableException(ParseError.of(n)));
            ctx.close();
        }
    }
}
