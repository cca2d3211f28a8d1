/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.client;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.Contact;
import org.sipwire.codec.HeaderValues;
import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.RetryAfter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipResponse;
import org.sipwire.codec.SipUri;
import org.sipwire.registrar.auth.DigestClient;
import org.sipwire.transaction.ClientTransaction;
import org.sipwire.transaction.ClientTransactionUser;
import org.sipwire.transaction.SipStack;
import org.sipwire.transport.Destination;
import org.sipwire.transport.Flow;
import org.sipwire.transport.Transport;

/**
 * One user's registration at one registrar (RFC 3261 §10.2).
 *
 * <pre>
 *              401, 407, 423, 302: again at once
 *                +--------+
 *                v        |   200                    refresh at 75 to 90 % of the time granted,
 *   start ---> TRYING ----+--------> REGISTERED ---> or when the flow is lost ---> TRYING
 *                |  ^                     |
 *     no answer, |  | RFC 5626 §4.5,      | remove: Expires 0
 *     refused    v  | Retry-After         v
 *              WAITING --- remove ---> REMOVED
 * </pre>
 *
 * <p>{@link #state}, {@link #refresh} and {@link #remove()} may be called on any thread; all else happens on the registration's loop.
 *
 * <p>Owned by its {@link RegistrationClient}.
 */
public final class Registration {
    private static final int MAX_REDIRECTS = 5;
    /** A connection that is lost takes all its registrations with it: they come back within this time, not at once. */
    private static final int FLOW_LOST_MILLIS = 1_000;

    private static final int MAX_HOST = 255;

    /** Where a registration is. */
    public enum State {
        /** A request is on its way. */
        TRYING,
        /** The registrar has accepted. */
        REGISTERED,
        /** The last attempt failed, the next one follows. */
        WAITING,
        /** It was taken out. */
        REMOVED
    }

    private final RegistrationClient client;
    private final SipStack stack;
    private final int loop;
    private final RegistrationAccount account;
    private final RegistrationEvents events;
    private final RegistrationClient.Loop shared;
    private final DigestClient digest;
    private final String callId;
    private final String fromTag;
    private final String user;

    /** Written on the loop, read anywhere. */
    private volatile State state = State.TRYING;

    private long cseq;
    private String requestUri;
    private Destination target;
    private final Queue<String> alternatives = new LinkedList<>();
    private final Set<String> redirectedTo = new HashSet<>();
    private Flow flow;
    private String contactUri;
    private long expires;
    private int failures;
    private int serial;
    private boolean isWaitingForAnswer;
    private boolean wantsRemoval;
    private boolean asksForRemoval;
    private boolean longerTried;
    private final List<Runnable> whenRemoved = new ArrayList<>(1);

    Registration(RegistrationClient client, int loop, RegistrationAccount account, RegistrationEvents events) {
        this.client = client;
        this.loop = loop;
        this.account = account;
        this.events = events;
        stack = client.stack();
        shared = client.loop(loop);
        digest = new DigestClient(
                account.username(), account.password() == null ? "" : account.password(), shared.hasher);
        user = account.user();
        long seed = System.nanoTime() ^ (long) System.identityHashCode(this) << 32;
        SplittableRandom random = new SplittableRandom(seed);
        callId = Long.toHexString(random.nextLong()) + Long.toHexString(random.nextLong());
        fromTag = Long.toHexString(random.nextLong());
        expires = account.expiresSeconds();
        atHome();
    }

    /** Who is registered where. */
    public RegistrationAccount account() {
        return account;
    }

    /** Where this is. */
    public State state() {
        return state;
    }

    int loop() {
        return loop;
    }

    /** Registers again now; nothing when a request is on its way. */
    public void refresh() {
        stack.execute(loop, () -> {
            if (state != State.REMOVED && !isWaitingForAnswer) {
                send();
            }
        });
    }

    /** Takes the user out of the registrar: {@link RegistrationEvents#onRemoved} says when that is done. */
    public void remove() {
        remove(() -> {});
    }

    void remove(Runnable done) {
        stack.execute(loop, () -> {
            if (state == State.REMOVED) {
                done.run();
                return;
            }
            whenRemoved.add(done);
            wantsRemoval = true;
            if (state == State.WAITING) {
                removed();
            } else if (!isWaitingForAnswer) {
                send();
            }
        });
    }

    /** Sends nothing any more. */
    void stop() {
        stack.execute(loop, () -> {
            if (state != State.REMOVED) {
                removed();
            }
        });
    }

