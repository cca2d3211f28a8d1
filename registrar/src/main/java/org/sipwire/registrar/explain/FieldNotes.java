/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.explain;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.sipwire.codec.Authorization;
import org.sipwire.codec.Contact;
import org.sipwire.codec.NameAddr;
import org.sipwire.codec.SipDate;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.Via;
import org.sipwire.codec.WwwAuthenticate;
import org.sipwire.codec.capture.Endpoint;
import org.sipwire.registrar.explain.Explanation.Field;

/** What each line of a message means. Any thread. */
final class FieldNotes {
    private static final int CHINA_MINUTES = 480;
    private static final long SKEW_SECONDS = 60;

    private FieldNotes() {}

    /** The fields of a message in their order, those of the body behind them. */
    static List<Field> of(ReadMessage message) {
        List<Field> fields = new ArrayList<>();
        if (message.isRequest()) {
            fields.add(new Field("request line", message.captured().startLine(), "method, where to, version"));
        } else {
            fields.add(
                    new Field("status line", message.captured().startLine(), "version, status, and the same in words"));
        }
        if (message.error() != null) {
            fields.add(new Field(
                    "malformed",
                    message.error().reason(),
                    "this message does not follow RFC 3261 §" + message.error().rfcSection()));
        }
        boolean topVia = true;
        for (ReadMessage.Line line : message.lines()) {
            String note = line.header() == SipHeader.VIA && !topVia ? "an earlier hop of the way" : note(message, line);
            topVia &= line.header() != SipHeader.VIA;
            fields.add(new Field(line.name(), MessageText.of(line.octets()), note));
        }
        fields.addAll(BodyNotes.of(message));
        return fields;
    }

    private static String note(ReadMessage message, ReadMessage.Line line) {
        boolean request = message.isRequest();
        return switch (line.header()) {
            case VIA -> via(message, line);
            case FROM -> "who caused the request" + tag(line);
            case TO ->
                message.method().equals("REGISTER")
                        ? "whose registration it is"
                                + (isThirdParty(message) ? ", which is not the sender: a third party registers" : "")
                                + tag(line)
                        : "to whom the request goes" + tag(line);
            case CALL_ID ->
                message.method().equals("REGISTER")
                        ? "the same for all registrations of one client to one registrar, so that a late one is told from a repeated one"
                        : "the same for all messages of this call or exchange";
            case CSEQ -> "rises by one each time, so that the order is sure; an answer repeats it";
            case CONTACT -> contact(message, line);
            case EXPIRES -> expires(message, line);
            case MIN_EXPIRES -> "the shortest time this registrar grants, in seconds";
            case MAX_FORWARDS -> "how many more hops it may take";
            case CONTENT_LENGTH -> contentLength(message, line);
            case CONTENT_TYPE ->
                message.isManscdp() ? "the body is a MANSCDP command of GB/T 28181" : "what the body is";
            case USER_AGENT, SERVER -> "the software of the " + (request ? "sender" : "answering side");
            case DATE -> date(message, line);
            case AUTHORIZATION, PROXY_AUTHORIZATION -> authorization(message, line);
            case WWW_AUTHENTICATE, PROXY_AUTHENTICATE -> challenge(line);
            case AUTHENTICATION_INFO -> "the server's own proof that it knows the password, or the next nonce";
            case RETRY_AFTER -> "seconds after which it may be tried again";
            case WARNING -> "what is wrong, for a person to read";
            case SUBJECT -> "GB/T 28181: source ID:stream number,receiver ID:stream number of the media";
            case EVENT -> "what is subscribed to";
            case SUBSCRIPTION_STATE -> "whether the subscription goes on, and how long";
            case PATH -> "proxies on the way to the device, to be passed by requests to it";
            case ROUTE -> "proxies this request still has to pass";
            case RECORD_ROUTE -> "a proxy that wants to see all further requests of this dialog";
            case SERVICE_ROUTE -> "proxies the device shall send its requests through";
            case ALLOW -> "methods that are understood";
            case SUPPORTED -> "extensions that are understood";
            case REQUIRE -> "extensions the other side must understand";
            case UNSUPPORTED -> "extensions that were required and are not understood";
            default ->
                line.name().equalsIgnoreCase("X-GB-Ver") ? "the edition of GB/T 28181: 2.0 is 2016, 3.0 is 2022" : "";
        };
    }

    private static boolean isThirdParty(ReadMessage message) {
        return !message.party(SipHeader.FROM).equals(message.party(SipHeader.TO));
    }

    private static String tag(ReadMessage.Line line) {
        byte[] octets = line.octets();
        NameAddr address = new NameAddr().wrap(octets, 0, octets.length);
        return address.tag().isPresent()
                ? "; tag: this side's half of the dialog's name"
                : "; no tag: there is no dialog yet";
    }

    // --------------------------------------------------------------------------------------------------------------
    // Via

