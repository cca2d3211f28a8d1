/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiConsumer;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.Contact;
import org.sipwire.codec.HeaderValues;
import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipResponse;
import org.sipwire.registrar.auth.DigestClient;
import org.sipwire.registrar.auth.DigestHasher;
import org.sipwire.registrar.gb28181.DeviceAgentListener.Loss;
import org.sipwire.transport.Flow;

/**
 * Keeps one registration with an upstream platform. Confined to the agent's loop.
 *
 * <pre>
 *   IDLE -> CONNECTING -> REGISTERING --200--> REGISTERED --before it ends--> REGISTERING
 *               ^              | 401: answered; 423: longer         | keep-alives lost, 403, connection lost
 *               |              | 302: to the address it names       |
 *               +-- WAITING &lt;--+-- refused, no response &lt;-----------+
 *   close(): REGISTERED -> LEAVING --any answer or none--> GONE
 * </pre>
 *
 * One Call-ID and a CSeq that rises for all its life (RFC 3261 §10.2.4). A refresh answers the last challenge in advance; that the nonce
 * is too old costs one more exchange.
 */
final class AgentRegistration {
    private enum State {
        IDLE,
        CONNECTING,
        REGISTERING,
        REGISTERED,
        WAITING,
        LEAVING,
        GONE
    }

    /** Who is told. */
    interface Owner {
        void registered(long expiresSeconds, String date);

        void lost(Loss why, int status);

        void unregistered();
    }

    /** Opens flows to a platform. */
    interface Connector {
        void connect(InetSocketAddress to, BiConsumer<Flow, Throwable> whenOpen);
    }

    /** What matters of a final response. */
    private record Reply(
            int status,
            boolean answerable,
            long expires,
            long minExpires,
            long retryAfter,
            String date,
            String target) {}

    private static final byte[] NO_BODY = {};
    private static final long MAX_RETRY_AFTER_SECONDS = 3600;
    /** A refresh of less than this is half of it early, a longer one a sixth. */
    private static final long SHORT_SECONDS = 200;

    private final DeviceAgentConfig config;
    private final AgentLine line;
    private final Connector connector;
    private final Owner owner;
    private final DigestClient digest;
    private final String uri;
    private final String address;
    private final String callId;
    private final String tag;
    private State state = State.IDLE;
    private InetSocketAddress target;
    private long expires;
    private long cseq;
    private int timer;

    AgentRegistration(DeviceAgentConfig config, AgentLine line, Connector connector, Owner owner) {
        this.config = config;
        this.line = line;
        this.connector = connector;
        this.owner = owner;
        digest = new DigestClient(config.username(), config.password(), new DigestHasher());
        uri = "sip:" + config.platformId() + '@' + config.domain();
        address = "<sip:" + config.deviceId() + '@' + config.domain() + '>';
        callId = line.messages().newCallId();
        tag = line.messages().newTag();
        target = config.upstream();
        expires = config.timing().expiresSeconds();
    }

    boolean isRegistered() {
        return state == State.REGISTERED;
    }

    /** Connects and registers. */
    void start() {
        if (state != State.IDLE && state != State.WAITING) {
            return;
        }
        state = State.CONNECTING;
        connector.connect(target, (flow, cause) -> {
            if (state != State.CONNECTING) {
                return;
            }
            if (flow == null) {
                failed(Loss.NO_RESPONSE, 0, 0);
            } else {
                line.flow(flow.toShared());
                register();
            }
        });
    }

    /** Registers again: something says that the platform does not know this device any more. */
    void again(Loss why, int status) {
        if (state == State.REGISTERED) {
            owner.lost(why, status);
            pause(soon());
        }
    }

    /** The flow is lost. */
    void flowLost() {
        if (state == State.LEAVING) {
            gone();
        } else if (state == State.REGISTERED || state == State.REGISTERING) {
            owner.lost(Loss.FLOW_LOST, 0);
            pause(soon());
        }
    }

