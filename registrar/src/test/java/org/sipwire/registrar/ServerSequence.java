/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sipwire.codec.SipFramer;
import org.sipwire.codec.SipMethod;
import org.sipwire.registrar.LocationModel.Asked;
import org.sipwire.registrar.LocationModel.Bound;
import org.sipwire.registrar.LocationModel.By;
import org.sipwire.registrar.RegistrarHarness.Answer;
import org.sipwire.registrar.auth.AuthConfig;
import org.sipwire.registrar.auth.GuardLimits;
import org.sipwire.registrar.auth.NonceFactory;
import org.sipwire.registrar.auth.SharedPasswordStore;
import org.sipwire.registrar.location.Bindings;
import org.sipwire.transaction.TransactionCounter;
import org.sipwire.transport.Transport;

/**
 * A registrar over a transaction layer, driven by octets: each chooses a step of a small grammar or a part of one. After every step the
 * answer and what is bound are compared with the models'.
 */
final class ServerSequence {

    private static final String DOMAIN = "example.com";
    private static final String REQUEST_URI = "sip:example.com";
    private static final String PASSWORD = "secret";
    private static final String[] USERS = {"alice", "bob", "34020000001320000003"};
    private static final long[] EXPIRES = {-1, 0, 59, 60, 61, 120, 3600, 7200, 100_000, 0xFFFF_FFFFL};
    private static final int[] SECONDS = {0, 1, 4, 5, 16, 31, 32, 59, 60, 119, 240, 3600};
    private static final int MAX_CONTACTS = 2;
    private static final long TIMER_J_MILLIS = 32_000;
    private static final int HISTORY = 12;
    /** What a layer keeps once it was used. */
    private static final int FIRST_PAGES = 1 << 20;

    private static final Pattern CONTACT = Pattern.compile("<([^>]*)>;expires=(\\d+)");

    /** A request as it was sent, and what has to be known to say its answer. */
    private record Sent(
            String text,
            int flow,
            String branch,
            String method,
            String user,
            Proof proof,
            List<Asked> contacts,
            boolean wildcard,
            String callId,
            int cseq) {

        Sent over(int other) {
            return new Sent(text, other, branch, method, user, proof, contacts, wildcard, callId, cseq);
        }
    }

    /** Credentials; {@code right} if computed of the password and what is sent. */
    private record Proof(String user, String nonce, long count, boolean right) {}

    private record Remembered(String answer, long untilMillis) {}

    private final Choices choices;
    final RegistrarHarness server;
    final OtherUser others = new OtherUser();
    private final boolean qop;
    private final boolean guarded;
    private final LocationModel model;
    private final NonceModel nonces;
    private final FakeFlow[] flows = new FakeFlow[3];
    private final SipFramer framer = new SipFramer();
    private byte[] stream = {};
    private final List<Sent> history = new ArrayList<>();
    private final Map<String, Remembered> remembered = new HashMap<>();
    private final long emptyFootprint;
    private final Set<String> kept = new HashSet<>();
    private boolean committed;
    private int branches;
    private int connections;

    ServerSequence(byte[] input) {
        choices = new Choices(input);
        int mode = choose(16);
        qop = (mode & 1) != 0;
        guarded = (mode & 2) != 0;
        boolean replaces = (mode & 4) != 0;
        boolean once = (mode & 8) == 0;
        AuthConfig auth = AuthConfig.builder(DOMAIN)
                .qop(qop ? Set.of(AuthConfig.Qop.AUTH) : Set.of())
                .nonceReuse(once ? AuthConfig.NonceReuse.ONCE : AuthConfig.NonceReuse.WITHIN_LIFETIME)
                .nonceSlots(1 << 16)
                .guard(guarded ? GuardLimits.DEFAULT : GuardLimits.OFF)
                .build();
        RegistrarConfig config = RegistrarConfig.builder()
                .domains(List.of(DOMAIN))
                .expires(60, 3600, 7200)
                .maxContacts(
                        MAX_CONTACTS,
                        replaces ? RegistrarConfig.Overflow.REPLACE_OLDEST : RegistrarConfig.Overflow.REJECT)
                .build();
        server = new RegistrarHarness(config, null, builder -> builder.others(others)
                .authentication(auth, new SharedPasswordStore(PASSWORD), new NonceFactory(auth)));
        others.layer = server.layer;
        model = new LocationModel(MAX_CONTACTS, replaces);
        nonces = new NonceModel(once);
        flows[0] = new FakeFlow(Transport.UDP, 1, "192.0.2.1", 5060);
        flows[1] = new FakeFlow(Transport.UDP, 2, "192.0.2.2", 5062);
        connect();
        emptyFootprint = server.layer.footprint();
    }

