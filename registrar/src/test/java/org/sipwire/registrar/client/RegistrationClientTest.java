/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sipwire.codec.ResponseWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipRequest;
import org.sipwire.codec.SipResponse;
import org.sipwire.registrar.client.RegistrationAccount.KeepAlive;
import org.sipwire.transaction.RequestContext;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.SipStackConfig;
import org.sipwire.transaction.TransactionTimers;
import org.sipwire.transaction.TransactionUser;
import org.sipwire.transport.Flow;
import org.sipwire.transport.TransportCounter;

/** Registrations at a registrar whose answers a test writes (RFC 3261 §10.2, §22; RFC 5626 §4). */
class RegistrationClientTest {
    private static final TransactionTimers FAST = new TransactionTimers(5, 40, 50, 200, 180_000);

    private record Answer(int status, String... headers) {}

    /** Answers as told, then 200 with the contact; remembers requests. */
    private static final class Upstream implements TransactionUser, AutoCloseable {
        final LinkedBlockingQueue<String> requests = new LinkedBlockingQueue<>();
        final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
        final LinkedBlockingQueue<Flow> flows = new LinkedBlockingQueue<>();
        final SipStack stack;
        volatile int granted = 3_600;
        volatile boolean silent;

        Upstream(String listen) {
            stack = SipStack.create(
                    SipStackConfig.builder().listen(listen).drainMillis(0).build());
            stack.start(this);
        }

        int port() {
            return stack.boundPoints().get(0).port();
        }

        Upstream answers(int status, String... headers) {
            answers.add(new Answer(status, headers));
            return this;
        }

        String next() throws InterruptedException {
            return requests.poll(10, TimeUnit.SECONDS);
        }

        @Override
        public void onRequest(SipRequest request, RequestContext context) {
            requests.add(new String(request.array(), request.offset(), request.length(), StandardCharsets.ISO_8859_1));
            flows.add(context.flow().toShared());
            if (silent) {
                return;
            }
            Answer answer = answers.poll();
            ResponseWriter response = context.response(answer == null ? 200 : answer.status());
            boolean listsContacts = answer == null;
            if (answer != null) {
                for (String header : answer.headers()) {
                    int colon = header.indexOf(':');
                    response.header(
                            header.substring(0, colon),
                            header.substring(colon + 1).strip());
                }
            }
            int contact = request.first(SipHeader.CONTACT);
            if (listsContacts && request.method() == SipMethod.REGISTER && contact >= 0 && request.expires() != 0) {
                response.headerStart(SipHeader.CONTACT)
                        .put(request.array(), request.valueOffset(contact), request.valueLength(contact))
                        .put(";expires=" + granted)
                        .headerEnd();
            }
            // A transaction answers retransmissions as before.
            context.accept().respond();
        }

        @Override
        public void close() {
            stack.close();
        }
    }

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final LinkedBlockingQueue<String> events = new LinkedBlockingQueue<>();
    private SipStack stack;
    private RegistrationClient client;

    private Upstream upstream(String listen) {
        Upstream upstream = new Upstream(listen);
        opened.add(upstream);
        return upstream;
    }

    private RegistrationClient client() {
        return client(TransactionTimers.DEFAULT);
    }

    private RegistrationClient client(TransactionTimers timers) {
        if (client == null) {
            stack = SipStack.create(SipStackConfig.builder()
                    .listen("udp://127.0.0.1:0")
                    .timers(timers)
                    .drainMillis(0)
                    .build());
            stack.start((request, context) -> {});
            client = new RegistrationClient(stack);
        }
        return client;
    }

    @AfterEach
    void close() throws Exception {
        if (client != null) {
            client.close(0);
            stack.close();
        }
        for (AutoCloseable one : opened) {
            one.close();
        }
    }

    private final class Events implements RegistrationEvents {
        @Override
        public void onRegistered(Registration registration, long seconds, SipResponse response) {
            events.add("registered for " + seconds);
        }

        @Override
        public void onFailed(Registration registration, int status, String reason, long retryMillis) {
            events.add("failed " + status + " " + reason + ", again in " + retryMillis);
        }

        @Override
        public void onRemoved(Registration registration) {
            events.add("removed");
        }
    }

    private static RegistrationAccount.Builder alice(Upstream at) {
        String transport = at.stack.boundPoints().get(0).transport().scheme();
        return RegistrationAccount.builder("sip:alice@example.com")
                .password("secret")
                .nextHop("sip:127.0.0.1:" + at.port() + ";transport=" + transport);
    }