    /** Ends the registration, and says so when it stands. */
    void close() {
        if (state == State.REGISTERED) {
            state = State.LEAVING;
            timer++;
            send(0);
        } else if (state != State.LEAVING && state != State.GONE) {
            gone();
        }
    }

    private void gone() {
        state = State.GONE;
        timer++;
        owner.unregistered();
    }

    // ------------------------------------------------------------------------------------------------------- request

    private void register() {
        state = State.REGISTERING;
        send(expires);
    }

    private void send(long seconds) {
        RequestWriter writer = line.begin();
        writer.begin(SipMethod.REGISTER, uri.getBytes(StandardCharsets.ISO_8859_1));
        writer.header(SipHeader.FROM, address + ";tag=" + tag);
        writer.header(SipHeader.TO, address);
        writer.header(SipHeader.CALL_ID, callId);
        writer.header(SipHeader.CSEQ, ++cseq + " REGISTER");
        line.messages().contact(writer, line.flow());
        digest.begin();
        digest.authorize(writer, SipMethod.REGISTER, uri, NO_BODY);
        writer.header(SipHeader.MAX_FORWARDS, 70);
        writer.header(SipHeader.USER_AGENT, MessageFactory.USER_AGENT);
        writer.header(SipHeader.EXPIRES, seconds);
        if (!config.gbVersion().isEmpty()) {
            writer.header(SipHeader.X_GB_VER, config.gbVersion());
        }
        line.send(writer, new Call());
    }

    /** One REGISTER under way. */
    private final class Call implements ClientCall {
        private final long number = cseq;

        @Override
        public int home(int here) {
            return here;
        }

        @Override
        public Object keep(SipResponse response) {
            int status = response.status();
            if (status < 200 || number != cseq) {
                return null;
            }
            boolean isChallenge = status == 401 || status == 407;
            boolean answerable = isChallenge && digest.challenged(response);
            if (!isChallenge) {
                digest.answered(response);
            }
            int after = response.first(SipHeader.RETRY_AFTER);
            int date = response.first(SipHeader.DATE);
            AsciiView view = new AsciiView();
            return new Reply(
                    status,
                    answerable,
                    granted(response),
                    response.minExpires(),
                    after < 0 ? 0 : leadingNumber(response.value(after, view).toString()),
                    date < 0 ? "" : response.value(date, view).toString(),
                    status == 302 ? Dialog.remote(response).target() : "");
        }

        @Override
        public void onStatus(int status, Object kept) {
            if (kept instanceof Reply reply && number == cseq) {
                answered(reply);
            }
        }

        @Override
        public void onNoResponse() {
            if (number == cseq) {
                failed(Loss.NO_RESPONSE, 0, 0);
            }
        }
    }

    /** What the registrar grants to this contact: at the contact itself, else by Expires, else as asked (RFC 3261 §10.2.4). */
    private long granted(SipResponse response) {
        long first = -1;
        HeaderValues values = response.values(SipHeader.CONTACT);
        Contact contact = new Contact();
        String own = line.ownContact();
        while (values.next()) {
            contact.wrap(values.array(), values.offset(), values.length());
            if (contact.error() == 0 && !contact.isWildcard() && contact.expires() >= 0) {
                if (contact.uri().toString().equals(own)) {
                    return contact.expires();
                }
                first = first < 0 ? contact.expires() : first;
            }
        }
        if (response.expires() >= 0) {
            return response.expires();
        }
        return first >= 0 ? first : expires;
    }

    private static long leadingNumber(String text) {
        int end = 0;
        while (end < text.length() && end < 9 && Character.isDigit(text.charAt(end))) {
            end++;
        }
        return end == 0 ? 0 : Long.parseLong(text.substring(0, end));
    }

    // -------------------------------------------------------------------------------------------------------- answer