    private int choose(int n) {
        return choices.below(n);
    }

    void run() {
        for (int steps = 0; choices.areMore() && steps < 400; steps++) {
            step();
            assertThat(server.counters.get(TransactionCounter.USER_ERRORS)).isZero();
            assertThat(server.layer.liveTransactions()).isLessThanOrEqualTo(steps * 2 + 2);
        }
        end();
    }

    private void step() {
        switch (choose(16)) {
            case 0, 1 -> register(null);
            case 2, 3, 4, 5 -> register(proof());
            case 6, 7 -> again();
            case 8 -> pass(SECONDS[choose(SECONDS.length)] * 1000L);
            case 9 -> pass(choose(256) * 10L);
            case 10, 11 -> mutated();
            case 12 -> other();
            case 13 -> aboutInvite();
            case 14 -> client();
            default -> connection();
        }
    }

    // ---- REGISTER -----------------------------------------------------------------------------------------

    private String newBranch() {
        int n = ++branches;
        return "z9hG4bK" + n + "x" + Integer.toHexString(n * 0x9E3779B9);
    }

    private Proof proof() {
        String user = USERS[choose(USERS.length)];
        String nonce = nonces.recent(choose(4) == 0 ? choose(8) : 0);
        int what = choose(8);
        if (nonce == null || what == 7) {
            nonce = "AAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        } else if (what == 6) {
            int place = choose(28);
            nonce = nonce.substring(0, place) + (nonce.charAt(place) == 'A' ? 'B' : 'A') + nonce.substring(place + 1);
        }
        long count = !qop ? -1 : what == 4 ? 1 + choose(64) : what == 3 ? 65_530L + choose(8) : nonces.nextCount(nonce);
        return new Proof(user, nonce, count, what != 5);
    }

    private String line(Proof proof) {
        String password = proof.right ? PASSWORD : "wrong";
        String ha1 = DigestClient.md5(proof.user + ":" + DOMAIN + ":" + password);
        String ha2 = DigestClient.md5("REGISTER:" + REQUEST_URI);
        String nc = String.format("%08x", proof.count);
        String middle = proof.count < 0 ? ":" : ":" + nc + ":0a4f113b:auth:";
        return "Authorization: Digest username=\"" + proof.user + "\",realm=\"" + DOMAIN + "\",nonce=\"" + proof.nonce
                + "\",uri=\"" + REQUEST_URI + "\",response=\""
                + DigestClient.md5(ha1 + ":" + proof.nonce + middle + ha2)
                + "\",algorithm=MD5" + (proof.count < 0 ? "" : ",cnonce=\"0a4f113b\",nc=" + nc + ",qop=auth");
    }

    private void register(Proof proof) {
        int flow = choose(3);
        String user = proof != null && choose(8) != 0 ? proof.user : USERS[choose(USERS.length)];
        int cseq = choose(32) + 1;
        String callId = "call-" + choose(2);
        StringBuilder lines = new StringBuilder();
        List<Asked> contacts = new ArrayList<>();
        int shape = choose(16);
        long header = EXPIRES[choose(EXPIRES.length)];
        if (header >= 0) {
            lines.append("Expires: ").append(header).append("\r\n");
        }
        boolean wildcard = shape == 0;
        for (int i = shape == 1 ? 0 : shape < 10 ? 1 : shape < 14 ? 2 : 3; i > 0 && !wildcard; i--) {
            int pick = choose(24);
            String uri = "sip:" + user + "@192.0.2." + (pick & 3) + ":5060";
            long own = EXPIRES[pick / 3 % EXPIRES.length];
            contacts.add(new Asked(uri, own >= 0 ? own : header >= 0 ? header : 3600));
            lines.append("Contact: <")
                    .append(uri)
                    .append('>')
                    .append(own < 0 ? "" : ";expires=" + own)
                    .append("\r\n");
        }
        if (wildcard) {
            lines.append("Contact: *\r\n");
        }
        if (proof != null) {
            lines.append(line(proof)).append("\r\n");
        }
        // Now and then a request in the place of an earlier one: its branch is that one's, its content its own.
        String branch =
                choose(16) == 1 && !history.isEmpty() ? history.get(choose(history.size())).branch : newBranch();
        String text = request("REGISTER", branch, flow, user, cseq, callId, lines.toString());
        contacts = wildcard ? List.of(new Asked("*", header)) : contacts;
        Sent sent = new Sent(text, flow, branch, "REGISTER", user, proof, contacts, wildcard, callId, cseq);
        remember(sent);
        deliverRegister(sent);
    }

