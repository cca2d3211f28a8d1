/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Coverage-guided fuzzing of the views: with JAZZER_FUZZ=1 in the environment, else a plain test over header values of all messages at
 * hand. Views read words of eight octets, so what lies around a value must not change what is read in it.
 */
class ViewsFuzzTest {

    /** What a view that reads too far would take for a part of the value. */
    private static final byte[] BEFORE = "=\"<sip:x@y;z=1 ".getBytes(StandardCharsets.US_ASCII);

    private static final String[] AFTER = {
        "00000000", ";lr=1;tag=2>\"", ",nonce=\"x\"\r\n", "=username\\\"", "%40%41%42"
    };

    static Stream<byte[]> values() {
        TreeSet<byte[]> values = new TreeSet<>(Arrays::compare);
        AsciiView view = new AsciiView();
        Stream.concat(Messages.torture().stream(), Corpora.messages().stream()).forEach(octets -> {
            SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
            byte[] message = octets.clone();
            parser.parseDatagram(message, 0, message.length);
            for (int i = 0; i < parser.message().headerCount(); i++) {
                if (parser.message().valueLength(i) <= 512) {
                    values.add(parser.message().value(i, view).toBytes());
                }
            }
        });
        return values.stream();
    }

    @MethodSource("values")
    @FuzzTest(maxDuration = "10m")
    void anyOctetsAreReadAlikeWhateverStandsAroundThem(byte[] input) {
        if (input == null || input.length > 4096) {
            return;
        }
        String alone = read(input, 0, input.length);
        for (String after : AFTER) {
            byte[] surrounded = Arrays.copyOf(BEFORE, BEFORE.length + input.length + after.length());
            System.arraycopy(input, 0, surrounded, BEFORE.length, input.length);
            byte[] tail = after.getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(tail, 0, surrounded, BEFORE.length + input.length, tail.length);
            assertThat(read(surrounded, BEFORE.length, input.length)).isEqualTo(alone);
        }
    }

    /** All that the views say of the range, a line each. Positions are told from the range's begin. */
    private static String read(byte[] a, int off, int len) {
        StringBuilder said = new StringBuilder();
        byte[] before = a.clone();
        addresses(said, a, off, len);
        Via via = new Via().wrap(a, off, len);
        said.append("\nvia ").append(via.error());
        if (via.error() == 0) {
            all(said, via::protocol, via::transport, via::host, via::branch, via::received, via::maddr);
            said.append(via.port()).append(' ').append(via.ttl()).append(' ').append(via.hasMagicCookie());
            said.append(via.hasRport()).append(via.rport()).append(via.parametersOffset() - off);
            all(said, () -> via.parameter("lr"));
        }
        CSeq cseq = new CSeq().wrap(a, off, len);
        said.append("\ncseq ").append(cseq.error());
        if (cseq.error() == 0) {
            said.append(cseq.number()).append(cseq.method());
            all(said, cseq::methodName);
        }
        HostPort host = new HostPort().wrap(a, off, len);
        said.append("\nhost ").append(host.error());
        if (host.error() == 0) {
            all(said, host::host);
            said.append(host.port()).append(host.isIpv6Reference()).append(host.isDigits());
        }
        digests(said, a, off, len);
        tokens(said, a, off, len);
        AsciiView view = new AsciiView().wrap(a, off, len);
        said.append('\n')
                .append(view.parseUnsigned())
                .append(view.equalsIgnoreCase("tag"))
                .append(view.toUtf8());
        assertThat(a).isEqualTo(before);
        return said.toString();
    }

    private static void addresses(StringBuilder said, byte[] a, int off, int len) {
        NameAddr name = new NameAddr().wrap(a, off, len);
        said.append("name ").append(name.error());
        if (name.error() == 0) {
            address(said, name, off);
            all(said, name::tag);
        }
        Contact contact = new Contact().wrap(a, off, len);
        said.append("\ncontact ").append(contact.error());
        if (contact.error() == 0) {
            said.append(contact.isWildcard()).append(contact.expires()).append(' ');
            said.append(contact.q()).append(' ').append(contact.regId());
            all(said, contact::instance);
            if (!contact.isWildcard()) {
                address(said, contact, off);
            }
        }
        said.append("\nuri ");
        uri(said, new SipUri().wrap(a, off, len), off);
    }

