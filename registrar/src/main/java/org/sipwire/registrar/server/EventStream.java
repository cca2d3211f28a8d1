/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultHttpContent;
import java.nio.charset.StandardCharsets;

/**
 * One client that listens to server-sent events (the {@code text/event-stream} of the HTML standard) over a connection that was opened by
 * {@link HttpExchange#eventStream}.
 *
 * <pre>
 *   event: online
 *   data: {"id":"34020000001320000003"}
 * </pre>
 *
 * <p>What waits for a client is bounded by {@value #MAX_WAITING_BYTES} octets: one that reads slower than events happen is cut off and
 * counted, and finds on its return what it missed. A comment is sent every {@value #HEARTBEAT_SECONDS} seconds, so that both sides notice
 * when the other is gone.
 *
 * <p>Thread: the endpoint's loop. Owned by the connection.
 */
final class EventStream {
    /** What may wait to be written, in octets: {@value}. */
    static final int MAX_WAITING_BYTES = 256 * 1024;
    /** Between two comments, in seconds: {@value}. */
    static final int HEARTBEAT_SECONDS = 10;

    private final Channel channel;
    private final HttpCounts counts;
    private Runnable whenClosed = () -> {};
    private boolean open = true;

    EventStream(Channel channel, HttpCounts counts) {
        this.channel = channel;
        this.counts = counts;
    }

    /** Runs a task when the client is gone, whoever ended it; one task a stream. */
    void whenClosed(Runnable task) {
        whenClosed = task;
    }

    /** False when the client is gone. */
    boolean isOpen() {
        return open;
    }

    /** Sends an event; false when the client is gone or was too slow. */
    boolean send(String event, HttpExchange.JsonBody body) {
        return open && send(frame(event, body));
    }

    /** Sends what {@link #frame} made; takes it over. */
    boolean send(ByteBuf frame) {
        if (!open) {
            frame.release();
            return false;
        }
        if (!channel.isWritable()) {
            frame.release();
            counts.slow.increment();
            channel.close();
            return false;
        }
        channel.writeAndFlush(new DefaultHttpContent(frame));
        return true;
    }

    /** The octets of an event; JSON has no line feed of its own. The caller releases them, or {@link #send} does. */
    static ByteBuf frame(String event, HttpExchange.JsonBody body) {
        ByteBuf frame = Unpooled.buffer(256);
        frame.writeCharSequence("event: " + event + "\ndata: ", StandardCharsets.UTF_8);
        HttpExchange.writeJson(frame, body);
        frame.writeByte('\n').writeByte('\n');
        return frame;
    }

    /** A comment, which clients ignore. */
    void heartbeat() {
        send(HttpExchange.text(":\n\n"));
    }

    /** Ends the stream. */
    void close() {
        channel.close();
    }

    /** The connection is gone. */
    void closed() {
        if (open) {
            open = false;
            whenClosed.run();
        }
    }
}