    // ----------------------------------------------------------------------------------------------------- the request

    void start() {
        send();
    }

    /** Back from where a redirection led. */
    private void atHome() {
        requestUri = account.registrar();
        target = account.nextHop();
        alternatives.clear();
        redirectedTo.clear();
    }

    private void send() {
        serial++;
        cseq++;
        isWaitingForAnswer = true;
        asksForRemoval = wantsRemoval;
        if (state != State.REGISTERED) {
            state = State.TRYING;
        }
        digest.begin();
        if (flow != null && flow.isOpen()) {
            Attempt attempt = new Attempt(true);
            RequestWriter writer = stack.request(flow);
            write(writer, flow);
            if (stack.send(flow, writer, attempt) < 0) {
                attempt.onUnreachable(new IOException("the stack has all the transactions it may have"));
            }
        } else {
            stack.send(loop, target, this::write, new Attempt(false));
        }
    }

    private void write(RequestWriter writer, Flow by) {
        writer.begin(SipMethod.REGISTER, requestUri.getBytes(StandardCharsets.UTF_8));
        dialogFields(writer, SipMethod.REGISTER, cseq);
        writer.headerStart(SipHeader.CONTACT).put((byte) '<');
        contactUri = account.contact() != null ? account.contact() : ownUri(by);
        writer.put(contactUri).put((byte) '>');
        if (account.instance() != null) {
            writer.put(";reg-id=1;+sip.instance=\"<").put(account.instance()).put(">\"");
        }
        writer.headerEnd().header(SipHeader.EXPIRES, asksForRemoval ? 0 : expires);
        writer.header(SipHeader.SUPPORTED, account.instance() != null ? "path, outbound" : "path");
        digest.authorize(writer, SipMethod.REGISTER, requestUri, new byte[0]);
    }

    private void dialogFields(RequestWriter writer, SipMethod method, long number) {
        // §10.2: "the To and From ... address-of-record"; "The UA MUST increment the CSeq value by one for each
        // REGISTER request
        // with the same Call-ID"; "a UAC SHOULD use the same Call-ID for all registrations".
        writer.header(SipHeader.MAX_FORWARDS, 70)
                .headerStart(SipHeader.FROM)
                .put((byte) '<')
                .put(account.addressOfRecord())
                .put(">;tag=")
                .put(fromTag)
                .headerEnd()
                .headerStart(SipHeader.TO)
                .put((byte) '<')
                .put(account.addressOfRecord())
                .put((byte) '>')
                .headerEnd()
                .header(SipHeader.CALL_ID, method == SipMethod.REGISTER ? callId : callId + "-" + method + number)
                .headerStart(SipHeader.CSEQ)
                .put(number)
                .put((byte) ' ')
                .put(method.toString())
                .headerEnd();
        if (account.userAgent() != null) {
            writer.header(SipHeader.USER_AGENT, account.userAgent());
        }
    }

    /** The user at the address by which the registrar reaches this side. */
    private String ownUri(Flow by) {
        byte[] text = new byte[MAX_HOST];
        String host = new String(text, 0, by.writeLocalHost(text, 0), StandardCharsets.US_ASCII);
        boolean secure = account.addressOfRecord().regionMatches(true, 0, "sips:", 0, 5);
        Transport transport = by.transport();
        // RFC 3261 §26.2.2: in a sips URI tcp says TLS.
        String parameter = transport == Transport.UDP || secure && transport == Transport.TLS
                ? ""
                : ";transport=" + (secure && transport == Transport.WSS ? "ws" : transport.scheme());
        return (secure ? "sips:" : "sip:") + (user.isEmpty() ? "" : user + "@")
                + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + by.localPort() + parameter;
    }

    // ------------------------------------------------------------------------------------------------------- the
    // answer

    /** Hears of one request; what a later one has overtaken is not heard. */
    private final class Attempt implements ClientTransactionUser {
        private final int own = serial;
        private final boolean byKnownFlow;

        Attempt(boolean byKnownFlow) {
            this.byKnownFlow = byKnownFlow;
        }

        private boolean isOver() {
            return own != serial || state == State.REMOVED;
        }

        @Override
        public void onResponse(SipResponse response, ClientTransaction transaction) {
            if (response.status() >= 200 && !isOver()) {
                isWaitingForAnswer = false;
                answered(response, transaction.flow());
            }
        }

        @Override
        public void onTimeout(ClientTransaction transaction) {
            unanswered("no answer");
        }