    private static void address(StringBuilder said, Address address, int off) {
        all(said, address::displayName, () -> address.parameter("lr"));
        said.append(address.isBracketed())
                .append(address.parametersOffset() - off)
                .append(address.parametersLength());
        assertThat(address.uriOffset()).isGreaterThanOrEqualTo(off);
        uri(said, address.uri(), off);
        // The way that knows nothing of the address around it must read the same.
        SipUri again = new SipUri().wrap(address.array(), address.uriOffset(), address.uriLength());
        StringBuilder one = new StringBuilder();
        StringBuilder other = new StringBuilder();
        uri(one, address.uri(), off);
        uri(other, again, off);
        assertThat(other.toString()).isEqualTo(one.toString());
    }

    private static void uri(StringBuilder said, SipUri uri, int off) {
        said.append(uri.error());
        if (uri.error() != 0) {
            return;
        }
        said.append(uri.scheme()).append(uri.port()).append(' ').append(uri.parametersOffset() - off);
        said.append(' ').append(uri.parametersLength()).append(' ').append(uri.canonicalHash());
        all(said, uri::schemeName, uri::user, uri::password, uri::host, uri::headers, () -> uri.parameter("lr"));
    }

    private static void digests(StringBuilder said, byte[] a, int off, int len) {
        Authorization sent = new Authorization().wrap(a, off, len);
        said.append("\nauthorization ").append(sent.error());
        if (sent.error() == 0) {
            said.append(sent.isDigest()).append(sent.hasCommaAfterScheme());
            all(said, sent::scheme, sent::username, sent::realm, sent::nonce, sent::uri, sent::response);
            all(said, sent::algorithm, sent::cnonce, sent::qop, sent::nc, sent::opaque, sent::userhash);
            // What is known by its place must be what is found by its name.
            for (String known : new String[] {"username", "realm", "nonce", "uri", "response", "nc"}) {
                AsciiView found = new AsciiView();
                AsciiView sought = sent.parameter(known);
                found.wrap(sought.array(), sought.offset(), sought.length());
                all(said.append(known), () -> found);
            }
            assertThat(sent.parameter("nonce").toString())
                    .isEqualTo(sent.nonce().toString());
            assertThat(sent.parameter("response").isPresent())
                    .isEqualTo(sent.response().isPresent());
        }
        WwwAuthenticate asked = new WwwAuthenticate().wrap(a, off, len);
        said.append("\nchallenge ").append(asked.error());
        if (asked.error() == 0) {
            said.append(asked.isStale());
            all(said, asked::realm, asked::nonce, asked::algorithm, asked::qop, asked::opaque, asked::domain);
        }
        AuthenticationInfo info = new AuthenticationInfo().wrap(a, off, len);
        said.append("\ninfo ").append(info.error());
        if (info.error() == 0) {
            all(said, info::nextnonce, info::qop, info::rspauth, info::cnonce, info::nc);
        }
    }

    private static void tokens(StringBuilder said, byte[] a, int off, int len) {
        Event event = new Event().wrap(a, off, len);
        MediaType media = new MediaType().wrap(a, off, len);
        RetryAfter retry = new RetryAfter().wrap(a, off, len);
        SubscriptionState state = new SubscriptionState().wrap(a, off, len);
        SipDate date = new SipDate().wrap(a, off, len);
        said.append("\ntokens ").append(event.error()).append(media.error()).append(retry.error());
        said.append(state.error()).append(date.error());
        if (event.error() == 0) {
            all(said, event::type, event::id, () -> event.parameter("lr"));
        }
        if (media.error() == 0) {
            all(said, media::type, media::subtype, () -> media.parameter("charset"));
        }
        if (retry.error() == 0) {
            said.append(retry.seconds()).append(' ').append(retry.duration());
        }
        if (state.error() == 0) {
            all(said, state::state, state::reason);
            said.append(state.expires()).append(' ').append(state.retryAfter());
        }
        if (date.error() == 0) {
            said.append(date.isLocal()).append(date.epochMillis(28_800));
        }
    }

    @SafeVarargs
    private static void all(StringBuilder said, Supplier<AsciiView>... views) {
        for (Supplier<AsciiView> view : views) {
            AsciiView text = view.get();
            said.append('|').append(text.length()).append(':').append(text.toString());
        }
    }
}
