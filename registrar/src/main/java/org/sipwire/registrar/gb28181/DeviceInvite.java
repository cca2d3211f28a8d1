/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.sipwire.codec.ResponseWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.manscdp.Manscdp;
import org.sipwire.transaction.ServerTransaction;
import org.sipwire.transport.Flow;

/**
 * A stream that the platform asks an agent for: signalling alone, media is the caller's. All public methods may be called on any thread.
 *
 * <pre>
 *   ASKED --accept--> ANSWERED --ACK--> PLAYING --BYE of either side--> ENDED
 *     +-- reject, CANCEL ------------------------------------------------^     no ACK within 32 s: BYE
 * </pre>
 *
 * The 200 is sent again until the ACK comes (RFC 3261 §13.3.1.4). State is confined to the agent's loop.
 */
public final class DeviceInvite {
    private enum State {
        ASKED,
        ANSWERED,
        PLAYING,
        ENDED
    }

    private static final long T1_MILLIS = 500;
    private static final long T2_MILLIS = 4_000;
    private static final long GIVE_UP_MILLIS = 64 * T1_MILLIS;

    private final DeviceAgent agent;
    private final String channel;
    private final GbSdp offer;
    private final String rawOffer;
    private final String subject;
    private final PeerDialog dialog;
    private final long transaction;
    private final Flow flow;
    private State state = State.ASKED;

    /** The 2xx as sent; written on the loop of the flow before it is sent, read there. */
    private byte[] answer = {};

    DeviceInvite(DeviceAgent agent, Asked asked) {
        this.agent = agent;
        this.channel = asked.channel();
        this.rawOffer = asked.offer();
        this.offer = GbSdp.parse(rawOffer.getBytes(StandardCharsets.ISO_8859_1));
        this.subject = asked.subject();
        this.dialog = asked.dialog();
        this.transaction = asked.transaction();
        this.flow = asked.flow();
    }

    /** What is taken of an INVITE while it is at hand. */
    record Asked(String channel, String offer, String subject, PeerDialog dialog, long transaction, Flow flow) {}

    /** The channel that shall send. */
    public String channel() {
        return channel;
    }

    /** What the platform offers: where media is to go and for what; null when it could not be read. */
    public GbSdp offer() {
        return offer;
    }

    /** The session description as it came, for what {@link #offer} leaves out: times, u=. */
    public String rawOffer() {
        return rawOffer;
    }

    /** The Subject, {@code channel:ssrc,receiver:n}; empty when there was none. */
    public String subject() {
        return subject;
    }

    /** Takes the offer as it is: PS media of its SSRC comes from that address. Over TCP the side that was passive waits. */
    public void accept(String host, int port) {
        if (offer == null) {
            reject(488);
        } else {
            accept(GbSdp.answer(channel, offer, host, port));
        }
    }

    /** Answers with a session description of the caller's own. */
    public void accept(String sdp) {
        agent.run(() -> {
            if (state == State.ASKED) {
                state = State.ANSWERED;
                byte[] body = sdp.getBytes(StandardCharsets.ISO_8859_1);
                flow.execute(() -> answer(body));
            }
        });
    }

    private void answer(byte[] body) {
        ServerTransaction asked = agent.stack().serverTransaction(transaction);
        if (asked == null || !asked.isPending()) {
            agent.run(this::ended);
            return;
        }
        ResponseWriter response = asked.response(200);
        AgentRequests.contact(response, agent.config().deviceId(), flow);
        response.body(body, 0, body.length, "application/sdp").end();
        answer = Arrays.copyOf(response.array(), response.length());
        asked.respond();
        agent.run(() -> again(T1_MILLIS, T1_MILLIS));
    }

    /** Sends the 200 once more unless the ACK has come. */
    private void again(long afterMillis, long sinceMillis) {
        agent.schedule(
                () -> {
                    if (state != State.ANSWERED) {
                        return;
                    }
                    if (sinceMillis >= GIVE_UP_MILLIS) {
                        bye();
                        return;
                    }
                    flow.execute(() -> flow.send(answer, 0, answer.length));
                    long next = Math.min(2 * afterMillis, T2_MILLIS);
                    again(next, sinceMillis + next);
                },
                afterMillis);
    }

    /** Refuses, by a status of 300 to 699: 486 when the channel is busy, 488 when the offer does not fit. */
    public void reject(int status) {
        agent.run(() -> {
            if (state == State.ASKED) {
                flow.execute(() -> refuse(status));
                ended();
            }
        });
    }

    private void refuse(int status) {
        ServerTransaction asked = agent.stack().serverTransaction(transaction);
        if (asked != null && asked.isPending()) {
            asked.response(status);
            asked.respond();
        }
    }

    /** Says that a recording was sent to its end (MediaStatus 121); the platform ends the session then. */
    public void fileSent() {
        agent.run(() -> {
            if (state == State.PLAYING) {
                int sent = Manscdp.MediaStatus.FILE_SENT;
                agent.message(new Manscdp.MediaStatus(agent.nextSn(), channel, sent), ClientCall.IGNORE);
            }
        });
    }

    /** Ends the stream from this side. */
    public void bye() {
        agent.run(() -> {
            if (state == State.ANSWERED || state == State.PLAYING) {
                agent.inDialog(dialog, SipMethod.BYE, writer -> writer.header(SipHeader.MAX_FORWARDS, 70));
                ended();
            }
        });
    }

    // ------------------------------------------------------------------------------------------------ on the agent's
    // loop

    long transaction() {
        return transaction;
    }

    String callId() {
        return dialog.callId;
    }

    void acknowledged() {
        if (state == State.ANSWERED) {
            state = State.PLAYING;
            agent.listener().onPlaying(this);
        }
    }

    void controlled(String mansrtsp) {
        if (state == State.PLAYING || state == State.ANSWERED) {
            agent.listener().onMediaControl(this, mansrtsp);
        }
    }

    /** The peer ended it, or it never began. */
    void ended() {
        if (state != State.ENDED) {
            state = State.ENDED;
            agent.invites().remove(callId(), this);
            agent.listener().onEnded(this);
        }
    }
}
