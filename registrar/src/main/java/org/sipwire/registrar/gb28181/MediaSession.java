/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.nio.charset.StandardCharsets;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipResponse;
import org.sipwire.registrar.gb28181.MediaListener.End;

/**
 * The signalling of one stream: INVITE with the session description, ACK, MANSRTSP by INFO, BYE. Media goes from the device to the
 * receiver that the caller named; none passes here. {@link #control} and {@link #close} may be called on any thread; everything else is
 * confined to the device's home loop.
 *
 * <pre>
 *   INVITING --2xx/ACK--> PLAYING --BYE, MediaStatus 121, close()--> ENDED
 *      +-- 3xx..6xx, no response, close() ---------------------------> ENDED      a 2xx after close() gets ACK and BYE
 * </pre>
 */
public final class MediaSession {
    private final PlatformLoop home;
    private final Device device;
    private final String channel;
    private final String ssrc;
    private final MediaListener listener;
    private final Dialog dialog;
    private boolean answered;
    private boolean ended;
    private int mansrtsp;

    MediaSession(PlatformLoop home, Device device, String channel, String ssrc, MediaListener listener) {
        this.home = home;
        this.device = device;
        this.channel = channel;
        this.ssrc = ssrc;
        this.listener = listener;
        this.dialog = new Dialog(home.messages);
    }

    /** The channel that sends. */
    public String channel() {
        return channel;
    }

    /** The ten digits that mark its packets. */
    public String ssrc() {
        return ssrc;
    }

    /**
     * Controls a playback by MANSRTSP.
     *
     * @param method PLAY, PAUSE or TEARDOWN
     * @param headers lines such as {@code Scale: 2.0} and {@code Range: npt=30-}, each ended by CRLF; may be empty
     */
    public void control(String method, String headers) {
        home.run(() -> {
            if (answered && !ended) {
                String body = method + " MANSRTSP/1.0\r\nCSeq: " + (++mansrtsp) + "\r\n" + headers;
                send(SipMethod.INFO, dialog.nextCseq(), body.getBytes(StandardCharsets.ISO_8859_1), ClientCall.IGNORE);
            }
        });
    }

    /** Ends the session. */
    public void close() {
        home.run(() -> end(End.CLOSED, 0));
    }

    void invite(String offer, String platformId) {
        long cseq = dialog.nextCseq();
        byte[] body = offer.getBytes(StandardCharsets.ISO_8859_1);
        home.send(device, channel, body, new Invitation(), (loop, flow, writer) -> {
            dialog.begin(loop.messages, writer, SipMethod.INVITE, cseq);
            loop.messages.contact(writer, flow);
            writer.header(SipHeader.CONTENT_TYPE, "application/sdp");
            loop.messages.common(writer, home.now());
            writer.header(SipHeader.SUBJECT, channel + ':' + ssrc + ',' + platformId + ":0");
        });
    }

    private void send(SipMethod method, long cseq, byte[] body, ClientCall call) {
        home.send(device, channel, body, call, (loop, flow, writer) -> {
            dialog.begin(loop.messages, writer, method, cseq);
            loop.messages.contact(writer, flow);
            if (body.length > 0) {
                writer.header(SipHeader.CONTENT_TYPE, "Application/MANSRTSP");
            }
            loop.messages.common(writer, home.now());
        });
    }

    /** The INVITE's transaction. */
    private final class Invitation implements ClientCall {
        @Override
        public int home(int here) {
            return device.home();
        }

        @Override
        public Object keep(SipResponse response) {
            return response.status() >= 200 && response.status() < 300 ? Dialog.remote(response) : null;
        }

        @Override
        public void onStatus(int status, Object kept) {
            if (status < 200) {
                return;
            }
            if (!(kept instanceof Dialog.Remote remote)) {
                finish(End.REFUSED, status);
                return;
            }
            // RFC 3261 §13.2.2.4: each 2xx is acknowledged, also one that comes again.
            dialog.establish(remote);
            MediaSession.this.send(SipMethod.ACK, 1, new byte[0], ClientCall.IGNORE);
            if (answered) {
                return;
            }
            answered = true;
            if (ended) {
                MediaSession.this.send(SipMethod.BYE, dialog.nextCseq(), new byte[0], ClientCall.IGNORE);
            } else {
                listener.onAnswered(MediaSession.this, GbSdp.parse(remote.body()));
            }
        }

        @Override
        public void onNoResponse() {
            if (!answered) {
                finish(End.NO_RESPONSE, 0);
            }
        }
    }

    /** Ends it from this side. */
    void end(End how, int status) {
        if (!ended) {
            if (answered) {
                send(SipMethod.BYE, dialog.nextCseq(), new byte[0], ClientCall.IGNORE);
            }
            finish(how, status);
        }
    }

    /** It is over; nothing is sent. */
    void finish(End how, int status) {
        if (!ended) {
            ended = true;
            home.endedMedia(this);
            listener.onEnded(this, how, status);
        }
    }

    boolean isOf(Device other) {
        return device == other;
    }

    boolean isOf(String callId) {
        return dialog.callId.equals(callId);
    }
}
