/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.explain;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.sipwire.codec.Authorization;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.WwwAuthenticate;
import org.sipwire.codec.capture.CapturedMessage;
import org.sipwire.codec.capture.Endpoint;

/**
 * A call flow explained: what became of it, and for each message what it is for and what its fields mean.
 *
 * <p>Shared: immutable.
 */
public final class Explanation {

    /**
     * One line of a message.
     *
     * @param name of the header field, of the element or line of the body
     * @param value as it stands
     * @param note what it means; empty when there is nothing to say
     */
    public record Field(String name, String value, String note) {}

    /**
     * One message.
     *
     * @param message as captured
     * @param label for the arrow: method or status
     * @param meaning a sentence without its full stop
     * @param fields in the order of the message
     */
    public record Step(CapturedMessage message, String label, String meaning, List<Field> fields) {}

    private final CallFlow flow;
    private final String password;
    private final List<Step> steps = new ArrayList<>();
    /** The last request of each transaction. */
    private final Map<String, ReadMessage> requests = new HashMap<>();

    private final Map<String, Integer> seen = new HashMap<>();
    private final List<ReadMessage> registers = new ArrayList<>();
    /** The last answer to the last REGISTER, and the request it answers. */
    private ReadMessage answer;

    private ReadMessage answered;
    private ReadMessage challenge;
    private DigestVerdict digest;
    private String verdict;

    private Explanation(CallFlow flow, String password) {
        this.flow = flow;
        this.password = password;
        for (ReadMessage message : flow.read()) {
            String meaning = message.isRequest() ? request(message) : response(message);
            String again = again(message) ? "again, octet by octet: " : "";
            String cut = message.captured().cut() ? "; its end was not captured" : "";
            steps.add(new Step(message.captured(), label(message), again + meaning + cut, FieldNotes.of(message)));
        }
        verdict = registers.isEmpty() ? otherVerdict() : registrationVerdict();
    }

    /**
     * Explains a flow.
     *
     * @param password what the device should know, or null
     */
    public static Explanation of(CallFlow flow, String password) {
        return new Explanation(flow, password);
    }

    /** The flow it explains. */
    public CallFlow flow() {
        return flow;
    }

    /** What became of it, and why: one sentence or two. */
    public String verdict() {
        return verdict;
    }

    /** The messages, explained. */
    public List<Step> steps() {
        return List.copyOf(steps);
    }

    private boolean again(ReadMessage message) {
        CapturedMessage captured = message.captured();
        String key = captured.source() + " " + captured.destination() + " " + MessageText.of(captured.octets());
        return seen.merge(key, 1, Integer::sum) > 1;
    }

    private static String label(ReadMessage message) {
        if (!message.isRequest()) {
            return message.status() + " " + message.reason();
        }
        String body = BodyNotes.label(message);
        Authorization proof = DigestVerdict.credentials(message);
        return message.method() + (body != null ? " (" + body + ")" : "") + (proof != null ? " (Digest)" : "");
    }

    // ----------------------------------------------------------------------------------------------------------
    // messages

    private static String key(ReadMessage message) {
        return message.callId() + " " + message.branch() + " " + message.cseq();
    }

    private String request(ReadMessage message) {
        requests.put(key(message), message);
        String purpose = BodyNotes.purpose(message);
        return switch (message.method()) {
            case "REGISTER" -> register(message);
            case "MESSAGE" -> purpose != null ? purpose : "carries a text";
            case "INVITE" ->
                "asks for a session" + (message.first(SipHeader.SUBJECT) != null ? ": the stream of a channel" : "");
            case "ACK" -> "confirms the final answer to INVITE";
            case "BYE" -> "ends the session";
            case "CANCEL" -> "takes the INVITE back";
            case "OPTIONS" -> "asks what the other side can do; often only a sign of life";
            case "SUBSCRIBE" ->
                "subscribes to " + (message.first(SipHeader.EVENT) == null ? "events" : message.first(SipHeader.EVENT))
                        + (purpose != null ? ": " + purpose : "");
            case "NOTIFY" -> "tells a subscriber" + (purpose != null ? ": " + purpose : "");
            case "INFO" -> "controls the session, as a player's buttons do";
            default -> "a request";
        };
    }

    private String register(ReadMessage message) {
        registers.add(message);
        answer = null;
        String contact = message.first(SipHeader.CONTACT);
        String expires = message.first(SipHeader.EXPIRES);
        String wish = contact == null
                ? "asks what is registered"
                : "0".equals(expires) || contact.contains("expires=0")
                        ? "asks to end the registration"
                        : expires == null ? "asks to register" : "asks to register for Expires " + expires + " s";
        Authorization proof = DigestVerdict.credentials(message);
        if (proof != null) {
            digest = DigestVerdict.of(message, proof, challenge, password);
            return wish + " and proves who it is: the response " + digest.text();
        }
        digest = null;
        String authorization = message.first(SipHeader.AUTHORIZATION);
        if (authorization != null && authorization.startsWith("Capability")) {
            return wish + " and says which hash the device can compute; carries no proof";
        }
        return wish + "; carries no proof";
    }

