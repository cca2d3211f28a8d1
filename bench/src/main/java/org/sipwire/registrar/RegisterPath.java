/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Set;
import org.sipwire.codec.SipCompliance;
import org.sipwire.codec.SipLimits;
import org.sipwire.codec.SipParser;
import org.sipwire.registrar.auth.AuthConfig;
import org.sipwire.registrar.auth.NonceFactory;
import org.sipwire.registrar.auth.SharedPasswordStore;
import org.sipwire.registrar.location.InMemoryLocationService;
import org.sipwire.transaction.LoopClock;
import org.sipwire.transaction.ServerTransaction;
import org.sipwire.transaction.StackKeys;
import org.sipwire.transaction.TransactionCounter;
import org.sipwire.transaction.TransactionLayer;
import org.sipwire.transaction.TransactionTimers;
import org.sipwire.transport.DetachedFlow;
import org.sipwire.transport.Transport;

/**
 * The way of one REGISTER without a socket: the real parser, transaction layer, registrar, authenticator and location service of one
 * loop, on a flow that swallows what it is given. Every cycle has branches, and if wanted a Call-ID, of its own.
 *
 * <pre>
 *   challenge()  REGISTER               -> 401 with a fresh nonce
 *   accept()     REGISTER with Digest   -> 200            the answer to a nonce that prepare() was given
 * </pre>
 *
 * <p>Time is virtual: each cycle takes {@code 32 s / live}, so that {@code live} transactions wait for Timer J, whatever the machine.
 *
 * <p>The client's part is outside: {@link #prepare} asks for nonces and takes the MD5s of the answers beforehand, so that a measured cycle
 * holds the server's work and the patching of some hundred octets ({@link #build}).
 *
 * <p>One thread.
 */
final class RegisterPath {
    /**
     * How much goes on at the same time.
     *
     * @param live the transactions that wait for Timer J
     * @param pool the answers that {@link #prepare} makes
     */
    record Load(int users, int live, boolean freshCallId, int pool) {}

    private static final long TIMER_J_NANOS = 32_000_000_000L;
    private static final long TICK_NANOS = 10_000_000L;
    private static final long SECOND_NANOS = 1_000_000_000L;
    private static final int USER_DIGITS = 7;
    private static final int NONCE_BYTES = 96;
    private static final String DOMAIN = "example.org";
    private static final String PASSWORD = "12345678";
    private static final String CNONCE = "0a4f113b";

    private final Load load;
    private final LoopClock clock = new LoopClock();
    private final InMemoryLocationService locations = new InMemoryLocationService();
    private final TransactionLayer layer;
    private final SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
    private final SwallowingFlow flow = new SwallowingFlow();
    private final Template plain;
    private final Template proven;
    private final byte[] scratch = new byte[4096];
    private final long wallBase;
    private final long stepNanos;
    private final byte[] nonces;
    private final byte[] responses;
    private final int[] poolUser;
    private final int nonceLength;
    private final MessageDigest md5;
    private final byte[] ha2 = new byte[32];
    private final byte[] raw = new byte[16];
    private final byte[] hex = new byte[32];
    private final byte[] name = new byte[1 + USER_DIGITS];
    private final byte[] realmAndPassword = ascii(":" + DOMAIN + ":" + PASSWORD);
    private final byte[] middle = ascii(":00000001:" + CNONCE + ":auth:");
    private int taken;
    private int nextUser;
    private long serial;
    private final long base;
    private long nanos;
    private long nextTick;
    private long nextSweep;