    private String request(String method, String branch, int flow, String user, int cseq, String callId, String lines) {
        return method + " " + REQUEST_URI + " SIP/2.0\r\nVia: SIP/2.0/" + flows[flow].transport()
                + " 192.0.2.9:5060;branch="
                + branch + ";rport\r\nMax-Forwards: 70\r\nFrom: <sip:" + user + "@" + DOMAIN + ">;tag=" + callId
                + "\r\nTo: <sip:" + user + "@" + DOMAIN + ">\r\nCall-ID: " + callId + "\r\nCSeq: " + cseq + " " + method
                + "\r\n" + lines + "Content-Length: 0\r\n\r\n";
    }

    private void remember(Sent sent) {
        if (history.size() == HISTORY) {
            history.remove(0);
        }
        history.add(sent);
    }

    private void deliverRegister(Sent sent) {
        // Over UDP a retransmission comes from where its request came from.
        String transaction = sent.branch + flows[sent.flow].transport() + flowHost(sent.flow);
        Remembered known = remembered.get(transaction);
        if (known != null && server.millis < known.untilMillis) {
            // RFC 3261 §17.2.2: a retransmission gets the same answer, whatever it says by now.
            assertThat(deliver(sent)).isEqualTo(new Answer(known.answer));
            agree();
            return;
        }
        long throttled = server.registrar.count(RegistrarCounter.THROTTLED);
        Answer answer = deliver(sent);
        if (server.registrar.count(RegistrarCounter.THROTTLED) > throttled) {
            assertThat(guarded && sent.proof != null).isTrue();
            assertThat(answer == null ? 0 : answer.status()).isIn(0, 403, 503);
            agree();
            return;
        }
        boolean tie = model.isTie(aor(sent.user), now());
        int expected = expected(sent);
        assertThat(answer).as(sent.text).isNotNull();
        assertThat(answer.status()).as("%s%s", sent.text, answer.text()).isEqualTo(expected);
        if (expected == 200 && tie) {
            believe(sent.user);
        }
        if (expected == 200) {
            kept.add(answer.text());
            assertThat(contactsOf(answer)).as("%s%s", sent.text, answer.text()).isEqualTo(expectedContacts(sent.user));
        }
        if (isTransaction(expected) && flows[sent.flow].transport() == Transport.UDP) {
            remembered.put(transaction, new Remembered(answer.text(), server.millis + TIMER_J_MILLIS));
        }
        agree();
    }

    /** Whether the last prediction came to the location: such an answer is kept by a transaction. */
    private boolean isTransaction(int status) {
        return committed && (status == 200 || status == 500 || status == 403);
    }

    private int expected(Sent sent) {
        committed = false;
        Proof proof = sent.proof;
        String host = flowHost(sent.flow);
        if (proof == null || !proof.right || !nonces.claim(proof.nonce, proof.count, host, server.millis)) {
            return 401;
        }
        if (!proof.user.equals(sent.user)) {
            return 403;
        }
        By by = new By(sent.callId, sent.cseq, flows[sent.flow].id());
        if (sent.wildcard) {
            if (sent.contacts.get(0).expires() != 0) {
                return 400;
            }
            committed = true;
            return model.removeAll(aor(sent.user), by, now());
        }
        List<Asked> granted = new ArrayList<>();
        for (Asked asked : sent.contacts) {
            if (asked.expires() != 0 && asked.expires() < 60) {
                return 423;
            }
            granted.add(new Asked(asked.uri(), Math.min(asked.expires(), 7200)));
        }
        committed = true;
        return model.update(aor(sent.user), granted, by, now());
    }