    private static String via(ReadMessage message, ReadMessage.Line line) {
        byte[] octets = line.octets();
        Via via = new Via().wrap(octets, 0, octets.length);
        if (via.error() != 0) {
            return "the way back; malformed";
        }
        StringBuilder note = new StringBuilder("the way back");
        Endpoint client = message.isRequest()
                ? message.captured().source()
                : message.captured().destination();
        int sentPort = via.port() < 0 ? 5060 : via.port();
        String host = unbracketed(via.host().toString());
        if (message.isRequest()) {
            if (via.hasRport()) {
                note.append("; rport asks for the source port in the answer");
            }
            if (!host.equals(client.host()) || sentPort != client.port()) {
                note.append("; it came from ").append(client).append(", not from where it says: a NAT is between");
                note.append(host.equals(client.host()) ? ", or it sends from another port" : "");
                note.append(via.hasRport() ? "" : ", and the answer may not arrive without rport");
            }
        } else {
            if (via.rport() > 0) {
                note.append("; rport: the request came from port ").append(via.rport());
            }
            if (via.received().isPresent()) {
                note.append("; received: it came from ").append(via.received());
                if (!host.equals(unbracketed(via.received().toString()))) {
                    note.append(", where ").append(host).append(" cannot be reached: a NAT is between");
                }
            }
        }
        note.append("; branch names the transaction");
        if (!via.hasMagicCookie()) {
            note.append(", in the form of RFC 2543");
        }
        return note.toString();
    }

    private static String unbracketed(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    // ---------------------------------------------------------------------------------------------- where and how long

    private static String contact(ReadMessage message, ReadMessage.Line line) {
        byte[] octets = line.octets();
        Contact contact = new Contact().wrap(octets, 0, octets.length);
        if (contact.error() != 0) {
            return "where the device is reached; malformed, or several";
        }
        if (contact.isWildcard()) {
            return "all contacts: with Expires 0 they end";
        }
        boolean register = message.method().equals("REGISTER");
        StringBuilder note = new StringBuilder(register ? "where the device is reached" : "where this side is reached");
        if (contact.expires() >= 0) {
            note.append("; expires: for ").append(contact.expires()).append(" s");
        }
        String host = unbracketed(contact.uri().host().toString());
        if (register
                && message.isRequest()
                && !host.equals(message.captured().source().host())) {
            note.append("; it came from ")
                    .append(message.captured().source())
                    .append(": only a registrar that answers there reaches it");
        }
        return note.toString();
    }

    private static String expires(ReadMessage message, ReadMessage.Line line) {
        if (line.value().equals("0")) {
            return message.isRequest() ? "0: the registration or subscription shall end" : "0: it has ended";
        }
        return message.isRequest() ? "how long, in seconds, it is asked for" : "how long, in seconds, it is granted";
    }

    private static String contentLength(ReadMessage message, ReadMessage.Line line) {
        int there = message.body().length;
        if (line.value().matches("\\d{1,9}") && Integer.parseInt(line.value()) != there) {
            return "the body's octets; there are " + there
                    + (message.captured().cut() ? ", as the capture is cut off" : "");
        }
        return "the body's octets";
    }

    private static String date(ReadMessage message, ReadMessage.Line line) {
        byte[] octets = line.octets();
        SipDate date = new SipDate().wrap(octets, 0, octets.length);
        String purpose = message.isRequest() ? "the sender's time" : "sets the device's clock";
        if (date.error() != 0) {
            return purpose + "; in no known form";
        }
        long skew = date.epochMillis(CHINA_MINUTES) / 1000 - message.captured().timeMicros() / 1_000_000;
        String form = date.isLocal() ? "; the form of GB/T 28181, a local time without a zone" : "";
        return Math.abs(skew) <= SKEW_SECONDS
                ? purpose + form
                : purpose + form + "; " + duration(Math.abs(skew)) + (skew < 0 ? " behind" : " ahead of")
                        + " the capture's clock" + (date.isLocal() ? ", if it is China's time" : "");
    }

    private static String duration(long seconds) {
        Duration time = Duration.ofSeconds(seconds);
        return time.toDays() > 0
                ? time.toDays() + " d"
                : time.toHours() > 0
                        ? time.toHours() + " h " + time.toMinutesPart() + " min"
                        : time.toMinutes() + " min";
    }

    // -----------------------------------------------------------------------------------------------------------
    // Digest

    private static String authorization(ReadMessage message, ReadMessage.Line line) {
        byte[] octets = line.octets();
        Authorization view = new Authorization().wrap(octets, 0, octets.length);
        if (view.scheme().equalsIgnoreCase("Capability")) {
            return "says which hash the device can compute (" + view.algorithm() + ") and carries no proof";
        }
        if (!view.isDigest()) {
            return "credentials of the scheme " + view.scheme();
        }
        String form = view.qop().isPresent() ? "nonce:nc:cnonce:" + view.qop() : "nonce";
        return "the proof: " + (view.algorithm().isPresent() ? view.algorithm() : "MD5") + " of H(user:realm:password):"
                + form + ":H(" + message.method() + ":uri)";
    }

    private static String challenge(ReadMessage.Line line) {
        byte[] octets = line.octets();
        WwwAuthenticate view = new WwwAuthenticate().wrap(octets, 0, octets.length);
        if (!view.isDigest()) {
            return "demands authentication by the scheme " + view.scheme();
        }
        return "demands authentication and hands out the nonce"
                + (view.isStale() ? "; stale: the proof was right, but its nonce too old" : "")
                + (view.qop().isPresent() ? "; qop: replay is counted by nc" : "");
    }
}
