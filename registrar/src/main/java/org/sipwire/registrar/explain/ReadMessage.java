/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.explain;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.CSeq;
import org.sipwire.codec.NameAddr;
import org.sipwire.codec.ParseError;
import org.sipwire.codec.SipCompliance;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipLimits;
import org.sipwire.codec.SipParser;
import org.sipwire.codec.Via;
import org.sipwire.codec.capture.CapturedMessage;

/**
 * A captured message, read as far as it can be: what the parser refuses is split into lines all the same, since an explanation is wanted
 * most where something is wrong.
 *
 * <p>Shared.
 */
final class ReadMessage {

    /** A header line, unfolded. */
    record Line(SipHeader header, String name, String value) {
        byte[] octets() {
            return value.getBytes(StandardCharsets.ISO_8859_1);
        }
    }

    private final CapturedMessage captured;
    private final String startLine;
    private final List<Line> lines = new ArrayList<>();
    private final byte[] body;
    private final ParseError error;
    private final String method;
    private final int status;
    private final long cseq;

    private ReadMessage(CapturedMessage captured) {
        this.captured = captured;
        byte[] octets = captured.octets();
        // The parser may unfold lines in place.
        byte[] copy = octets.clone();
        int result = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT).parseDatagram(copy, 0, copy.length);
        error = result < 0 ? ParseError.of(result) : null;
        int at = lineEnd(octets, 0);
        startLine = text(octets, 0, at);
        at = split(octets, next(octets, at));
        body = Arrays.copyOfRange(octets, Math.min(at, octets.length), octets.length);
        CSeq view = new CSeq();
        String value = first(SipHeader.CSEQ);
        byte[] cseqOctets = value == null ? new byte[0] : value.getBytes(StandardCharsets.ISO_8859_1);
        view.wrap(cseqOctets, 0, cseqOctets.length);
        cseq = view.error() == 0 ? view.number() : -1;
        boolean response = startLine.startsWith("SIP/");
        String code = response ? word(startLine, 1) : "";
        status = code.matches("[1-6]\\d\\d") ? Integer.parseInt(code) : 0;
        String named = response ? view.error() == 0 ? view.methodName().toString() : "" : word(startLine, 0);
        method = named.isEmpty() ? "?" : named;
    }

    static ReadMessage of(CapturedMessage captured) {
        return new ReadMessage(captured);
    }

    private int split(byte[] octets, int from) {
        int at = from;
        while (at < octets.length) {
            int end = lineEnd(octets, at);
            if (end == at) {
                return next(octets, end);
            }
            StringBuilder line = new StringBuilder(text(octets, at, end));
            at = next(octets, end);
            while (at < octets.length && (octets[at] == ' ' || octets[at] == '\t')) {
                end = lineEnd(octets, at);
                line.append(' ').append(text(octets, at, end).strip());
                at = next(octets, end);
            }
            int colon = line.indexOf(":");
            String name = colon < 0 ? line.toString() : line.substring(0, colon).strip();
            byte[] nameOctets = name.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.ISO_8859_1);
            SipHeader header = SipHeader.of(nameOctets, 0, nameOctets.length);
            lines.add(new Line(
                    header, name, colon < 0 ? "" : line.substring(colon + 1).strip()));
        }
        return octets.length;
    }

    private static int lineEnd(byte[] octets, int from) {
        int at = from;
        while (at < octets.length && octets[at] != '\r' && octets[at] != '\n') {
            at++;
        }
        return at;
    }

    private static int next(byte[] octets, int lineEnd) {
        int at = lineEnd;
        if (at < octets.length && octets[at] == '\r') {
            at++;
        }
        return at < octets.length && octets[at] == '\n' ? at + 1 : at;
    }

    private static String text(byte[] octets, int from, int end) {
        return new String(octets, from, end - from, StandardCharsets.ISO_8859_1);
    }

    private static String word(String line, int index) {
        String[] words = line.split(" ", 3);
        return index < words.length ? words[index] : "";
    }

    CapturedMessage captured() {
        return captured;
    }

    /** What the parser refuses it for, or null. */
    ParseError error() {
        return error;
    }

    boolean isRequest() {
        return status == 0;
    }

    /** Of the request line, of CSeq in a response. */
    String method() {
        return method;
    }

    /** 0 in a request. */
    int status() {
        return status;
    }

    String reason() {
        return word(startLine, 2);
    }

    String requestUri() {
        return word(startLine, 1);
    }

    List<Line> lines() {
        return lines;
    }

    byte[] body() {
        return body;
    }

    long cseq() {
        return cseq;
    }

    /** The value of the first line of a field, or null. */
    String first(SipHeader header) {
        for (Line line : lines) {
            if (line.header == header) {
                return line.value;
            }
        }
        return null;
    }

    String callId() {
        String value = first(SipHeader.CALL_ID);
        return value == null ? "" : value;
    }

    /** The branch of the first Via; empty when there is none. */
    String branch() {
        String value = first(SipHeader.VIA);
        if (value == null) {
            return "";
        }
        byte[] octets = value.getBytes(StandardCharsets.ISO_8859_1);
        return new Via().wrap(octets, 0, octets.length).branch().toString();
    }

    /** {@code user@host} of From or To in lower case, of a 20-digit ID the user alone; empty when there is none. */
    String party(SipHeader header) {
        String value = first(header);
        if (value == null) {
            return "";
        }
        byte[] octets = value.getBytes(StandardCharsets.ISO_8859_1);
        NameAddr address = new NameAddr().wrap(octets, 0, octets.length);
        if (address.error() != 0) {
            return "";
        }
        AsciiView user = address.uri().user();
        if (isId(user)) {
            return user.toString();
        }
        String host = address.uri().host().toString().toLowerCase(Locale.ROOT);
        return user.isPresent() ? user + "@" + host : host;
    }

    /** An ID of GB/T 28181 has 20 digits; some devices have 18. The domain beside it differs from message to message. */
    private static boolean isId(AsciiView user) {
        boolean digits = user.length() >= 18 && user.length() <= 20;
        for (int i = 0; digits && i < user.length(); i++) {
            digits = user.charAt(i) >= '0' && user.charAt(i) <= '9';
        }
        return digits;
    }

    boolean isManscdp() {
        String type = first(SipHeader.CONTENT_TYPE);
        return type != null && type.toLowerCase(Locale.ROOT).contains("manscdp");
    }
}
