/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.sipwire.codec.ResponseWriter;
import org.sipwire.codec.SipCompliance;
import org.sipwire.codec.SipLimits;
import org.sipwire.codec.SipParser;
import org.sipwire.codec.SipRequest;
import org.sipwire.transport.DetachedFlow;
import org.sipwire.transport.Flow;
import org.sipwire.transport.Transport;

/**
 * What authentication costs a REGISTER that is parsed already: the challenge, and the verification of an answer, beside the two bare hashes
 * of the JDK that RFC 2617 asks of a server which stores HA1.
 *
 * <p>{@code verify} is the whole: finding and reading the credentials, the source, the guard, the nonce's tag, HA1, the hashes, the
 * comparison and the nonce's record. With {@code qop=auth} the same count comes each time, so the record ends it as a replay: one
 * compare-and-set less than an acceptance. 64 devices take turns: branches see different octets, and the messages stay in the cache, as
 * one that was just received and parsed does.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class DigestBenchmark {

    private static final int DEVICES = 64;
    private static final String REALM = "34020000";
    private static final String URI = "sip:34020000002000000001@3402000000";
    private static final long NANO_TIME = 1_000_000_000L;

    /** How devices answer: {@code none} is RFC 2069's form. */
    @Param({"none", "auth"})
    public String qop;

    private final SipRequest[] answers = new SipRequest[DEVICES];
    private final ResponseWriter writer = new ResponseWriter();
    private final Flow flow = new DetachedFlow(Transport.UDP, "192.168.35.165", 5080);
    private SipRequest plain;
    private DigestAuthenticator storedHa1;
    private final SipRequest[] wrong = new SipRequest[DEVICES];
    private final SipRequest[] unknown = new SipRequest[DEVICES];
    private DigestAuthenticator sharedPassword;
    private DigestAuthenticator unguarded;
    private int expected;
    private int next;

    private MessageDigest md5;
    private final byte[] first = new byte["REGISTER:".length() + URI.length()];
    private final byte[] second = new byte[32 + 1 + Nonce.LENGTH + 1 + 32];
    private final byte[] hash = new byte[16];

    /** Every device has been challenged and has computed its answer. */
    @Setup
    public void challengeDevices() throws NoSuchAlgorithmException {
        md5 = MessageDigest.getInstance("MD5");
        AuthConfig config = AuthConfig.gb28181(REALM)
                .qop(qop.equals("none") ? Set.of() : Set.of(AuthConfig.Qop.AUTH))
                .nonceReuse(AuthConfig.NonceReuse.WITHIN_LIFETIME)
                .build();
        expected = qop.equals("none") ? DigestAuthenticator.ACCEPTED : DigestAuthenticator.REPLAY;
        NonceFactory factory = new NonceFactory(config, System.currentTimeMillis(), NANO_TIME);
        sharedPassword = DigestAuthenticator.forLoop(config, new SharedPasswordStore("12345678"), factory);
        storedHa1 = DigestAuthenticator.forLoop(config, new OneHa1(DEVICES), factory);
        AuthConfig open = AuthConfig.gb28181(REALM)
                .qop(config.qop())
                .guard(GuardLimits.OFF)
                .build();
        unguarded = DigestAuthenticator.forLoop(open, new OneHa1(DEVICES), factory);
        plain = register(0, "Capability algorithm=\"H:MD5\"");
        for (int i = 0; i < DEVICES; i++) {
            answers[i] = register(i, answer(i, challenge()));
            wrong[i] = register(i, answer(DEVICES + i, challenge()).replace(user(DEVICES + i), user(i)));
            unknown[i] = register(DEVICES + i, answer(DEVICES + i, challenge()));
            sharedPassword.verify(answers[i], flow, NANO_TIME);
        }
        for (SipRequest answer : answers) {
            check(sharedPassword.verify(answer, flow, NANO_TIME));
            check(storedHa1.verify(answer, flow, NANO_TIME));
        }
    }

    private void check(int result) {
        if (result != expected) {
            throw new IllegalStateException("result " + result);
        }
    }

    private String challenge() {
        sharedPassword.verify(plain, flow, NANO_TIME);
        writer.begin(plain, 401);
        sharedPassword.writeChallenge(writer, false);
        writer.end();
        String text = new String(writer.array(), 0, writer.length(), StandardCharsets.US_ASCII);
        int at = text.indexOf("nonce=\"") + 7;
        return text.substring(at, text.indexOf('"', at));
    }

    private String answer(int device, String nonce) throws NoSuchAlgorithmException {
        String ha2 = hex("REGISTER:" + URI);
        String middle = qop.equals("none") ? nonce : nonce + ":00000001:0a4f113b:auth";
        return "Digest username=\"" + user(device) + "\", realm=\"" + REALM + "\", nonce=\"" + nonce + "\", uri=\""
                + URI
                + "\", response=\"" + hex(ha1(device) + ":" + middle + ":" + ha2) + "\", algorithm=MD5"
                + (qop.equals("none") ? "" : ", cnonce=\"0a4f113b\", qop=auth, nc=00000001");
    }

    private static String user(int device) {
        return String.format("34020000001320%06d", device);
    }

    private static String ha1(int device) throws NoSuchAlgorithmException {
        return hex(user(device) + ":" + REALM + ":12345678");
    }

    private static String hex(String text) throws NoSuchAlgorithmException {
        return HexFormat.of()
                .formatHex(MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.US_ASCII)));
    }

    private static SipRequest register(int device, String authorization) {
        byte[] text = ("REGISTER " + URI
                        + " SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.35.165:5080;rport;branch=z9hG4bK803881327\r\n"
                        + "From: <sip:" + user(device) + "@3402000000>;tag=1\r\nTo: <sip:" + user(device)
                        + "@3402000000>\r\nCall-ID: 1@192.168.35.165\r\nCSeq: 2 REGISTER\r\nContact: <sip:"
                        + user(device)
                        + "@192.168.35.165:5080>\r\nAuthorization: " + authorization
                        + "\r\nMax-Forwards: 70\r\nUser-Agent: eXosip/4.1.0\r\nExpires: 3600\r\nContent-Length: 0\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
        if (parser.parseDatagram(text, 0, text.length) != text.length) {
            throw new IllegalStateException("not parsed");
        }
        return parser.request();
    }

    private SipRequest turn() {
        return answers[next++ & DEVICES - 1];
    }

    /** A REGISTER with Capability, and the 401's lines from status to end. */
    @Benchmark
    public int challengeAndWrite401() {
        sharedPassword.verify(plain, flow, NANO_TIME);
        writer.begin(plain, 401);
        sharedPassword.writeChallenge(writer, false);
        return writer.end();
    }

    /** With HA1 from memory. */
    @Benchmark
    public int verifyStoredHa1() {
        return storedHa1.verify(turn(), flow, NANO_TIME);
    }

    /** With HA1 computed from the one password. */
    @Benchmark
    public int verifySharedPassword() {
        return sharedPassword.verify(turn(), flow, NANO_TIME);
    }

    /** A known user and a wrong password: as long as {@link #verifyUnknownUser}, or names could be found out by a clock. */
    @Benchmark
    public int verifyWrongPassword() {
        return unguarded.verify(wrong[next++ & DEVICES - 1], flow, NANO_TIME);
    }

    /** A user that is not in the store. */
    @Benchmark
    public int verifyUnknownUser() {
        return unguarded.verify(unknown[next++ & DEVICES - 1], flow, NANO_TIME);
    }

    /** The yardstick: HA2 and the response as bare hashes of ranges that lie ready. */
    @Benchmark
    public byte[] twoBareMd5Passes() throws DigestException {
        md5.update(first, 0, first.length);
        md5.digest(hash, 0, hash.length);
        md5.update(second, 0, second.length);
        md5.digest(hash, 0, hash.length);
        return hash;
    }

    /** HA1 by the number in the user's name: a store without a look-up of its own. */
    private static final class OneHa1 implements CredentialStore {
        private final byte[][] ha1;

        OneHa1(int devices) throws NoSuchAlgorithmException {
            ha1 = new byte[devices][];
            for (int i = 0; i < devices; i++) {
                ha1[i] = DigestBenchmark.ha1(i).getBytes(StandardCharsets.US_ASCII);
            }
        }

        @Override
        public int ha1(CredentialQuery query, byte[] to) {
            byte[] a = query.username().array();
            int end = query.username().offset() + query.username().length();
            int number = 0;
            for (int i = end - 6; i < end; i++) {
                number = number * 10 + a[i] - '0';
            }
            if (number >= ha1.length) {
                return UNKNOWN;
            }
            System.arraycopy(ha1[number], 0, to, 0, 32);
            return FOUND;
        }
    }
}
