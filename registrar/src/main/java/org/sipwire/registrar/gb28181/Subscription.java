/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipResponse;
import org.sipwire.codec.manscdp.Manscdp;

/**
 * A subscription to what a device tells by itself: its catalogue, alarms, positions (GB/T 28181-2016 9.11). Confined to the device's
 * home loop.
 *
 * <p>It is refreshed in its dialog before it ends. Many devices cannot do that: whatever they answer to the refresh, a new dialog with the
 * same event id follows. The notification itself is known by its body, and may come as a MESSAGE as well, so nothing hangs on the dialog.
 */
final class Subscription implements ClientCall {
    private static final long MARGIN_MILLIS = 10_000;
    private static final long RETRY_MILLIS = 60_000;

    /** What can be subscribed to, with the Event that most devices take. */
    enum Kind {
        CATALOG("Catalog"),
        ALARM("presence"),
        MOBILE_POSITION("presence");

        private final String event;

        Kind(String event) {
            this.event = event;
        }
    }

    private final PlatformLoop home;
    private final Device device;
    final Kind kind;
    private final Manscdp query;
    private final int expiresSeconds;
    private final long eventId;
    private final Answer answer;
    private Dialog dialog;
    private boolean answered;
    private boolean cancelled;
    private boolean fallback;

    /** When it is to be refreshed or tried again. */
    long dueMillis = Long.MAX_VALUE;

    Subscription(PlatformLoop home, Device device, Kind kind, Manscdp query, int expiresSeconds, Answer answer) {
        this.home = home;
        this.device = device;
        this.kind = kind;
        this.query = query;
        this.expiresSeconds = expiresSeconds;
        this.eventId = query.sn();
        this.answer = answer;
    }

    Device device() {
        return device;
    }

    /** Sends the first SUBSCRIBE, or the next. */
    void subscribe() {
        dueMillis = Long.MAX_VALUE;
        if (!device.isOnline()) {
            dueMillis = home.now() + RETRY_MILLIS;
            return;
        }
        if (dialog == null || !dialog.isEstablished()) {
            dialog = new Dialog(home.messages);
        }
        send(expiresSeconds);
    }

    /** Ends it: Expires 0 in its dialog, with the event id it was made with. */
    void cancel() {
        cancelled = true;
        dueMillis = Long.MAX_VALUE;
        if (dialog != null && dialog.isEstablished()) {
            send(0);
        }
    }

    private void send(int expires) {
        Dialog used = dialog;
        long cseq = used.nextCseq();
        home.send(device, device.id().toString(), query, this, (loop, flow, writer) -> {
            RequestWriter begun = used.begin(loop.messages, writer, SipMethod.SUBSCRIBE, cseq);
            loop.messages.contact(begun, flow);
            begun.header(SipHeader.CONTENT_TYPE, MessageFactory.MANSCDP);
            loop.messages.common(begun, home.now());
            begun.header(SipHeader.EVENT, kind.event + ";id=" + eventId);
            begun.header(SipHeader.EXPIRES, expires);
        });
    }

    @Override
    public int home(int here) {
        return device.home();
    }

    @Override
    public Object keep(SipResponse response) {
        return response.status() >= 200 && response.status() < 300 ? Dialog.remote(response) : null;
    }

    @Override
    public void onStatus(int status, Object kept) {
        if (status < 200 || cancelled) {
            return;
        }
        if (kept instanceof Dialog.Remote remote) {
            dialog.establish(remote);
            fallback = false;
            long granted = remote.expires() > 0 ? Math.min(remote.expires(), expiresSeconds) : expiresSeconds;
            // The standard leaves the margin open; a device that grants a minute gets half of it.
            dueMillis = home.now() + Math.max(granted * 500, granted * 1000 - MARGIN_MILLIS);
            done(Answer.Kind.COMPLETE, status);
        } else if (dialog.isEstablished() && !fallback) {
            // A refresh was refused: devices that know no dialogs take a new one.
            fallback = true;
            dialog = null;
            subscribe();
        } else {
            dialog = null;
            dueMillis = home.now() + RETRY_MILLIS;
            done(Answer.Kind.REFUSED, status);
        }
    }

    @Override
    public void onNoResponse() {
        if (!cancelled) {
            dialog = null;
            dueMillis = home.now() + RETRY_MILLIS;
            done(Answer.Kind.NO_RESPONSE, 0);
        }
    }

    /** The device says that it notifies no more: it is asked again. */
    void terminated() {
        dialog = null;
        dueMillis = Math.min(dueMillis, home.now() + 1_000);
    }

    boolean isOf(String callId) {
        return dialog != null && dialog.callId.equals(callId);
    }

    private void done(Answer.Kind how, int status) {
        if (!answered) {
            answered = true;
            answer.onDone(new Answer.Outcome(how, status, java.util.List.of()));
        }
    }
}