        @Override
        public void onTransportError(ClientTransaction transaction) {
            unanswered("the connection was lost");
        }

        @Override
        public void onUnreachable(IOException cause) {
            unanswered(cause.getMessage());
        }

        private void unanswered(String why) {
            if (isOver()) {
                return;
            }
            isWaitingForAnswer = false;
            if (byKnownFlow) {
                // The way that was open is not any more: the address is looked up again, another server may be there.
                leaveFlow();
                send();
            } else {
                failed(0, why, 0, false);
            }
        }
    }

    private void answered(SipResponse response, Flow by) {
        int status = response.status();
        if (status == 401 || status == 407) {
            if (account.password() != null && digest.challenged(response)) {
                send();
            } else {
                failed(status, response.reason().toString(), 0, true);
            }
            return;
        }
        digest.answered(response);
        if (status < 300) {
            accepted(response, by);
        } else if (status < 400) {
            redirected(response);
        } else if (status == 423 && takesLonger(response)) {
            send();
        } else {
            boolean isFinal = status == 403 || status == 404 || status == 416 || status == 420;
            failed(status, response.reason().toString(), retryAfter(response), isFinal);
        }
    }

    /** §10.2.8: "it MAY retry the registration after making the expiration interval ... equal to or greater than" Min-Expires. */
    private boolean takesLonger(SipResponse response) {
        int line = response.first(SipHeader.MIN_EXPIRES);
        long least = line < 0 ? -1 : unsigned(response, line);
        if (longerTried || least <= expires || least > Integer.MAX_VALUE) {
            return false;
        }
        longerTried = true;
        expires = least;
        return true;
    }

    private static long unsigned(SipResponse response, int line) {
        return new AsciiView()
                .wrap(response.array(), response.valueOffset(line), response.valueLength(line))
                .parseUnsigned();
    }

    private static long retryAfter(SipResponse response) {
        int line = response.first(SipHeader.RETRY_AFTER);
        if (line < 0) {
            return 0;
        }
        return Math.max(
                0,
                new RetryAfter()
                        .wrap(response.array(), response.valueOffset(line), response.valueLength(line))
                        .seconds());
    }

    private void accepted(SipResponse response, Flow by) {
        failures = 0;
        longerTried = false;
        alternatives.clear();
        redirectedTo.clear();
        if (asksForRemoval) {
            removed();
            return;
        }
        Flow kept = by.toShared();
        if (flow == null || !flow.equals(kept)) {
            leaveFlow();
            flow = kept;
            client.bind(this, kept, keepAliveSeconds(response));
        }
        long granted = granted(response);
        if (wantsRemoval) {
            send();
            return;
        }
        if (granted <= 0) {
            failed(response.status(), "the registrar has accepted without keeping the contact", 0, false);
            return;
        }
        state = State.REGISTERED;
        later(granted * 750 + shared.random.nextLong(granted * 150));
        events.onRegistered(this, granted, response);
    }

    /** RFC 5626 §5.4: a Flow-Timer says after how long the server takes a silent flow for lost. */
    private long keepAliveSeconds(SipResponse response) {
        int line = response.first(SipHeader.FLOW_TIMER);
        long timer = line < 0 ? -1 : unsigned(response, line);
        return timer > 0 ? Math.min(timer, account.keepAliveSeconds()) : account.keepAliveSeconds();
    }

    /** §10.2.4: "The 2xx response to the REGISTER request will contain, in a Contact header field, ... the expiration interval." */
    private long granted(SipResponse response) {
        byte[] octets = contactUri.getBytes(StandardCharsets.UTF_8);
        SipUri own = new SipUri().wrap(octets, 0, octets.length);
        long stated = response.expires() >= 0 ? response.expires() : expires;
        HeaderValues values = response.values(SipHeader.CONTACT);
        Contact contact = new Contact();
        int others = 0;
        while (values.next()) {
            contact.wrap(values.array(), values.offset(), values.length());
            if (!contact.isWildcard() && contact.uri().equalsUri(own)) {
                return contact.expires() >= 0 ? contact.expires() : stated;
            }
            others++;
        }
        // Registrars that list no contacts at all, or rewrite what they list, mean the one they were given.
        return others == 1 && contact.expires() >= 0 ? contact.expires() : stated;
    }