    private String response(ReadMessage message) {
        ReadMessage request = requests.get(key(message));
        if (message.method().equals("REGISTER")) {
            answer = message;
            answered = request;
        }
        String way = wrongWay(message, request);
        int status = message.status();
        if (status == 401 || status == 407) {
            boolean proven = request != null && DigestVerdict.credentials(request) != null;
            challenge = message;
            WwwAuthenticate view = DigestVerdict.challenge(message);
            return "demands authentication and hands out the nonce"
                    + (view == null ? ", but has no Digest challenge" : "")
                    + (view != null && view.isStale() ? "; stale: the proof was right, but its nonce too old" : "")
                    + (proven && (view == null || !view.isStale()) ? " again: the proof was not accepted" : "") + way;
        }
        if (status < 200) {
            return "is being worked on" + way;
        }
        if (status < 300) {
            return success(message, request) + way;
        }
        return StatusNotes.of(status) + way;
    }

    private static String success(ReadMessage message, ReadMessage request) {
        switch (message.method()) {
            case "REGISTER" -> {
                boolean ends = request != null
                        && ("0".equals(request.first(SipHeader.EXPIRES))
                                || request.first(SipHeader.CONTACT) != null
                                        && request.first(SipHeader.CONTACT).contains("expires=0"));
                boolean proven = request != null && DigestVerdict.credentials(request) != null;
                return (ends
                                ? "the registration has ended"
                                : proven
                                        ? "checks that the nonce is its own, computes the same response from the stored password, compares: registered"
                                        : "registered")
                        + (message.first(SipHeader.DATE) != null ? "; Date sets the device's clock" : "");
            }
            case "INVITE" -> {
                return "agrees to the session";
            }
            default -> {
                return BodyNotes.isQuery(request)
                        ? "received; the answer comes later as messages of the device"
                        : "received";
            }
        }
    }

    /** An answer that went elsewhere than the request came from, which a NAT lets nobody receive. */
    private static String wrongWay(ReadMessage message, ReadMessage request) {
        if (request == null || !request.captured().isDatagram()) {
            return "";
        }
        Endpoint from = request.captured().source();
        Endpoint to = message.captured().destination();
        return from.equals(to) ? "" : "; it goes to " + to + " though the request came from " + from;
    }

    // -----------------------------------------------------------------------------------------------------------
    // verdict

    private String registrationVerdict() {
        if (answer == null) {
            ReadMessage last = registers.get(registers.size() - 1);
            return "Registration failed: no answer to REGISTER, CSeq " + last.cseq()
                    + ". Nobody listens there, a firewall drops it, or the capture does not show the way back.";
        }
        int status = answer.status();
        if (status == 401 || status == 407) {
            boolean proven = answered != null && DigestVerdict.credentials(answered) != null;
            if (!proven) {
                return "Registration not completed: the device did not answer the challenge. It has no password, cannot compute the"
                        + " algorithm, or did not get the answer.";
            }
            WwwAuthenticate view = DigestVerdict.challenge(answer);
            if (view != null && view.isStale()) {
                return "Registration not completed: the nonce was too old, and the device did not answer the new one.";
            }
            return "Registration failed: the registrar refused the proof"
                    + (digest == null ? "." : ": the response " + digest.text() + ".")
                    + (digest != null && digest.verified()
                            ? " So the registrar knows another password than the one given."
                            : "");
        }
        if (status >= 300) {
            String warning = answer.first(SipHeader.WARNING);
            String least = answer.first(SipHeader.MIN_EXPIRES);
            return "Registration failed with " + status + " " + answer.reason() + ": " + StatusNotes.of(status)
                    + (least != null ? " (Min-Expires " + least + ")" : "")
                    + (warning != null ? " (" + warning + ")" : "") + ".";
        }
        if (status < 200) {
            return "Registration not completed: no final answer.";
        }
        String proof =
                digest == null ? " without a proof" : digest.verified() ? ", the Digest fits the given password" : "";
        String doubt =
                digest != null && !digest.verified() && password != null ? " The response " + digest.text() + "." : "";
        boolean ends = answered != null && "0".equals(answered.first(SipHeader.EXPIRES));
        return (ends ? "The registration was ended" : "Registered") + proof + "." + doubt;
    }

    private String otherVerdict() {
        ReadMessage first = flow.read().get(0);
        ReadMessage last = null;
        for (ReadMessage message : flow.read()) {
            if (!message.isRequest() && message.status() >= 200) {
                last = message;
            }
        }
        if (last == null) {
            return first.isRequest() ? first.method() + ": no final answer." : "Answers without their request.";
        }
        return first.method() + ": the last answer is " + last.status() + " " + last.reason()
                + (last.status() >= 300 ? ", " + StatusNotes.of(last.status()) : "") + ".";
    }
}
