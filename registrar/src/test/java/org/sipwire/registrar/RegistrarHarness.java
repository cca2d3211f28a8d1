/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.Consumer;
import org.sipwire.codec.SipCompliance;
import org.sipwire.codec.SipLimits;
import org.sipwire.codec.SipParser;
import org.sipwire.registrar.location.Bindings;
import org.sipwire.registrar.location.InMemoryLocationService;
import org.sipwire.registrar.location.LocationService;
import org.sipwire.transaction.LoopClock;
import org.sipwire.transaction.LoopCounters;
import org.sipwire.transaction.ServerTransaction;
import org.sipwire.transaction.StackKeys;
import org.sipwire.transaction.TransactionCounter;
import org.sipwire.transaction.TransactionLayer;
import org.sipwire.transaction.TransactionTimers;
import org.sipwire.transport.Flow;
import org.sipwire.transport.Transport;

/** A registrar behind a real transaction layer, without sockets: texts in, texts out. */
final class RegistrarHarness {

    final LoopClock clock = new LoopClock();
    final LoopCounters counters = TransactionCounter.newRow();
    final FakeFlow udp = new FakeFlow(Transport.UDP, 1, "192.168.35.165", 5080);
    final List<String> events = new ArrayList<>();
    final Queue<Runnable> tasks = new ArrayDeque<>();
    final LocationService locations;
    final Registrar registrar;
    final TransactionLayer layer;
    final SipParser parser = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT);
    long millis = 1_616_570_703_259L;
    /** Texts cost memory, which some tests count. */
    boolean recording = true;

    private int branches;

    RegistrarHarness(RegistrarConfig config) {
        this(config, null, builder -> {});
    }

    RegistrarHarness(RegistrarConfig config, LocationService service, Consumer<Registrar.Builder> more) {
        clock.set(System.nanoTime(), millis);
        locations = service == null ? new InMemoryLocationService(() -> millis) : service;
        Registrar.Builder builder =
                Registrar.builder(config, locations).listener(new Recorder()).clock(() -> millis);
        more.accept(builder);
        registrar = builder.build();
        layer = new TransactionLayer(
                new TransactionLayer.Setup(
                        0,
                        1000,
                        TransactionTimers.DEFAULT,
                        StackKeys.random(),
                        clock,
                        counters,
                        (loop, response, flow) -> {}),
                registrar);
        registrar.start(1, new Registrar.Loops() {
            @Override
            public void execute(int loop, Runnable task) {
                tasks.add(task);
            }

            @Override
            public ServerTransaction serverTransaction(long handle) {
                return layer.serverTransaction(handle);
            }
        });
    }

    private final class Recorder implements RegistrationListener {
        @Override
        public void registered(AddressOfRecord aor, Bindings bindings, Flow flow) {
            events.add("registered " + aor + " " + bindings.count() + " " + flow.id());
        }

        @Override
        public void refreshed(AddressOfRecord aor, Bindings bindings, Flow flow) {
            if (!recording) {
                return;
            }
            events.add("refreshed " + aor + " " + bindings.count() + " " + flow.id());
        }

        @Override
        public void removed(AddressOfRecord aor, Flow flow) {
            events.add("removed " + aor + " " + (flow == null ? "operator" : flow.id()));
        }

        @Override
        public void expired(AddressOfRecord aor, Bindings left) {
            events.add("expired " + aor + " " + left.count());
        }
    }

    void passSeconds(long seconds) {
        passMillis(seconds * 1000);
    }

    void passMillis(long passed) {
        millis += passed;
        clock.set(clock.nanos() + passed * 1_000_000L, millis);
    }

    /** A REGISTER with a branch of its own and the lines given. */
    String register(String to, long cseq, String... lines) {
        return request("REGISTER", "sip:example.com", to, cseq, lines);
    }

    String request(String method, String uri, String to, long cseq, String... lines) {
        StringBuilder text = new StringBuilder(method + " " + uri + " SIP/2.0\r\n");
        text.append("Via: SIP/2.0/UDP 192.168.35.165:5080;rport;branch=z9hG4bK" + ++branches + "\r\n");
        text.append("From: <sip:alice@example.com>;tag=1\r\nTo: <" + to + ">\r\n");
        text.append("CSeq: " + cseq + " " + method + "\r\nMax-Forwards: 70\r\n");
        boolean callId = false;
        boolean length = false;
        for (String line : lines) {
            callId |= line.startsWith("Call-ID:");
            length |= line.startsWith("Content-Length:");
        }
        if (!callId) {
            text.append("Call-ID: call-1\r\n");
        }
        String body = "";
        for (String line : lines) {
            if (line.startsWith("body:")) {
                body = line.substring(5);
            } else {
                text.append(line).append("\r\n");
            }
        }
        if (!length) {
            text.append("Content-Length: " + body.length() + "\r\n");
        }
        return text.append("\r\n").append(body).toString();
    }

    Answer send(String message) {
        return send(message, udp);
    }

    /** What is answered at once, or null. */
    Answer send(String message, FakeFlow flow) {
        int before = flow.sent.size();
        receive(message, flow);
        assertThat(flow.sent.size() - before).isLessThanOrEqualTo(1);
        return flow.sent.size() == before ? null : new Answer(flow.sent.get(before));
    }

    void receive(String message, FakeFlow flow) {
        receive(message.getBytes(StandardCharsets.UTF_8), flow);
    }

    /** Lets octets arrive as a datagram. They are written to. */
    void receive(byte[] octets, FakeFlow flow) {
        int consumed = parser.parseDatagram(octets, 0, octets.length);
        if (consumed < 0) {
            layer.onMalformed(parser, consumed, flow);
        } else {
            layer.onMessage(parser, flow);
        }
    }

    void runTasks() {
        for (Runnable task; (task = tasks.poll()) != null; ) {
            task.run();
        }
    }

    /** The contacts an address-of-record has. */
    List<String> contacts(String aor) {
        List<String> found = new ArrayList<>();
        byte[] key = aor.getBytes(StandardCharsets.UTF_8);
        locations.lookup(key, 0, key.length, new Bindings(), Runnable::run, (result, bindings) -> {
            for (Binding binding : Binding.listOf(bindings)) {
                found.add(binding.contact());
            }
        });
        return found;
    }

    /** A response as text. */
    record Answer(String text) {
        int status() {
            return Integer.parseInt(text.substring(8, 11));
        }

        List<String> all(String name) {
            List<String> values = new ArrayList<>();
            // A line that is copied ends as it did in the request, which may be with LF alone.
            for (String line : text.split("\r?\n")) {
                if (line.toLowerCase(java.util.Locale.ROOT).startsWith(name.toLowerCase(java.util.Locale.ROOT) + ":")) {
                    values.add(line.substring(name.length() + 1).trim());
                }
            }
            return values;
        }

        String header(String name) {
            List<String> values = all(name);
            return values.isEmpty() ? null : values.get(0);
        }
    }
}