    /** §8.1.3.4: "clients SHOULD use the URI(s) in the Contact header field to formulate one or more new requests". */
    private void redirected(SipResponse response) {
        record Choice(String uri, int q) {}
        List<Choice> choices = new ArrayList<>();
        HeaderValues values = response.values(SipHeader.CONTACT);
        Contact contact = new Contact();
        while (values.next()) {
            contact.wrap(values.array(), values.offset(), values.length());
            if (!contact.isWildcard() && contact.uri().isSip() && contact.uri().error() == 0) {
                choices.add(new Choice(contact.uri().toString(), contact.q() < 0 ? 1000 : contact.q()));
            }
        }
        choices.sort(Comparator.comparingInt(Choice::q).reversed());
        choices.forEach(choice -> alternatives.add(choice.uri()));
        if (!goElsewhere()) {
            failed(response.status(), response.reason().toString(), 0, false);
        }
    }

    /** Goes on at the next place a redirection named; false when there is none. */
    private boolean goElsewhere() {
        for (String uri; (uri = alternatives.poll()) != null; ) {
            // "a client MUST NOT add any given URI to the target set more than once"; and a hop that had to be secure
            // stays so.
            if (redirectedTo.size() >= MAX_REDIRECTS || !redirectedTo.add(uri)) {
                continue;
            }
            try {
                Destination to = Destination.parse(uri);
                if (account.nextHop().secure() && !to.secure()) {
                    continue;
                }
                int headers = uri.indexOf('?');
                requestUri = headers < 0 ? uri : uri.substring(0, headers);
                target = to;
            } catch (IllegalArgumentException e) {
                continue;
            }
            leaveFlow();
            digest.forget();
            send();
            return true;
        }
        return false;
    }

    // ---------------------------------------------------------------------------------------------------------
    // failures

    private void failed(int status, String reason, long retryAfterSeconds, boolean isFinal) {
        if (!isFinal && !wantsRemoval && goElsewhere()) {
            return;
        }
        if (wantsRemoval) {
            removed();
            return;
        }
        leaveFlow();
        atHome();
        longerTried = false;
        failures++;
        long wait = Math.max(retryAfterSeconds * 1000, backOff(isFinal));
        state = State.WAITING;
        later(wait);
        events.onFailed(this, status, reason, wait);
    }

    /**
     * RFC 5626 §4.5: "W = min( max-time, (base-time * (2 ^ consecutive-failures)))", of which "a uniform random time between 50 and 100% of
     * the upper-bound wait time" is waited. What a person has to mend is tried again after the longest time.
     */
    private long backOff(boolean isFinal) {
        double doubled = account.retryBaseMillis() * Math.pow(2, failures);
        long bound = isFinal ? account.retryMaxMillis() : (long) Math.min(account.retryMaxMillis(), doubled);
        return bound / 2 + shared.random.nextLong(bound / 2 + 1);
    }

    private void later(long millis) {
        int own = ++serial;
        stack.schedule(
                loop,
                () -> {
                    if (own == serial && state != State.REMOVED) {
                        send();
                    }
                },
                millis);
    }

    /** The connection is lost, or nobody answered on the flow: the binding leads nowhere. On the loop. */
    void flowLost() {
        leaveFlow();
        if (state == State.REGISTERED && !isWaitingForAnswer) {
            // RFC 5626 §4.5, Table 2: after no failure, no wait; but a crowd is spread.
            state = State.TRYING;
            later(shared.random.nextLong(FLOW_LOST_MILLIS));
        }
    }

    private void leaveFlow() {
        if (flow != null) {
            client.unbind(this, flow);
            flow = null;
        }
    }

    private void removed() {
        leaveFlow();
        serial++;
        state = State.REMOVED;
        client.removed(this);
        events.onRemoved(this);
        whenRemoved.forEach(Runnable::run);
    }

    // -------------------------------------------------------------------------------------------------------
    // keep-alive

    /** Asks whether the flow still leads to the registrar; any answer will do. */
    void sendOptions(Flow by, Runnable whenLost) {
        RequestWriter writer = stack.request(by);
        writer.begin(SipMethod.OPTIONS, requestUri.getBytes(StandardCharsets.UTF_8));
        dialogFields(writer, SipMethod.OPTIONS, ++cseq);
        stack.send(by, writer, new ClientTransactionUser() {
            @Override
            public void onResponse(SipResponse response, ClientTransaction transaction) {}

            @Override
            public void onTimeout(ClientTransaction transaction) {
                whenLost.run();
            }

            @Override
            public void onTransportError(ClientTransaction transaction) {
                whenLost.run();
            }

            @Override
            public void onUnreachable(IOException cause) {}
        });
    }
}