    private void answered(Reply reply) {
        if (state != State.REGISTERING && state != State.LEAVING) {
            return;
        }
        long seconds = state == State.LEAVING ? 0 : expires;
        switch (reply.status()) {
            case 200 -> {
                if (state == State.LEAVING) {
                    gone();
                } else {
                    stands(reply);
                }
            }
            case 401, 407 -> {
                if (reply.answerable()) {
                    send(seconds);
                } else {
                    digest.forget();
                    failed(Loss.WRONG_PASSWORD, reply.status(), 0);
                }
            }
            case 423 -> {
                // RFC 3261 §10.2.8: try again with an interval equal to or greater than Min-Expires.
                if (reply.minExpires() > expires && state == State.REGISTERING) {
                    expires = reply.minExpires();
                    send(expires);
                } else {
                    failed(Loss.REFUSED, 423, 0);
                }
            }
            case 302 -> redirected(reply);
            default -> failed(Loss.REFUSED, reply.status(), reply.retryAfter());
        }
    }

    private void stands(Reply reply) {
        state = State.REGISTERED;
        long granted = Math.max(1, Math.min(reply.expires(), 0xffffffffL));
        double share = granted < SHORT_SECONDS
                ? 0.5
                : 0.8 + ThreadLocalRandom.current().nextDouble(0.1);
        schedule((long) (granted * 1000 * share), this::register);
        owner.registered(granted, reply.date());
    }

    /** GB/T 28181-2022 9.1.2.3: the REGISTER goes to the platform that the Contact names; only an address is taken, no name resolved. */
    private void redirected(Reply reply) {
        InetSocketAddress to = address(reply.target());
        if (to == null || state == State.LEAVING || !target.equals(config.upstream())) {
            failed(Loss.REFUSED, 302, 0);
            return;
        }
        target = to;
        digest.forget();
        state = State.WAITING;
        start();
    }

    /** The address of a SIP URI whose host is an IPv4 address in four parts or an IPv6 reference; else null. */
    static InetSocketAddress address(String sipUri) {
        int at = sipUri.indexOf('@');
        String rest = sipUri.substring(at < 0 ? sipUri.indexOf(':') + 1 : at + 1);
        int end = 0;
        while (end < rest.length() && ";?>".indexOf(rest.charAt(end)) < 0) {
            end++;
        }
        rest = rest.substring(0, end);
        int colon = rest.startsWith("[") ? rest.indexOf(':', rest.indexOf(']') + 1) : rest.indexOf(':');
        String host = colon < 0 ? rest : rest.substring(0, colon);
        String port = colon < 0 ? "5060" : rest.substring(colon + 1);
        boolean literal = host.matches("(\\d{1,3}\\.){3}\\d{1,3}") || host.matches("\\[[0-9a-fA-F:.]+]");
        if (!literal || !port.matches("\\d{1,5}") || Integer.parseInt(port) > 65_535) {
            return null;
        }
        InetSocketAddress address = new InetSocketAddress(host, Integer.parseInt(port));
        return address.isUnresolved() ? null : address;
    }

    private void failed(Loss why, int status, long retryAfterSeconds) {
        if (state == State.LEAVING) {
            gone();
            return;
        }
        // A platform that a redirect led to and that fails is left again.
        target = config.upstream();
        owner.lost(why, status);
        long least = Math.min(retryAfterSeconds, MAX_RETRY_AFTER_SECONDS) * 1000;
        pause(Math.max(least, config.timing().retryMillis()));
    }

    private void pause(long millis) {
        state = State.WAITING;
        schedule(millis + ThreadLocalRandom.current().nextLong(millis / 2 + 1), this::start);
    }

    /** After what stood was lost: sooner than after a refusal, yet not all devices in one moment. */
    private long soon() {
        return Math.max(1, config.timing().retryMillis() / 10);
    }

    /** There is one timer; a new one replaces the old. */
    private void schedule(long millis, Runnable task) {
        int mine = ++timer;
        line.schedule(
                () -> {
                    if (mine == timer) {
                        task.run();
                    }
                },
                millis);
    }
}
