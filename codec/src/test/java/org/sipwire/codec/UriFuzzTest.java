/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Coverage-guided fuzzing of URI equality against RFC 3261 section 19.1.4 written down with maps: with JAZZER_FUZZ=1 in the environment,
 * else a plain test. The RFC's equality is not transitive, for a parameter that one URI lacks is ignored; it is among URIs that name the
 * same parameters.
 */
class UriFuzzTest {

    private static final int MAX_COMPARED = 2048;
    private static final Pattern ESCAPE = Pattern.compile("%([0-9A-Fa-f]{2})");
    private static final List<String> MUST_MATCH = List.of("user", "ttl", "method", "maddr", "transport");

    /** URIs to be compared with each other, a line each. */
    static Stream<byte[]> uris() {
        return Stream.of(
                        "sip:%61lice@atlanta.com;transport=TCP\nsip:alice@AtlanTa.CoM;Transport=tcp",
                        "sip:carol@chicago.com\nsip:carol@chicago.com;newparam=5\nsip:carol@chicago.com;security=on",
                        "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com\n"
                                + "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
                        "sip:alice@atlanta.com?subject=project%20x&priority=urgent\n"
                                + "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
                        "sip:bob@biloxi.com\nsip:bob@biloxi.com:5060\nsips:bob@biloxi.com",
                        "tel:+1-201-555-0123;phone-context=a\ntel:+12015550123;Phone-Context=A\ntel:+12015550123",
                        "ISBN:2983792873\nisbn:2983792873\nsip:[2001:db8::1]:5060;lr",
                        "sip:a:b%3a@h;user=phone;ttl=1;maddr=x\nsip:a:b%3A@H;ttl=1;user=phone;maddr=X",
                        "sip:a%@h\nsip:a%2@h\nsip:a%zz@h\nsip:%2%35@h")
                .map(text -> text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @MethodSource("uris")
    @FuzzTest(maxDuration = "10m")
    void anyUrisAreEqualAsTheRfcSaysBothWays(byte[] input) {
        if (input == null || input.length > 8192) {
            return;
        }
        String[] texts = new String(input, StandardCharsets.ISO_8859_1).split("\n", 4);
        SipUri[] uris = Arrays.stream(texts).map(UriFuzzTest::uri).toArray(SipUri[]::new);
        for (SipUri one : uris) {
            assertThat(one.equalsUri(one)).isEqualTo(one.error() == 0);
            addressOfRecordIsItsOwn(one);
            for (SipUri other : uris) {
                compare(one, other);
            }
        }
        if (uris.length >= 3
                && namesOf(uris[0]).equals(namesOf(uris[1]))
                && namesOf(uris[0]).equals(namesOf(uris[2]))) {
            boolean chain = uris[0].equalsUri(uris[1]) && uris[1].equalsUri(uris[2]);
            assertThat(!chain || isLarge(uris[0]) || uris[0].equalsUri(uris[2])).isTrue();
        }
        if (input.length % 16 == 0) {
            stretch(texts[0]);
        }
    }

    private static SipUri uri(String text) {
        byte[] octets = text.getBytes(StandardCharsets.ISO_8859_1);
        return new SipUri().wrap(octets, 0, octets.length);
    }

    private static void compare(SipUri one, SipUri other) {
        boolean equal = one.equalsUri(other);
        assertThat(other.equalsUri(one)).isEqualTo(equal);
        if (equal) {
            assertThat(other.canonicalHash()).isEqualTo(one.canonicalHash());
            assertThat(addressOfRecord(other)).isEqualTo(addressOfRecord(one));
        }
        if (one.error() == 0 && other.error() == 0 && !isLarge(one) && !isLarge(other)) {
            assertThat(equal).as("%s and %s", one, other).isEqualTo(expected(one, other));
        }
    }

    /** The RFC's rules, one after the other. */
    private static boolean expected(SipUri one, SipUri other) {
        if (one.toString().equals(other.toString())) {
            return true;
        }
        if (one.scheme() != other.scheme()) {
            return false;
        }
        if (one.scheme() == SipUri.Scheme.OTHER) {
            return withLowerScheme(one).equals(withLowerScheme(other));
        }
        Map<String, String> mine = parameters(one);
        Map<String, String> others = parameters(other);
        boolean agree = mine.keySet().stream()
                .allMatch(name -> !others.containsKey(name) || others.get(name).equals(mine.get(name)));
        if (one.scheme() == SipUri.Scheme.TEL) {
            return number(one).equals(number(other)) && agree && mine.keySet().equals(others.keySet());
        }
        return canonical(one.user(), false).equals(canonical(other.user(), false))
                && canonical(one.password(), false).equals(canonical(other.password(), false))
                && canonical(one.host(), true).equals(canonical(other.host(), true))
                && one.port() == other.port()
                && agree
                && MUST_MATCH.stream().allMatch(name -> mine.containsKey(name) == others.containsKey(name))
                && headers(one).equals(headers(other));
    }

    private static String withLowerScheme(SipUri uri) {
        String scheme = uri.schemeName().toString();
        return scheme.toLowerCase(Locale.ROOT) + uri.toString().substring(scheme.length());
    }

    private static String number(SipUri uri) {
        return lower(uri.user().toString().replaceAll("[-.()]", ""));
    }

    /** Escapes of what needs none undone, the others in capitals; nothing of it where a percent sign begins no escape. */
    private static String canonical(AsciiView view, boolean folded) {
        if (!view.isPresent()) {
            return "absent";
        }
        StringBuilder text = new StringBuilder("=");
        int at = 0;
        String raw = view.toString();
        if (ESCAPE.matcher(raw).replaceAll("").indexOf('%') >= 0) {
            return text.append(plain(raw, folded)).toString();
        }
        for (Matcher escape = ESCAPE.matcher(raw); escape.find(); at = escape.end()) {
            text.append(plain(raw.substring(at, escape.start()), folded));
            char octet = (char) Integer.parseInt(escape.group(1), 16);
            boolean unreserved = octet < 128 && (Character.isLetterOrDigit(octet) || "-_.!~*'()".indexOf(octet) >= 0);
            text.append(unreserved ? plain(String.valueOf(octet), folded) : String.format("%%%02X", (int) octet));
        }
        return text.append(plain(raw.substring(at), folded)).toString();
    }

    private static String plain(String text, boolean folded) {
        return folded ? lower(text) : text;
    }

    private static String lower(String text) {
        StringBuilder lower = new StringBuilder();
        text.chars().forEach(c -> lower.append((char) (c >= 'A' && c <= 'Z' ? c + 32 : c)));
        return lower.toString();
    }

    private static Map<String, String> parameters(SipUri uri) {
        Map<String, String> all = new TreeMap<>();
        for (String parameter : parameterTexts(uri)) {
            int equals = (parameter + "=").indexOf('=');
            String value = parameter.substring(Math.min(equals + 1, parameter.length()));
            all.put(lower(parameter.substring(0, equals)), canonical(view(value), true));
        }
        return all;
    }

    private static TreeSet<String> namesOf(SipUri uri) {
        return new TreeSet<>(parameters(uri).keySet());
    }

    private static String[] parameterTexts(SipUri uri) {
        String text = view(uri).toString();
        return text.isEmpty() ? new String[0] : text.substring(1).split(";", -1);
    }

    private static AsciiView view(SipUri uri) {
        return new AsciiView().wrap(uri.array(), uri.parametersOffset(), uri.parametersLength());
    }

    private static AsciiView view(String text) {
        return new AsciiView().wrap(text.getBytes(StandardCharsets.ISO_8859_1), 0, text.length());
    }

    private static TreeSet<String> headers(SipUri uri) {
        TreeSet<String> all = new TreeSet<>();
        if (uri.headers().length() > 0) {
            for (String header : uri.headers().toString().split("&", -1)) {
                all.add(canonical(view(header), true));
            }
        }
        return all;
    }

    /** Whether its octets alone decide, or it names a parameter twice, which the RFC forbids and says nothing of. */
    private static boolean isLarge(SipUri uri) {
        String[] parameters = parameterTexts(uri);
        String headers = uri.headers().toString();
        return uri.parametersLength() > MAX_COMPARED
                || headers.length() > MAX_COMPARED
                || parameters.length > 60
                || headers.split("&", -1).length > 60
                || parameters(uri).size() < parameters.length;
    }

    private static String addressOfRecord(SipUri uri) {
        byte[] room = new byte[uri.length()];
        int end = uri.writeAddressOfRecord(room, 0);
        return new String(room, 0, end, StandardCharsets.ISO_8859_1);
    }

    /** What was made canonical stays as it is: else two users would meet under one key. */
    private static void addressOfRecordIsItsOwn(SipUri uri) {
        if (uri.error() != 0 || !uri.isSip()) {
            return;
        }
        String canonical = addressOfRecord(uri);
        assertThat(addressOfRecord(uri("sip:" + canonical))).isEqualTo(canonical);
    }

    /** Thousands of parts: whoever sends them must not have quadratic work done. The fuzzer ends what takes long. */
    private static void stretch(String text) {
        String tail = text.substring(Math.max(0, text.lastIndexOf(';')));
        String many = text + tail.repeat(60_000 / Math.max(tail.length(), 1));
        SipUri one = uri(many);
        assertThat(one.equalsUri(uri(many + "x"))).isEqualTo(uri(many + "x").equalsUri(one));
    }
}
