/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.manscdp.CmdType;
import org.sipwire.codec.manscdp.Manscdp;

/**
 * A platform's subscription at an agent: the notifier's side (RFC 6665 §4.2). What it is about, its first body says and not its Event,
 * which platforms fill as they like; the Event is given back as it came. Confined to the agent's loop.
 */
final class AgentSubscription {
    final CmdType about;
    private final PeerDialog dialog;
    private final String event;
    private long untilMillis;

    /** Seconds between two positions; 0 for none. */
    long intervalSeconds;

    AgentSubscription(CmdType about, PeerDialog dialog, String event) {
        this.about = about;
        this.dialog = dialog;
        this.event = event;
    }

    void extend(long nowMillis, long seconds) {
        untilMillis = nowMillis + seconds * 1000;
    }

    boolean isOver(long nowMillis) {
        return nowMillis >= untilMillis;
    }

    String callId() {
        return dialog.callId;
    }

    /** Sends one notification. */
    void send(AgentLine line, Manscdp body, long nowMillis, ClientCall call) {
        line.inDialog(dialog, SipMethod.NOTIFY, writer -> head(line, writer, body, nowMillis), call);
    }

    private void head(AgentLine line, RequestWriter writer, Manscdp body, long nowMillis) {
        line.messages().contact(writer, line.flow());
        writer.header(SipHeader.EVENT, event);
        writer.header(SipHeader.SUBSCRIPTION_STATE, "active;expires=" + Math.max(1, (untilMillis - nowMillis) / 1000));
        line.body(writer, body);
    }
}