    /** Sends and takes the one answer; a challenge in it is noted. */
    private Answer deliver(Sent sent) {
        return deliver(sent.text.getBytes(StandardCharsets.ISO_8859_1), sent.flow);
    }

    private Answer deliver(byte[] octets, int flow) {
        FakeFlow to = flows[flow];
        others.takeAll(flows);
        if (to.transport() == Transport.UDP) {
            server.receive(octets.clone(), to);
        } else {
            receive(octets);
        }
        List<String> answers = others.takeAll(flows);
        assertThat(answers.size()).isLessThanOrEqualTo(1);
        if (answers.isEmpty()) {
            return null;
        }
        Answer answer = new Answer(answers.get(0));
        note(answer, flowHost(flow));
        return answer;
    }

    private void note(Answer answer, String host) {
        if (answer.status() == 401) {
            String challenge = answer.header("WWW-Authenticate");
            assertThat(DigestClient.parameter(challenge, "qop")).isEqualTo(qop ? "auth" : null);
            nonces.issued(DigestClient.parameter(challenge, "nonce"), host, server.millis);
        }
    }

    private String flowHost(int flow) {
        return flow == 1 ? "192.0.2.2" : "192.0.2.1";
    }

    private long now() {
        return Math.floorDiv(server.millis, 1000L);
    }

    private static String aor(String user) {
        return user + "@" + DOMAIN;
    }

    private static Map<String, Long> contactsOf(Answer answer) {
        Map<String, Long> found = new TreeMap<>();
        for (Matcher contact = CONTACT.matcher(String.join("\n", answer.all("Contact"))); contact.find(); ) {
            found.put(contact.group(1), Long.parseLong(contact.group(2)));
        }
        return found;
    }

    private Map<String, Long> expectedContacts(String user) {
        Map<String, Long> expected = new TreeMap<>();
        model.of(aor(user), now()).values().forEach(bound -> expected.put(bound.uri(), bound.expiresAt() - now()));
        return expected;
    }

    // ---- the location -------------------------------------------------------------------------------------

    private List<Bound> bound(String user) {
        List<Bound> all = new ArrayList<>();
        byte[] key = aor(user).getBytes(StandardCharsets.UTF_8);
        server.locations.lookup(key, 0, key.length, new Bindings(), Runnable::run, (result, current) -> {
            for (Binding b : Binding.listOf(current)) {
                By by = new By(b.order().callId(), b.order().cseq(), b.source().flowId());
                all.add(new Bound(b.contact(), b.expiresAtSeconds(), by));
            }
        });
        return all;
    }

    private void believe(String user) {
        model.set(aor(user), bound(user));
    }

    /** What is bound is what the model says, for every user. */
    private void agree() {
        for (String user : USERS) {
            assertThat(bound(user))
                    .as(user)
                    .containsExactlyInAnyOrderElementsOf(
                            model.of(aor(user), now()).values());
        }
        server.locations.expire(server.millis, Integer.MAX_VALUE);
        assertThat(server.locations.bindingCount()).isEqualTo(model.count(now()));
    }

    // ---- other steps --------------------------------------------------------------------------------------

    /** A retransmission, or the same request by another way. */
    private void again() {
        if (history.isEmpty()) {
            return;
        }
        Sent sent = history.get(choose(history.size()));
        if (!sent.method.equals("REGISTER")) {
            repeat(sent);
        } else if (choose(4) == 0) {
            deliverRegister(sent.over((sent.flow + 1) % 3));
        } else {
            deliverRegister(sent);
        }
    }

    private void repeat(Sent sent) {
        Remembered known = remembered.get(sent.branch + sent.method);
        Answer answer = deliver(sent);
        if (known != null && server.millis < known.untilMillis) {
            assertThat(answer).isEqualTo(new Answer(known.answer));
        }
        agree();
    }

    private void pass(long millis) {
        // As a loop does: every 10 ms, and seldom later.
        for (long left = millis; left > 0; left -= 500) {
            server.passMillis(Math.min(left, 500));
            server.layer.tick();
        }
        agree();
    }

