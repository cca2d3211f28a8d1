/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.flood;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/** Writes the messages of a flood. Confined to its thread. */
final class HostileRequests {

    private static final int LARGEST_DATAGRAM = 65_000;
    private static final int USERS = 1_000_000;

    private final SplittableRandom random;
    private final String realm;
    private String nonce = "0";

    HostileRequests(long seed, String realm) {
        this.random = new SplittableRandom(seed);
        this.realm = realm;
    }

    /** The nonce that {@link FloodKind#WRONG_PASSWORD} answers from now on. */
    void nonce(String value) {
        nonce = value;
    }

    byte[] next(FloodKind kind) {
        if (kind == FloodKind.NOISE) {
            byte[] noise = new byte[1 + random.nextInt(1200)];
            random.nextBytes(noise);
            return noise;
        }
        String text =
                switch (kind) {
                    case SAME_BRANCH -> request("REGISTER", "z9hG4bKsame", call(), user(), contact());
                    case SAME_CALL_ID -> request("REGISTER", branch(), "same", user(), contact());
                    case CANCEL -> request("CANCEL", branch(), call(), user(), "");
                    case RFC2543 ->
                        request("REGISTER", Long.toString(random.nextLong(), 36), call(), user(), contact());
                    case OPTIONS -> request("OPTIONS", branch(), call(), user(), "");
                    case INVITE -> request("INVITE", branch(), call(), user(), contact());
                    case LARGE ->
                        request("REGISTER", branch(), call(), user(), "Subject: " + "x".repeat(60_000) + "\r\n");
                    case CONTACTS -> request("REGISTER", branch(), call(), user(), contacts());
                    case WRONG_PASSWORD -> request("REGISTER", branch(), call(), user(), contact() + authorization());
                    default -> request("REGISTER", branch(), call(), user(), contact());
                };
        byte[] octets = text.getBytes(StandardCharsets.US_ASCII);
        assert octets.length <= LARGEST_DATAGRAM : octets.length;
        return octets;
    }

    private String branch() {
        return "z9hG4bK" + Long.toString(random.nextLong() >>> 1, 36);
    }

    private String call() {
        return Long.toString(random.nextLong() >>> 1, 36) + "@flood";
    }

    private String user() {
        return String.format("3402000000132%07d", random.nextInt(USERS));
    }

    private String contact() {
        return "Contact: <sip:flood@127.0.0.1:" + (1024 + random.nextInt(60_000)) + ">\r\nExpires: 3600\r\n";
    }

    private String contacts() {
        StringBuilder all = new StringBuilder("Contact: <sip:c0@127.0.0.1>");
        for (int i = 1; all.length() < 60_000; i++) {
            all.append(", <sip:c").append(i).append("@127.0.0.1>");
        }
        return all.append("\r\n").toString();
    }

    private String authorization() {
        return "Authorization: Digest username=\"x\", realm=\"" + realm + "\", nonce=\"" + nonce + "\", uri=\"sip:"
                + realm + "\", response=\"" + "0".repeat(32) + "\", algorithm=MD5\r\n";
    }

    private String request(String method, String branch, String call, String user, String more) {
        return method + " sip:" + realm + " SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=" + branch
                + ";rport\r\nMax-Forwards: 70\r\nFrom: <sip:" + user + "@" + realm + ">;tag="
                + random.nextInt(1 << 30) + "\r\nTo: <sip:" + user + "@" + realm + ">\r\nCall-ID: " + call
                + "\r\nCSeq: " + (1 + random.nextInt(1 << 20)) + " " + method + "\r\n" + more
                + "Content-Length: 0\r\n\r\n";
    }
}
