/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.manscdp.Manscdp;
import org.sipwire.codec.manscdp.ManscdpWriter;
import org.sipwire.transport.Flow;

/** An agent's way to its platform: the flow it registered over, and the tools to write requests. Confined to the agent's loop. */
final class AgentLine {
    private final DeviceAgentConfig config;
    private final Wire wire;
    private final int home;
    private final MessageFactory messages;
    private final ManscdpWriter bodies;
    private final byte[] domain;
    private volatile Flow flow;
    private String ownContact = "";

    AgentLine(DeviceAgentConfig config, Wire wire, int home) {
        this.config = config;
        this.wire = wire;
        this.home = home;
        messages = new MessageFactory(config.deviceId(), config.domain());
        bodies = new ManscdpWriter(config.charset())
                .edition2022(config.gbVersion().startsWith("3"));
        domain = config.domain().getBytes(StandardCharsets.ISO_8859_1);
    }

    MessageFactory messages() {
        return messages;
    }

    /** The flow to the platform; null before the first connection. May be read on any loop. */
    Flow flow() {
        return flow;
    }

    void flow(Flow opened) {
        flow = opened;
        byte[] host = new byte[255];
        String text = new String(host, 0, opened.writeLocalHost(host, 0), StandardCharsets.ISO_8859_1);
        text = text.indexOf(':') < 0 ? text : '[' + text + ']';
        ownContact = "sip:" + config.deviceId() + '@' + text + ':' + opened.localPort();
    }

    /** The URI of {@link MessageFactory#contact}. */
    String ownContact() {
        return ownContact;
    }

    /** The loop's writer. */
    RequestWriter begin() {
        return wire.request(flow);
    }

    /** Sends what was written; what cannot even be sent has no response. */
    void send(RequestWriter writer, ClientCall call) {
        if (wire.send(flow, writer, call) < 0) {
            call.onNoResponse();
        }
    }

    /** Sends a body by MESSAGE, outside any dialog. */
    void message(Manscdp body, ClientCall call) {
        message(body, messages.newCallId(), 20, call);
    }

    /** Sends a body by MESSAGE with this Call-ID. */
    void message(Manscdp body, String callId, long cseq, ClientCall call) {
        messages.to(config.platformId(), domain);
        RequestWriter writer = begin();
        messages.begin(writer, SipMethod.MESSAGE, messages.newTag(), callId, cseq, "");
        body(writer, body);
        send(writer, call);
    }

    /** Sends a request in a dialog that the platform began. */
    void inDialog(PeerDialog dialog, SipMethod method, Consumer<RequestWriter> rest, ClientCall call) {
        RequestWriter writer = begin();
        dialog.begin(writer, method);
        rest.accept(writer);
        send(writer, call);
    }

    /** The last lines of a head, and a MANSCDP body. */
    void body(RequestWriter writer, Manscdp body) {
        bodies.write(body);
        writer.header(SipHeader.CONTENT_TYPE, MessageFactory.MANSCDP);
        writer.header(SipHeader.MAX_FORWARDS, 70);
        writer.header(SipHeader.USER_AGENT, MessageFactory.USER_AGENT);
        writer.bodyStart().put(bodies.array(), bodies.offset(), bodies.length());
    }

    void schedule(Runnable task, long millis) {
        wire.schedule(home, task, millis);
    }
}
