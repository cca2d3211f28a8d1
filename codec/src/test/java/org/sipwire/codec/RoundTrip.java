/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;

/** What must hold for any octets at all: the parser's and the framer's invariants, shared by fuzzing and the tests over corpora. */
final class RoundTrip {

    private RoundTrip() {}

    /** Writes the message anew from what was parsed; its Content-Length is that of the body. */
    static byte[] write(SipMessage m) {
        MessageWriter<?> w;
        if (m instanceof SipRequest request) {
            w = new RequestWriter()
                    .begin(request.methodName().toBytes(), m.array(), request.uriOffset(), request.uriLength());
        } else {
            SipResponse response = (SipResponse) m;
            w = new ResponseWriter().begin(response.status(), response.reason());
        }
        for (int i = 0; i < m.headerCount(); i++) {
            if (m.header(i) != SipHeader.CONTENT_LENGTH) {
                w.header(m, i);
            }
        }
        if (m.bodyLength() > 0) {
            w.bodyStart().put(m.array(), m.bodyOffset(), m.bodyLength());
        }
        // end() first: it may move the message to a larger array.
        int length = w.end();
        return Arrays.copyOf(w.array(), length);
    }

    /** Parses, reads every view, writes, parses and writes again: the second and third text must be the same. */
    static int check(byte[] input, SipCompliance compliance) {
        byte[] message = input.clone();
        SipParser parser = new SipParser(compliance, SipLimits.DEFAULT);
        int n = parser.parseDatagram(message, 0, message.length);
        assertThat(n).isNotZero().isLessThanOrEqualTo(message.length);
        readEverything(parser.message());
        if (n < 0) {
            assertThat(ParseError.of(n)).isNotNull();
            answer(parser, n);
            return n;
        }
        byte[] written = write(parser.message());
        if (written.length > 65_535) {
            return n;
        }
        SipParser again = new SipParser(compliance, SipLimits.DEFAULT);
        int code = again.parseDatagram(written, 0, written.length);
        assertThat(code < 0 ? ParseError.of(code).name() : "accepted").isEqualTo("accepted");
        assertThat(code).isEqualTo(written.length);
        assertThat(again.message().bodyLength()).isEqualTo(parser.message().bodyLength());
        assertThat(write(again.message())).isEqualTo(written);
        return n;
    }

    /** A refused request that can be answered gives a response that parses. */
    private static void answer(SipParser parser, int error) {
        if (!parser.answerable()) {
            return;
        }
        ResponseWriter w = new ResponseWriter();
        w.begin(parser.message(), ParseError.of(error).status())
                .via(Messages.bytes("192.0.2.77"), 10, 5060)
                .toTag(0xABCDL);
        int length = w.end();
        assertThat(length).isPositive();
        byte[] response = Arrays.copyOf(w.array(), length);
        int status = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT).parseDatagram(response, 0, length);
        assertThat(status).isNotZero();
    }

    /** Calls every accessor: none may throw, whatever the octets. */
    static void readEverything(SipMessage m) {
        AsciiView view = new AsciiView();
        Contact contact = new Contact();
        NameAddr address = new NameAddr();
        Via via = new Via();
        Authorization authorization = new Authorization();
        WwwAuthenticate challenge = new WwwAuthenticate();
        Event event = new Event();
        MediaType media = new MediaType();
        RetryAfter retry = new RetryAfter();
        SipDate date = new SipDate();
        byte[] scratch = new byte[2 * m.array().length + 64];
        for (int i = 0; i < m.headerCount(); i++) {
            assertThat(m.header(i)).isNotNull();
            m.name(i, view).toString();
            m.value(i, view).toString();
            int off = m.valueOffset(i);
            int len = m.valueLength(i);
            assertThat(off + len).isLessThanOrEqualTo(m.array().length);
            read(contact.wrap(m.array(), off, len), scratch);
            read(address.wrap(m.array(), off, len), scratch);
            via.wrap(m.array(), off, len).branch().toString();
            via.host().toString();
            via.parameter("x").toString();
            authorization.wrap(m.array(), off, len).response().toString();
            authorization.parameter("x").toString();
            challenge.wrap(m.array(), off, len).nonce().toString();
            event.wrap(m.array(), off, len).id().toString();
            media.wrap(m.array(), off, len).subtype().toString();
            retry.wrap(m.array(), off, len).duration();
            date.wrap(m.array(), off, len);
        }
        for (SipHeader h : SipHeader.values()) {
            HeaderValues values = m.values(h);
            while (values.next()) {
                values.value(view).toString();
            }
        }
        m.topVia().branch().toString();
        m.from().tag().toString();
        m.to().tag().toString();
        m.callId().toString();
        m.cseq().methodName().toString();
        m.contentType().toString();
        m.expires();
        m.maxForwards();
        m.method();
    }

    private static void read(Address a, byte[] scratch) {
        a.displayName().toString();
        a.parameter("x").toString();
        SipUri uri = a.uri();
        uri.user().toString();
        uri.host().toString();
        uri.parameter("x").toString();
        uri.headers().toString();
        if (uri.error() == 0) {
            assertThat(uri.equalsUri(uri)).isTrue();
            uri.canonicalHash();
            uri.writeAddressOfRecord(scratch, 0);
        }
    }

    /** The framer gives the same messages whole and octet by octet, and the parser never disputes a length it gave. */
    static void checkStream(byte[] stream) {
        StringBuilder whole = new StringBuilder();
        frame(stream, stream.length, whole);
        StringBuilder drip = new StringBuilder();
        frame(stream, 1, drip);
        assertThat(drip.toString()).isEqualTo(whole.toString());
    }

    private static void frame(byte[] stream, int step, StringBuilder out) {
        SipFramer framer = new SipFramer();
        SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
        int at = 0;
        for (int limit = Math.min(step, stream.length); ; limit = Math.min(limit + step, stream.length)) {
            at += framer.skip(stream, at, limit - at);
            int n;
            while ((n = framer.frame(stream, at, limit - at)) > 0) {
                byte[] message = Arrays.copyOfRange(stream, at, at + n);
                int code = parser.parseFramed(message, 0, n);
                if (code > 0) {
                    assertThat(code).isEqualTo(n);
                } else {
                    assertThat(ParseError.of(code).name()).doesNotStartWith("CONTENT_LENGTH");
                }
                out.append(n).append(' ');
                at += n;
                at += framer.skip(stream, at, limit - at);
            }
            if (n < 0 || limit == stream.length) {
                out.append(n < 0 ? ParseError.of(n).name() : "open");
                return;
            }
        }
    }
}
