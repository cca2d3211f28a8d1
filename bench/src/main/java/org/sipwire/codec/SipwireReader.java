/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

/** Reads what a registrar needs by this codec. Confined to one thread. */
final class SipwireReader {

    final SipParser parser;
    private final Contact contact = new Contact();
    private final Authorization authorization = new Authorization();

    SipwireReader(SipCompliance compliance) {
        parser = new SipParser(compliance, SipLimits.DEFAULT);
    }

    /** Parses and reads every value; returns a number made of all of them, so that none is optimised away. */
    long read(byte[] message) {
        return read(message, message.length);
    }

    /** The same of the first octets of an array, as a transport has them in its scratch. */
    long read(byte[] scratch, int length) {
        int n = parser.parseDatagram(scratch, 0, length);
        if (n < 0) {
            throw new IllegalStateException(ParseError.of(n).name());
        }
        SipMessage m = parser.message();
        Via via = m.topVia();
        long sum = sum(via.branch()) + sum(via.host()) + via.port() + (via.hasRport() ? via.rport() : 0);
        sum += sum(m.from().tag());
        SipUri to = m.to().uri();
        sum += sum(to.user()) + sum(to.host());
        sum += sum(m.callId()) + m.cseq().number() + m.cseq().method().ordinal();
        int line = m.first(SipHeader.CONTACT);
        if (line >= 0) {
            SipUri uri = contact(m).uri();
            sum += sum(uri.user()) + sum(uri.host()) + uri.port() + uri.error();
        }
        sum += m.expires();
        line = m.first(SipHeader.AUTHORIZATION);
        if (line >= 0) {
            Authorization a = authorization.wrap(m.array(), m.valueOffset(line), m.valueLength(line));
            sum += sum(a.username()) + sum(a.realm()) + sum(a.nonce()) + sum(a.uri()) + sum(a.response());
            sum += sum(a.algorithm()) + sum(a.cnonce()) + sum(a.qop()) + sum(a.nc()) + sum(a.opaque()) + a.error();
        }
        return sum;
    }

    private Contact contact(SipMessage m) {
        HeaderValues values = m.values(SipHeader.CONTACT);
        values.next();
        return contact.wrap(values.array(), values.offset(), values.length());
    }

    private static long sum(AsciiView v) {
        return v.length() <= 0 ? v.length() : v.offset() + v.array()[v.offset()];
    }

    Facts facts(byte[] message) {
        read(message);
        SipMessage m = parser.message();
        Via via = m.topVia();
        boolean bound = m.has(SipHeader.CONTACT);
        Authorization a = authorization;
        return new Facts(
                new Facts.Via(via.branch().toString(), via.host().toString(), via.port(), via.hasRport()),
                m.from().tag().toString(),
                m.to().uri().user().toString(),
                m.callId().toString(),
                m.cseq().number(),
                bound ? contact(m).uri().user().toString() : null,
                m.expires(),
                !m.has(SipHeader.AUTHORIZATION)
                        ? null
                        : new Facts.Credentials(
                                a.scheme().toString(),
                                text(a.username()),
                                text(a.realm()),
                                text(a.nonce()),
                                text(a.uri()),
                                text(a.response()),
                                text(a.algorithm())));
    }

    private static String text(AsciiView v) {
        return v.isPresent() ? v.toString() : null;
    }
}