    /** A request or a response with octets changed: whatever becomes of it, nobody is let in by it. */
    private void mutated() {
        if (history.isEmpty()) {
            return;
        }
        Sent sent = history.get(choose(history.size()));
        byte[] octets = choices.mutate(sent.text.getBytes(StandardCharsets.ISO_8859_1));
        byte[] before = octets.clone();
        int flow = choose(3);
        Answer answer = deliver(octets, flow);
        closeUnlessClean();
        history.removeIf(one -> one.branch.equals(sent.branch));
        remembered.keySet().removeIf(key -> key.startsWith(sent.branch));
        String nonce = DigestClient.provenNonce(before, DOMAIN, PASSWORD);
        if (nonce != null) {
            history.removeIf(one -> one.proof != null && one.proof.nonce.equals(nonce));
            nonces.retire(nonce);
        }
        boolean registered = answer != null
                && answer.status() == 200
                && answer.header("CSeq").endsWith("REGISTER");
        // A 200 known already is that of a transaction that was there before.
        if (registered && kept.add(answer.text())) {
            assertThat(nonce)
                    .as("accepted without a right digest: %s", answer.text())
                    .isNotNull();
            assertThat(nonces.isCurrent(nonce, flowHost(flow), server.millis)).isTrue();
            for (String user : USERS) {
                believe(user);
            }
        }
        agree();
    }

    private static final String[] METHODS = {
        "OPTIONS", "MESSAGE", "BYE", "INFO", "SUBSCRIBE", "BREW", "ACK", "CANCEL", "INVITE"
    };

    private void other() {
        String method = METHODS[choose(METHODS.length)];
        int flow = choose(3);
        String user = USERS[choose(USERS.length)];
        others.plan = choose(4);
        String branch = newBranch();
        String text = request(method, branch, flow, user, 1 + choose(4), "call-" + branches, "");
        Sent sent = new Sent(text, flow, branch, method, user, null, List.of(), false, "", 0);
        remember(sent);
        Answer answer = deliver(sent);
        switch (method) {
            case "OPTIONS" -> assertThat(answer.status()).isEqualTo(200);
            case "MESSAGE" -> assertThat(answer.status()).isEqualTo(405);
            case "BREW" -> assertThat(answer.status()).isEqualTo(501);
            case "CANCEL" -> assertThat(answer.status()).isEqualTo(481);
            case "ACK" -> assertThat(answer).isNull();
            case "INVITE" -> assertThat(answer == null ? 180 : answer.status()).isIn(180, 200, 486);
            default -> {
                boolean waits = others.plan == OtherUser.LATER;
                assertThat(answer == null).isEqualTo(waits);
                if (!waits && flows[flow].transport() == Transport.UDP) {
                    long until = server.millis + TIMER_J_MILLIS;
                    remembered.put(branch + method, new Remembered(answer.text(), until));
                }
            }
        }
        agree();
    }

    /** CANCEL or ACK of an INVITE, or the answer it waits for. */
    private void aboutInvite() {
        List<Sent> invites =
                history.stream().filter(sent -> sent.method.equals("INVITE")).toList();
        int what = choose(4);
        if (what == 0 || invites.isEmpty()) {
            others.answerOne(choose(256), choose(2) == 0 ? 200 : 486);
            return;
        }
        Sent invite = invites.get(choose(invites.size()));
        String method = what == 1 ? "ACK" : "CANCEL";
        String text = invite.text.replace("INVITE sip", method + " sip").replace(" INVITE\r\n", " " + method + "\r\n");
        others.takeAll(flows);
        int pending = others.pending();
        byte[] octets = text.getBytes(StandardCharsets.ISO_8859_1);
        if (flows[invite.flow].transport() == Transport.UDP) {
            server.receive(octets, flows[invite.flow]);
        } else {
            receive(octets);
        }
        List<String> answers = others.takeAll(flows);
        if (what == 1) {
            assertThat(answers).isEmpty();
        } else {
            assertThat(answers.get(0)).matches("(?s)SIP/2.0 (200|481) .*CSeq: \\d+ CANCEL\r\n.*");
            boolean ended = others.pending() < pending;
            assertThat(answers).hasSize(ended ? 2 : 1);
            assertThat(!ended || answers.get(1).startsWith("SIP/2.0 487 ")).isTrue();
        }
        agree();
    }

