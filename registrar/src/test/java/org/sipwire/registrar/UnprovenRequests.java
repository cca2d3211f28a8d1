/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import java.util.ArrayList;
import java.util.List;

/** Requests of somebody who has proven nothing: every method in every shape, from the shortest that is read at all to a camera's. */
public final class UnprovenRequests {

    /** The methods that a registrar or platform may be asked for. */
    public static final List<String> METHODS = List.of(
            "REGISTER",
            "OPTIONS",
            "INVITE",
            "ACK",
            "CANCEL",
            "BYE",
            "MESSAGE",
            "NOTIFY",
            "SUBSCRIBE",
            "INFO",
            "PRACK",
            "UPDATE",
            "REFER",
            "PUBLISH",
            "FOO");

    private static final String WRONG =
            "Authorization:Digest username=\"a\",realm=\"34020000\",nonce=\"x\",uri=\"sip:3402000000\",response=\""
                    + "0".repeat(32) + "\",algorithm=MD5,qop=auth,nc=00000001,cnonce=\"x\"\r\n";

    private int count;

    /** Requests of a method, each of a transaction of its own. */
    public List<String> of(String method) {
        List<String> all = new ArrayList<>();
        for (String more : List.of(
                "",
                "Require:x\r\n",
                "Require:path,gruu,outbound,eventlist,timer,100rel,x\r\n",
                "Expires:1\r\n",
                "Contact:*\r\n",
                "Expires:-1\r\n",
                "X-GB-Ver:3.0\r\n",
                "Authorization:Digest\r\n",
                WRONG,
                "Proxy-Require:x\r\n",
                "c:a/b\r\nl:3\r\n\r\nabc",
                "l:-1\r\n",
                "l:4294967296\r\n",
                "l:99\r\n",
                "l:1\r\nl:2\r\n",
                "CSeq:2 " + method + "\r\n",
                "t:<sip:b>\r\n",
                "Subject\r\n",
                "A B:c\r\n",
                "v:SIP/2.0/UDP b,SIP/2.0/TCP c;received=192.0.2.66\r\n".repeat(20))) {
            all.add(shortest(method, "", more));
            all.add(shortest(method, ";branch=z9hG4bK" + ++count, more));
            all.add(shortest(method, ";rport;branch=z9hG4bK" + ++count, more));
            all.add(usual(method, more));
        }
        for (String uri : List.of("tel:1", "sip:b", "sips:a@b", "http:a", "sip:[::1", "urn:x:y")) {
            all.add(text(
                    method + " " + uri + " SIP/2.0\r\nv:SIP/2.0/UDP a;branch=z9hG4bK" + ++count + "\r\n", method, ""));
        }
        all.add(text(method + " sip:a SIP/3.0\r\nv:SIP/2.0/UDP a\r\n", method, ""));
        all.add(text(method + " sip:a SIP/2.0\r\nv:SIP/2.0/UDP a;branch=z9hG4bK" + ++count + "\r\n", "X" + method, ""));
        all.add(text(method + " sip:a SIP/2.0\r\nv:SIP/2.0/UDP a;rport=1;received=b\r\n", method, ""));
        all.add(text(method + " sip:a SIP/2.0\r\nv:SIP/2.0/UDP a;maddr=192.0.2.66;ttl=1\r\n", method, ""));
        all.add(shortest(method, "", "").replace("\r\n", "\n"));
        all.add(shortest(method, "", "").replace("\r\n", "\r\n\t\r\n"));
        return all;
    }

    /** The least that is read: by RFC 2543, compact, without tags. */
    public String shortest(String method, String parameters, String more) {
        return text(method + " sip:3402000000 SIP/2.0\r\nv:SIP/2.0/UDP a" + parameters + "\r\n", method, more);
    }

    private String text(String begin, String method, String more) {
        // To is legal with a user alone, and as short as GB/T 28181 allows.
        String all = begin + "f:<sip:a@b>\r\nt:<sip:a@b>\r\ni:" + ++count + "\r\nCSeq:1 " + method + "\r\n" + more;
        return all.contains("\r\n\r\n") ? all : all + "\r\n";
    }

    /** What a phone or camera sends, without what it says of itself. */
    public String usual(String method, String more) {
        String device = "34020000001320000003";
        String all = method + " sip:34020000002000000001@3402000000 SIP/2.0\r\n"
                + "Via: SIP/2.0/UDP 192.168.1.64:5060;rport;branch=z9hG4bK" + 1_000_000 + ++count + "\r\n"
                + "From: <sip:" + device + "@3402000000>;tag=2043466181\r\n"
                + "To: <sip:" + device + "@3402000000>\r\n"
                + "Call-ID: 10461" + count + "@192.168.1.64\r\n"
                + "CSeq: 1 " + method + "\r\n"
                + "Contact: <sip:" + device + "@192.168.1.64:5060>\r\n"
                + "Max-Forwards: 70\r\n" + more;
        return all.contains("\r\n\r\n") ? all : all + "Content-Length: 0\r\n\r\n";
    }
}
