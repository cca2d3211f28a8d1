/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DatagramPacket;
import io.netty.handler.codec.MessageToMessageDecoder;
import java.util.List;

/**
 * Turns datagrams into {@link SipFrame}s: the convenient way for a pipeline of one's own. Keep-alives and noise
 * ({@link ParseError#EMPTY}, {@link ParseError#KEEP_ALIVE}) go no further; any other malformed message is handed on with its error.
 *
 * <p>One a channel, on its event loop. The packet is released, the frame is Owned by the next handler. It allocates a copy and a parser a
 * message; those who cannot afford that use {@link SipParser} over their own array.
 */
public final class SipDatagramDecoder extends MessageToMessageDecoder<DatagramPacket> {

    private final SipCompliance compliance;
    private final SipLimits limits;

    /** A decoder for deployed equipment with the default limits. */
    public SipDatagramDecoder() {
        this(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
    }

    /** A decoder that tolerates what {@code compliance} does, within {@code limits}. */
    public SipDatagramDecoder(SipCompliance compliance, SipLimits limits) {
        super(DatagramPacket.class);
        this.compliance = compliance;
        this.limits = limits;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, DatagramPacket packet, List<Object> out) {
        ByteBuf content = packet.content();
        byte[] octets = new byte[content.readableBytes()];
        content.readBytes(octets);
        SipFrame frame = new SipFrame(octets, octets.length, false, new SipParser(compliance, limits), packet.sender());
        ParseError error = frame.error();
        if (error != ParseError.EMPTY && error != ParseError.KEEP_ALIVE) {
            out.add(frame);
        }
    }
}