    /** Requests of this side, and responses to them or to nothing. */
    private void client() {
        int flow = choose(3);
        int what = choose(3);
        if (what == 0) {
            others.send(flows[flow], choose(2) == 0 ? SipMethod.OPTIONS : SipMethod.INVITE);
            return;
        }
        int status = new int[] {100, 180, 200, 302, 401, 486, 503, 603}[choose(8)];
        String response = others.response(choose(256), status);
        byte[] octets = (response == null ? "SIP/2.0 200 OK\r\n" + history(flow) : response)
                .getBytes(StandardCharsets.ISO_8859_1);
        if (what == 2) {
            octets = choices.mutate(octets);
        }
        others.take(flows);
        if (flows[flow].transport() == Transport.UDP) {
            server.receive(octets, flows[flow]);
        } else {
            receive(octets);
        }
        note401(flow);
        closeUnlessClean();
        agree();
    }

    private String history(int flow) {
        String any = history.isEmpty() ? request("BYE", "z9hG4bK0", flow, "alice", 1, "c", "") : history.get(0).text;
        return any.substring(any.indexOf("\r\n") + 2);
    }

    /** A mutated response may have become a request. */
    private void note401(int flow) {
        for (String answer : others.take(flows)) {
            note(new Answer(answer), flowHost(flow));
        }
    }

    // ---- the connection -----------------------------------------------------------------------------------

    private void connect() {
        flows[2] = new FakeFlow(Transport.TCP, 100 + ++connections, "192.0.2.1", 40_000 + connections);
        framer.reset();
        stream = new byte[0];
    }

    /** What is left of a message would be the begin of the next. */
    private void closeUnlessClean() {
        if (stream.length > 0) {
            close();
        }
    }

    private void close() {
        FakeFlow lost = flows[2];
        others.lost.add(lost);
        connect();
        server.layer.onFlowClosed(lost);
    }

    /** Octets of the connection, in pieces; what cannot be framed ends it, as a transport would. */
    private void receive(byte[] octets) {
        int piece = octets.length / 3 + 1;
        for (int from = 0; from < octets.length; from += piece) {
            byte[] part = Arrays.copyOfRange(octets, from, Math.min(octets.length, from + piece));
            stream = Arrays.copyOf(stream, stream.length + part.length);
            System.arraycopy(part, 0, stream, stream.length - part.length, part.length);
            frames();
        }
    }

    private void frames() {
        FakeFlow flow = flows[2];
        int begin = framer.skip(stream, 0, stream.length);
        int n;
        while ((n = framer.frame(stream, begin, stream.length - begin)) > 0) {
            byte[] message = Arrays.copyOfRange(stream, begin, begin + n);
            int code = server.parser.parseFramed(message, 0, n);
            if (code < 0) {
                server.layer.onMalformed(server.parser, code, flow);
            } else {
                server.layer.onMessage(server.parser, flow);
            }
            begin += n;
            begin += framer.skip(stream, begin, stream.length - begin);
        }
        stream = Arrays.copyOfRange(stream, begin, stream.length);
        if (n < 0) {
            close();
        }
    }

    private void connection() {
        if (choose(3) == 0) {
            receive(new byte[choose(64)]);
            others.take(flows);
        }
        // History of a connection that is gone is history of none: its flow is another now.
        history.removeIf(sent -> sent.flow == 2);
        close();
        agree();
    }

    /** After all timers nothing is left: no transaction, no memory of them, no binding. */
    private void end() {
        for (int i = 0; i < 64; i++) {
            others.answerOne(i, 200);
        }
        pass(600_000);
        assertThat(server.layer.liveTransactions()).isZero();
        assertThat(server.layer.footprint()).isLessThanOrEqualTo(emptyFootprint + FIRST_PAGES);
        assertThat(others.pending()).isZero();
        assertThat(others.unfinished()).isZero();
        server.passMillis(7_200_000);
        agree();
        assertThat(server.locations.bindingCount()).isZero();
        assertThat(server.locations.addressCount()).isZero();
        assertThat(server.counters.get(TransactionCounter.USER_ERRORS)).isZero();
        assertThat(server.counters.get(TransactionCounter.SERVER_TRANSACTIONS)).isZero();
        assertThat(server.counters.get(TransactionCounter.CLIENT_TRANSACTIONS)).isZero();
    }
}
