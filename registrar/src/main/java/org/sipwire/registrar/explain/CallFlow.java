/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.explain;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.capture.CapturedMessage;
import org.sipwire.codec.manscdp.ManscdpPeek;

/**
 * Messages that belong together: all of one device, which are its registrations and what was asked of it afterwards; else those of one
 * Call-ID.
 *
 * <p>Shared.
 */
public final class CallFlow {
    private final String title;
    private final List<ReadMessage> messages;

    private CallFlow(String title, List<ReadMessage> messages) {
        this.title = title;
        this.messages = messages;
    }

    /** The device, or the method and Call-ID. */
    public String title() {
        return title;
    }

    /** The messages in the order of their times. */
    public List<CapturedMessage> messages() {
        return messages.stream().map(ReadMessage::captured).toList();
    }

    List<ReadMessage> read() {
        return messages;
    }

    /** Groups messages into flows, in the order in which these begin. */
    public static List<CallFlow> group(List<CapturedMessage> captured) {
        Map<String, List<ReadMessage>> calls = new LinkedHashMap<>();
        Set<String> devices = new LinkedHashSet<>();
        for (CapturedMessage message : captured) {
            ReadMessage read = ReadMessage.of(message);
            calls.computeIfAbsent(read.callId(), id -> new ArrayList<>()).add(read);
            if (read.method().equals("REGISTER")) {
                devices.add(read.party(SipHeader.TO));
            } else if (read.isRequest() && read.isManscdp()) {
                devices.add(deviceOf(read));
            }
        }
        devices.remove("");
        Map<String, List<ReadMessage>> flows = new LinkedHashMap<>();
        Map<String, String> titles = new HashMap<>();
        calls.forEach((callId, messages) -> {
            String device = owner(messages, devices);
            String key = device.isEmpty() ? "call " + callId : "device " + device;
            flows.computeIfAbsent(key, k -> new ArrayList<>()).addAll(messages);
            titles.putIfAbsent(
                    key, device.isEmpty() ? messages.get(0).method() + ", Call-ID " + callId : "Device " + device);
        });
        List<CallFlow> all = new ArrayList<>();
        flows.forEach((key, messages) -> {
            messages.sort(Comparator.comparingLong(read -> read.captured().timeMicros()));
            all.add(new CallFlow(titles.get(key), List.copyOf(messages)));
        });
        all.sort(
                Comparator.comparingLong(flow -> flow.messages.get(0).captured().timeMicros()));
        return all;
    }

    /** The device a MANSCDP body is of or for, when it is the sender's or the receiver's ID; empty when it is neither. */
    private static String deviceOf(ReadMessage message) {
        ManscdpPeek peek = new ManscdpPeek();
        if (!peek.peek(message.body(), 0, message.body().length)) {
            return "";
        }
        String id = peek.deviceIdText();
        return id.equals(message.party(SipHeader.FROM)) || id.equals(message.party(SipHeader.TO)) ? id : "";
    }

    private static String owner(List<ReadMessage> call, Set<String> devices) {
        for (ReadMessage message : call) {
            String to = message.party(SipHeader.TO);
            if (devices.contains(to)) {
                return to;
            }
            String from = message.party(SipHeader.FROM);
            if (devices.contains(from)) {
                return from;
            }
        }
        return "";
    }
}