    private Registration register(RegistrationAccount.Builder account) {
        return client().register(account.build(), new Events());
    }

    private String event() throws InterruptedException {
        return events.poll(10, TimeUnit.SECONDS);
    }

    private static void await(Supplier<Boolean> condition) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(15);
        while (!condition.get() && System.nanoTime() < end) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        assertThat(condition.get()).isTrue();
    }

    private static String header(String message, String name) {
        return message.lines()
                .filter(line -> line.startsWith(name + ": "))
                .map(line -> line.substring(name.length() + 2))
                .findFirst()
                .orElse("");
    }

    private static String parameter(String credentials, String name) {
        Matcher matcher =
                Pattern.compile("[ ,]" + name + "=(?:\"([^\"]*)\"|([^ ,]*))").matcher(credentials);
        return !matcher.find() ? null : matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
    }

    private static String challenge(String rest) {
        return "WWW-Authenticate: Digest realm=\"r\", " + rest;
    }

    // ---------------------------------------------------------------------------------------------------------------
    // RFC 3261 §10.2

    /** §10.2: the fields of a REGISTER. */
    @Test
    void registerNamesTheUserAndTheWayBack() throws Exception {
        Upstream upstream = upstream("udp://127.0.0.1:0");
        Registration registration = register(alice(upstream).userAgent("gateway"));
        String request = upstream.next();
        assertThat(request).startsWith("REGISTER sip:example.com SIP/2.0\r\n").contains("\r\nUser-Agent: gateway\r\n");
        assertThat(header(request, "To")).isEqualTo("<sip:alice@example.com>");
        assertThat(header(request, "From")).startsWith("<sip:alice@example.com>;tag=");
        assertThat(header(request, "CSeq")).isEqualTo("1 REGISTER");
        assertThat(header(request, "Expires")).isEqualTo("3600");
        assertThat(header(request, "Contact"))
                .isEqualTo("<sip:alice@127.0.0.1:" + stack.boundPoints().get(0).port() + ">");
        assertThat(header(request, "Authorization")).isEmpty();
        assertThat(event()).isEqualTo("registered for 3600");
        assertThat(registration.state()).isEqualTo(Registration.State.REGISTERED);
    }

    /** §10.2.4 and RFC 5626 §4.4: before it ends; with the same Call-ID and a CSeq that is one higher. */
    @Test
    void registrationIsRefreshedBeforeItEnds() throws Exception {
        Upstream upstream = upstream("udp://127.0.0.1:0");
        upstream.granted = 1;
        long begun = System.nanoTime();
        register(alice(upstream));
        String first = upstream.next();
        String second = upstream.next();
        assertThat(System.nanoTime() - begun).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(740));
        assertThat(header(second, "Call-ID")).isEqualTo(header(first, "Call-ID"));
        assertThat(header(second, "CSeq")).isEqualTo("2 REGISTER");
        assertThat(header(second, "From")).isEqualTo(header(first, "From"));
    }

    /** §10.2.8. */
    @Test
    void intervalTooBriefIsAskedForAgainAsLongAsMinExpires() throws Exception {
        Upstream upstream = upstream("udp://127.0.0.1:0").answers(423, "Min-Expires: 7200");
        register(alice(upstream));
        assertThat(header(upstream.next(), "Expires")).isEqualTo("3600");
        assertThat(header(upstream.next(), "Expires")).isEqualTo("7200");
        assertThat(event()).startsWith("registered");
        upstream.answers(423, "Min-Expires: 9000").answers(423, "Min-Expires: 10000");
        register(alice(upstream));
        assertThat(event()).as("once, not for ever").startsWith("failed 423 Interval Too Brief");
    }

    /** §10.2.2. */
    @Test
    void closingTakesTheUserOut() throws Exception {
        Upstream upstream = upstream("udp://127.0.0.1:0");
        Registration registration = register(alice(upstream));
        assertThat(event()).startsWith("registered");
        upstream.next();
        client.close();
        String last = upstream.next();
        assertThat(header(last, "Expires")).isEqualTo("0");
        assertThat(header(last, "Contact")).startsWith("<sip:alice@127.0.0.1:");
        assertThat(event()).isEqualTo("removed");
        assertThat(registration.state()).isEqualTo(Registration.State.REMOVED);
        assertThat(client.size()).isZero();
    }

    /** §8.1.3.4: in order of q; no URI twice; back home after it. */
    @Test
    void redirectionIsFollowedAndBounded() throws Exception {
        Upstream away = upstream("udp://127.0.0.1:0");
        Upstream upstream = upstream("udp://127.0.0.1:0");
        String there = "sip:reg@127.0.0.1:" + away.port();
        upstream.answers(302, "Contact: <sip:3402000000>;q=0.1, <" + there + ">;q=0.9");
        Registration registration = register(alice(upstream));
        assertThat(upstream.next()).startsWith("REGISTER sip:example.com ");
        assertThat(away.next()).startsWith("REGISTER " + there + " ");
        assertThat(event()).startsWith("registered");
        away.answers(302, "Contact: <" + there + ">").answers(302, "Contact: <" + there + ">");
        registration.refresh();
        assertThat(event()).startsWith("failed 302 ");
    }

    /** RFC 3261 §26.2.2: a sips address-of-record is registered over TLS, at a sips registrar. */
    @Test
    void sipsAddressOfRecordMeansASecureNextHop() {
        RegistrationAccount secure =
                RegistrationAccount.builder("sips:alice@example.com").build();
        assertThat(secure.nextHop().secure()).isTrue();
        assertThat(secure.registrar()).isEqualTo("sips:example.com");
    }

    // ---------------------------------------------------------------------------------------------------------------
    // RFC 3261 §22, RFC 7616, RFC 8760

    @Test
    void challengeIsAnsweredAndTheNonceCounted() throws Exception {
        Upstream upstream = upstream("udp://127.0.0.1:0");
        upstream.answers(401, challenge("nonce=\"n1\", algorithm=MD5, qop=\"auth,auth-int\", opaque=\"o\""));
        Registration registration = register(alice(upstream));
        upstream.next();
        for (int i = 1; i <= 3; i++) {
            String credentials = header(upstream.next(), "Authorization");
            assertThat(parameter(credentials, "nc")).isEqualTo("0000000" + i);
            assertThat(parameter(credentials, "qop")).isEqualTo("auth");
            assertThat(parameter(credentials, "opaque")).isEqualTo("o");
            assertThat(parameter(credentials, "uri")).isEqualTo("sip:example.com");
            assertThat(event()).startsWith("registered");
            registration.refresh();
        }
    }

    /** RFC 2069 §2.1.2, as GB/T 28181 platforms ask: the answer by the JDK's MD5. */
    @Test
    void challengeWithoutQopIsAnsweredInTheOldForm() throws Exception {
        Upstream upstream = upstream("udp://127.0.0.1:0").answers(401, challenge("nonce=\"n1\""));
        register(alice(upstream));
        upstream.next();
        String credentials = header(upstream.next(), "Authorization");
        assertThat(parameter(credentials, "qop")).isNull();
        assertThat(parameter(credentials, "nc")).isNull();
        assertThat(parameter(credentials, "response"))
                .isEqualTo(md5(md5("alice:r:secret") + ":n1:" + md5("REGISTER:sip:example.com")));
    }

    private static String md5(String text) throws Exception {
        return java.util.HexFormat.of()
                .formatHex(
                        java.security.MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void integrityCoversTheEmptyBodyWhereItAloneIsOffered() throws Exception {
        Upstream upstream = upstream("udp://127.0.0.1:0").answers(401, challenge("nonce=\"n1\", qop=\"auth-int\""));
        register(alice(upstream));
        upstream.next();
        String credentials = header(upstream.next(), "Authorization");
        String ha2 = md5("REGISTER:sip:example.com:" + md5(""));
        assertThat(parameter(credentials, "response"))
                .isEqualTo(md5(md5("alice:r:secret") + ":n1:00000001:" + parameter(credentials, "cnonce") + ":auth-int:"
                        + ha2));
    }

    /** RFC 8760 §2.4 leaves the choice to local policy. */
    @Test
    void strongestOfSeveralChallengesIsAnswered() throws Exception {
        Upstream upstream = upstream("udp://127.0.0.1:0");
        upstream.answers(
                401,
                challenge("nonce=\"a\", algorithm=MD5, qop=\"auth\""),
                challenge("nonce=\"b\", algorithm=SHA-512-256, qop=\"auth\""),
                challenge("nonce=\"c\", algorithm=SHA-256, qop=\"auth\""),
                challenge("nonce=\"d\", algorithm=SHA3-512, qop=\"auth\""),
                "WWW-Authenticate: AKAv1 realm=\"r\", nonce=\"e\"");
        register(alice(upstream));
        upstream.next();
        String credentials = header(upstream.next(), "Authorization");
        assertThat(parameter(credentials, "algorithm")).isEqualTo("SHA-512-256");
        assertThat(parameter(credentials, "nonce")).isEqualTo("b");
        assertThat(parameter(credentials, "response")).hasSize(64);
    }

    @Test
    void proxyAndRegistrarAreBothAnswered() throws Exception {
        Upstream upstream = upstream("udp://127.0.0.1:0");
        upstream.answers(407, "Proxy-Authenticate: Digest realm=\"p\", nonce=\"p1\", qop=\"auth\"")
                .answers(401, challenge("nonce=\"n1\", qop=\"auth\""));
        register(alice(upstream));
        upstream.next();
        upstream.next();
        String last = upstream.next();
        assertThat(parameter(header(last, "Proxy-Authorization"), "nonce")).isEqualTo("p1");
        assertThat(parameter(header(last, "Authorization"), "nonce")).isEqualTo("n1");
        assertThat(event()).startsWith("registered");
    }

    /** RFC 3261 §22.1: "MUST NOT re-attempt requests with the credentials that have just been rejected". */
    @ParameterizedTest
    @ValueSource(strings = {"n1", "n2"})
    void credentialsThatWereRejectedAreNotSentAgain(String secondNonce) throws Exception {
        Upstream upstream = upstream("udp://127.0.0.1:0");
        upstream.answers(401, challenge("nonce=\"n1\", qop=\"auth\""))
                .answers(401, challenge("nonce=\"" + secondNonce + "\", qop=\"auth\""));
        register(alice(upstream));
        assertThat(event()).startsWith("failed 401 Unauthorized, again in ");
        assertThat(upstream.requests).hasSize(2);
    }

    /** "(though the request may be retried if the nonce was stale)" */
    @Test
    void staleNonceIsReplacedButNotForEver() throws Exception {
        Upstream upstream = upstream("udp://127.0.0.1:0");
        upstream.answers(401, challenge("nonce=\"n1\", qop=\"auth\""))
                .answers(401, challenge("nonce=\"n2\", qop=\"auth\", stale=true"));
        register(alice(upstream));
        upstream.next();
        upstream.next();
        assertThat(parameter(header(upstream.next(), "Authorization"), "nonce")).isEqualTo("n2");
        assertThat(event()).startsWith("registered");
        for (int i = 3; i < 20; i++) {
            upstream.answers(401, challenge("nonce=\"n" + i + "\", qop=\"auth\", stale=true"));
        }
        register(alice(upstream));
        assertThat(event()).startsWith("failed 401 ");
        assertThat(upstream.requests.size()).isLessThan(10);
    }

    /** RFC 7616 §3.5. */
    @Test
    void nextNonceOfAuthenticationInfoIsUsed() throws Exception {
        Upstream upstream = upstream("udp://127.0.0.1:0");
        upstream.answers(401, challenge("nonce=\"n1\", qop=\"auth\""))
                .answers(200, "Contact: <sip:alice@127.0.0.1>;expires=60", "Authentication-Info: nextnonce=\"n2\"");
        Registration registration = register(alice(upstream));
        assertThat(event()).isEqualTo("registered for 60");
        registration.refresh();
        upstream.next();
        upstream.next();
        String credentials = header(upstream.next(), "Authorization");
        assertThat(parameter(credentials, "nonce")).isEqualTo("n2");
        assertThat(parameter(credentials, "nc")).isEqualTo("00000001");
    }

    // ---------------------------------------------------------------------------------------------------------------
    // RFC 5626 §4.5

    @Test
    void retriesBackOffAndForgetIt() throws Exception {
        Upstream upstream = upstream("udp://127.0.0.1:0");
        for (int i = 0; i < 5; i++) {
            upstream.answers(500);
        }
        register(alice(upstream).retry(10, 100));
        // W = min(100, 10 * 2^n), of which 50 to 100 % are waited.
        long[] bounds = {20, 40, 80, 100, 100};
        for (long bound : bounds) {
            String failed = event();
            assertThat(failed).startsWith("failed 500 Server Internal Error, again in ");
            assertThat(Long.parseLong(failed.substring(failed.lastIndexOf(' ') + 1)))
                    .isBetween(bound / 2, bound);
        }
        assertThat(event()).startsWith("registered");
    }

    /** RFC 3261 §21.5.4. */
    @Test
    void retryAfterIsWaitedFor() throws Exception {
        Upstream upstream = upstream("udp://127.0.0.1:0").answers(503, "Retry-After: 120 (maintenance)");
        register(alice(upstream).retry(1, 1));
        assertThat(event()).isEqualTo("failed 503 Service Unavailable, again in 120000");
    }

    @Test
    void whatAPersonHasToMendIsTriedSeldom() throws Exception {
        Upstream upstream = upstream("udp://127.0.0.1:0").answers(403);
        register(alice(upstream));
        String failed = event();
        assertThat(failed).startsWith("failed 403 Forbidden, again in ");
        assertThat(Long.parseLong(failed.substring(failed.lastIndexOf(' ') + 1)))
                .isGreaterThanOrEqualTo(900_000);
    }

    @Test
    void silenceAndUnknownHostsAreFailuresWithAReason() throws Exception {
        Upstream upstream = upstream("udp://127.0.0.1:0");
        upstream.silent = true;
        client(FAST);
        register(alice(upstream));
        assertThat(event()).startsWith("failed 0 no answer, again in ");
        register(RegistrationAccount.builder("sip:34020000001320000001@3402000000"));
        assertThat(event()).startsWith("failed 0 '3402000000' is neither an address nor a domain name");
    }

    /** §4.2.1, §4.5: a flow that fails is replaced at once. */
    @Test
    void lostConnectionIsReplacedAndTheUserRegisteredOnTheNewOne() throws Exception {
        Upstream upstream = upstream("tcp://127.0.0.1:0");
        for (int i = 0; i < 20; i++) {
            register(alice(upstream));
        }
        for (int i = 0; i < 20; i++) {
            assertThat(event()).startsWith("registered");
            upstream.next();
        }
        assertThat(stack.counters().get(TransportCounter.CONNECTIONS_OPENED))
                .as("one for all")
                .isEqualTo(1);
        Flow first = upstream.flows.take();
        upstream.stack.execute(0, () -> first.send("no SIP at all\r\n\r\n".getBytes(StandardCharsets.US_ASCII), 0, 17));
        for (int i = 0; i < 20; i++) {
            assertThat(event()).startsWith("registered");
        }
        assertThat(stack.counters().get(TransportCounter.CONNECTIONS_OPENED)).isEqualTo(2);
    }

    /** §3.5.1, §4.4.1. */
    @Test
    void connectionIsKeptAliveByDoubleLineEnds() throws Exception {
        Upstream upstream = upstream("tcp://127.0.0.1:0");
        register(alice(upstream).keepAlive(KeepAlive.CRLF, 1));
        await(() -> upstream.stack.counters().get(TransportCounter.PINGS_ANSWERED) >= 2);
        assertThat(stack.counters().get(TransportCounter.CONNECTIONS_OPENED)).isEqualTo(1);
        assertThat(upstream.requests).as("no request was needed").hasSize(1);
    }

    @Test
    void flowIsKeptAliveByOptionsWhoseSilenceMeansThatItIsLost() throws Exception {
        Upstream upstream = upstream("udp://127.0.0.1:0");
        client(FAST);
        register(alice(upstream).keepAlive(KeepAlive.OPTIONS, 1));
        assertThat(event()).startsWith("registered");
        await(() -> upstream.requests.stream().anyMatch(request -> request.startsWith("OPTIONS sip:example.com ")));
        upstream.silent = true;
        assertThat(event()).startsWith("failed 0 no answer");
    }

    /** §4.1, §4.2: the instance and reg-id. */
    @Test
    void instanceAsksForOutbound() throws Exception {
        Upstream upstream = upstream("udp://127.0.0.1:0");
        register(alice(upstream).instance("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"));
        String request = upstream.next();
        assertThat(header(request, "Contact"))
                .endsWith(">;reg-id=1;+sip.instance=\"<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>\"");
        assertThat(header(request, "Supported")).contains("outbound");
    }

    // ---------------------------------------------------------------------------------------------------------------

    @Test
    void accountsThatCannotBeUsedAreRefusedInOneLine() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RegistrationAccount.builder("alice"))
                .withMessage("the address-of-record 'alice' is no sip or sips URI");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RegistrationAccount.gb28181("1", "3402000000", "34020000002000000001", "sip:h"))
                .withMessage("'1' is no 20-digit ID");
        assertThatIllegalArgumentException().isThrownBy(() -> RegistrationAccount.builder("sip:a@b")
                .contact("sip:a@c\r\nX: y")
                .build());
        assertThat(RegistrationAccount.builder("sip:a@b")
                        .password("secret")
                        .build()
                        .toString())
                .doesNotContain("secret");
    }
}