    RegisterPath(Load load) {
        this.load = load;
        this.nonces = new byte[load.pool() * NONCE_BYTES];
        this.responses = new byte[load.pool() * 32];
        this.poolUser = new int[load.pool()];
        this.taken = load.pool();
        this.stepNanos = Math.max(1, TIMER_J_NANOS / load.live());
        this.wallBase = clock.wallMillis();
        this.base = clock.nanos();
        try {
            md5 = MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        hex(md5.digest(ascii("REGISTER:sip:" + DOMAIN)), ha2, 0);
        AuthConfig auth = AuthConfig.builder(DOMAIN)
                .qop(Set.of(AuthConfig.Qop.AUTH))
                .nonceLifetimeSeconds(7 * 24 * 3600)
                .build();
        Registrar registrar = Registrar.builder(RegistrarConfig.builder().build(), locations)
                .authentication(auth, new SharedPasswordStore(PASSWORD), new NonceFactory(auth))
                .build();
        registrar.start(1, new Registrar.Loops() {
            @Override
            public void execute(int loop, Runnable task) {
                task.run();
            }

            @Override
            public ServerTransaction serverTransaction(long handle) {
                return layer.serverTransaction(handle);
            }
        });
        layer = new TransactionLayer(
                new TransactionLayer.Setup(
                        0,
                        Math.max(65_536, 2 * load.live()),
                        TransactionTimers.DEFAULT,
                        StackKeys.random(),
                        clock,
                        TransactionCounter.newRow(),
                        (loop, response, from) -> {}),
                registrar);
        plain = new Template("");
        plain.build(0, 0);
        handle(plain);
        nonceLength = flow.nonceLength();
        proven = new Template("Authorization: Digest username=\"u" + "0".repeat(USER_DIGITS) + "\", realm=\"" + DOMAIN
                + "\", nonce=\"" + "n".repeat(nonceLength) + "\", uri=\"sip:" + DOMAIN + "\", response=\""
                + "r".repeat(32)
                + "\", algorithm=MD5, cnonce=\"" + CNONCE + "\", qop=auth, nc=00000001\r\n");
    }

    /** Registers each user, so that what follows finds its bindings, and lets {@code live} transactions pile up. */
    void fill() {
        int cycles = Math.max(load.users(), load.live());
        for (int done = 0; done < cycles; ) {
            prepare();
            for (int i = 0; i < load.pool() && done < cycles; i++, done++) {
                if (accept() != 200) {
                    throw new IllegalStateException("not registered: " + flow.text());
                }
            }
        }
    }

    /** Asks for nonces for the users to come and answers them: the client's work, not measured. */
    void prepare() {
        for (int i = 0; i < load.pool(); i++) {
            int user = (nextUser + i) % load.users();
            plain.build(user, serial++);
            handle(plain);
            poolUser[i] = user;
            flow.copyNonce(nonces, i * NONCE_BYTES);
            answer(user, i);
        }
        taken = 0;
    }

    /** How many more {@link #accept} are prepared. */
    int prepared() {
        return load.pool() - taken;
    }

    /** REGISTER without credentials. Returns the status of the answer. */
    int challenge() {
        plain.build(nextUser, serial++);
        return handle(plain);
    }

    /** REGISTER with credentials, the next that was prepared. Returns the status of the answer. */
    int accept() {
        proven.prove(taken);
        proven.build(poolUser[taken], serial++);
        taken++;
        nextUser = nextUser + 1 == load.users() ? 0 : nextUser + 1;
        int status = handle(proven);
        advance();
        return status;
    }

    /** What the benchmark itself does for both requests of a cycle: to be taken from a cycle's time. */
    int build() {
        plain.build(nextUser, serial++);
        System.arraycopy(plain.bytes, 0, scratch, 0, plain.bytes.length);
        proven.prove(taken % load.pool());
        proven.build(poolUser[taken % load.pool()], serial++);
        System.arraycopy(proven.bytes, 0, scratch, 0, proven.bytes.length);
        return scratch[0];
    }

    private int handle(Template message) {
        // The parser may write into what it reads, as it may into a datagram's copy.
        System.arraycopy(message.bytes, 0, scratch, 0, message.bytes.length);
        flow.lastStatus = 0;
        int result = parser.parseDatagram(scratch, 0, message.bytes.length);
        if (result < 0) {
            throw new IllegalStateException("refused by the parser: " + result);
        }
        layer.onMessage(parser, flow);
        return flow.lastStatus;
    }

    private void advance() {
        nanos += stepNanos;
        clock.set(base + nanos, wallBase + nanos / 1_000_000);
        if (nanos >= nextTick) {
            nextTick = nanos + TICK_NANOS;
            layer.tick();
        }
        if (nanos >= nextSweep) {
            nextSweep = nanos + SECOND_NANOS;
            locations.expire(clock.wallMillis(), Integer.MAX_VALUE);
        }
    }

    private void answer(int user, int entry) {
        try {
            writeUser(user, name, 0);
            md5.update(name);
            md5.update(realmAndPassword);
            md5.digest(raw, 0, raw.length);
            hex(raw, hex, 0);
            md5.update(hex);
            md5.update((byte) ':');
            md5.update(nonces, entry * NONCE_BYTES, nonceLength);
            md5.update(middle);
            md5.update(ha2);
            md5.digest(raw, 0, raw.length);
            hex(raw, responses, entry * 32);
        } catch (DigestException e) {
            throw new IllegalStateException(e);
        }
    }

    int liveTransactions() {
        return layer.liveTransactions();
    }

    long bindings() {
        return locations.bindingCount();
    }

    /** The last answer, for messages of tests. */
    String lastAnswer() {
        return flow.text();
    }

    private static String userName(int user) {
        byte[] name = new byte[1 + USER_DIGITS];
        writeUser(user, name, 0);
        return new String(name, StandardCharsets.ISO_8859_1);
    }

    private static void writeUser(int user, byte[] to, int at) {
        to[at] = 'u';
        int rest = user;
        for (int i = USER_DIGITS; i > 0; i--) {
            to[at + i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static void hex(byte[] from, byte[] to, int at) {
        for (int i = 0; i < from.length; i++) {
            to[at + 2 * i] = (byte) Character.forDigit(from[i] >> 4 & 15, 16);
            to[at + 2 * i + 1] = (byte) Character.forDigit(from[i] & 15, 16);
        }
    }

    /** A REGISTER as bytes, and where in them what changes is. */
    private final class Template {
        private final byte[] bytes;
        private final int[] users;
        private final int branch;
        private final int callId;
        private final int cseq;
        private final int nonce;
        private final int response;

        Template(String authorization) {
            String user = userName(0);
            String text = "REGISTER sip:" + DOMAIN + " SIP/2.0\r\n"
                    + "Via: SIP/2.0/UDP 192.168.35.165:5080;rport;branch=z9hG4bK" + "b".repeat(16) + "\r\n"
                    + "From: <sip:" + user + "@" + DOMAIN + ">;tag=1492484359\r\nTo: <sip:" + user + "@" + DOMAIN
                    + ">\r\n"
                    + "Call-ID: " + "c".repeat(16) + "@192.168.35.165\r\nCSeq: 1000000000 REGISTER\r\n"
                    + "Contact: <sip:" + user + "@192.168.35.165:5080;line=030bf7a750f46d9>\r\n" + authorization
                    + "Max-Forwards: 70\r\nUser-Agent: eXosip/4.1.0\r\nExpires: 3600\r\nContent-Length: 0\r\n\r\n";
            bytes = ascii(text);
            branch = text.indexOf("b".repeat(16));
            callId = text.indexOf("c".repeat(16));
            cseq = text.indexOf("1000000000");
            nonce = text.indexOf("nonce=\"") + 7;
            response = text.indexOf("response=\"") + 10;
            int[] found = new int[8];
            int count = 0;
            for (int at = text.indexOf(user); at >= 0; at = text.indexOf(user, at + 1)) {
                found[count++] = at;
            }
            users = Arrays.copyOf(found, count);
        }

        void build(int user, long number) {
            hex16(branch, number * 0x9E3779B97F4A7C15L);
            hex16(callId, load.freshCallId() ? number : user);
            int sequence = (int) (number & 0x1FFFFFFF) + 1_000_000_000;
            for (int i = 9; i >= 0; i--) {
                bytes[cseq + i] = (byte) ('0' + sequence % 10);
                sequence /= 10;
            }
            for (int at : users) {
                writeUser(user, bytes, at);
            }
        }

        void prove(int entry) {
            System.arraycopy(nonces, entry * NONCE_BYTES, bytes, nonce, nonceLength);
            System.arraycopy(responses, entry * 32, bytes, response, 32);
        }

        private void hex16(int at, long value) {
            for (int i = 0; i < 16; i++) {
                int digit = (int) (value >>> 4 * i) & 15;
                bytes[at + i] = (byte) (digit < 10 ? '0' + digit : 'a' + digit - 10);
            }
        }
    }

    /** A UDP flow to nowhere: it copies what is sent, as a socket would, and remembers the status. */
    private static final class SwallowingFlow extends DetachedFlow {
        private static final byte[] NONCE = ascii("nonce=\"");

        private final byte[] sent = new byte[65_536];
        private int length;
        private int lastStatus;

        SwallowingFlow() {
            super(Transport.UDP, 1, "192.168.35.165", 5080);
        }

        @Override
        public int send(byte[] bytes, int offset, int count) {
            System.arraycopy(bytes, offset, sent, 0, count);
            length = count;
            lastStatus = (sent[8] - '0') * 100 + (sent[9] - '0') * 10 + sent[10] - '0';
            return SENT;
        }

        int nonceLength() {
            int from = nonceOffset();
            int to = from;
            while (sent[to] != '"') {
                to++;
            }
            return to - from;
        }

        void copyNonce(byte[] to, int at) {
            System.arraycopy(sent, nonceOffset(), to, at, NONCE_BYTES);
        }

        private int nonceOffset() {
            for (int i = 0; i < length - NONCE.length; i++) {
                if (sent[i] == 'n' && Arrays.equals(sent, i, i + NONCE.length, NONCE, 0, NONCE.length)) {
                    return i + NONCE.length;
                }
            }
            throw new IllegalStateException("no nonce in " + text());
        }

        String text() {
            return new String(sent, 0, length, StandardCharsets.ISO_8859_1);
        }
    }
}
