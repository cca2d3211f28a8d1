/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.util.ArrayList;
import java.util.List;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipResponse;
import org.sipwire.codec.manscdp.CmdType;
import org.sipwire.codec.manscdp.Manscdp;

/**
 * One query or command under way: the MESSAGE is a client transaction, the answer comes later as MESSAGEs of the device with the same
 * command and SN. Confined to the device's home loop, its constant fields are not.
 *
 * <pre>
 *   SENT --200--> WAITING --parts--> complete | partial by silence
 *     |              +-- nothing in time --> TIMEOUT
 *     +-- 3xx..6xx -> REFUSED      +-- no response -> NO_RESPONSE
 * </pre>
 *
 * An answer that overtakes the 200 is as good.
 */
final class Exchange implements ClientCall {
    private final PlatformLoop home;
    final Device device;
    final CmdType type;
    final long sn;
    private final Answer answer;
    private final int parts;
    private final List<Manscdp> received = new ArrayList<>(1);

    /** The next of the same device. */
    Exchange next;

    /** Where it stands among the active ones of its loop. */
    int index;

    long deadlineMillis;

    /** The place in the window of catalogue queries that this one holds, and until when; null for none. */
    CatalogQueue.Place place;

    long placeUntilMillis;
    private boolean done;
    private int items;
    private int expected = -1;

    /**
     * An exchange not yet sent.
     *
     * @param expect what the device will say besides 200
     */
    Exchange(PlatformLoop home, Device device, Manscdp message, Expect expect, Answer answer) {
        this.home = home;
        this.device = device;
        this.type = message.cmdType();
        this.sn = message.sn();
        this.answer = answer;
        this.parts = expect.answers();
        this.deadlineMillis = home.now() + expect.firstSeconds() * 1000L;
    }

    /**
     * What is to come.
     *
     * @param answers 0 when the 200 is all, else the bodies that make the answer; a list may have any number
     * @param firstSeconds until the first of them
     */
    record Expect(int answers, int firstSeconds) {}

    boolean isDone() {
        return done;
    }

    /** Takes a body with this exchange's command and SN. */
    void onPart(Manscdp part) {
        if (done) {
            return;
        }
        received.add(part);
        placeUntilMillis = home.now() + home.timing().idleSeconds() * 1000L;
        if (part instanceof Manscdp.RecordInfo list) {
            items += list.recordings().size();
            progress(list.sumNum(), items);
        } else if (part instanceof Manscdp.Catalog) {
            CatalogCollector collector = device.collector;
            // The items are the collector's: a catalogue of 100,000 is not to be kept twice.
            received.clear();
            progress(collector.expected(), collector.size());
        } else if (received.size() >= parts) {
            finish(Answer.Kind.COMPLETE, 200);
        } else {
            deadlineMillis = home.now() + home.timing().idleSeconds() * 1000L;
        }
    }

    private void progress(int sum, int count) {
        expected = Math.max(expected, sum);
        deadlineMillis = home.now() + home.timing().idleSeconds() * 1000L;
        answer.onProgress(count, expected);
        items = count;
        if (expected >= 0 && count >= expected) {
            finish(Answer.Kind.COMPLETE, 200);
        }
    }

    @Override
    public int home(int here) {
        return device.home();
    }

    /** Whether the device says by its 403 that it is not registered here. */
    @Override
    public Object keep(SipResponse response) {
        int warning = response.status() == 403 ? response.first(SipHeader.WARNING) : -1;
        return warning >= 0
                && response.value(warning, new AsciiView()).toString().contains("egistered");
    }

    @Override
    public void onStatus(int status, Object kept) {
        if (status < 200 || done) {
            return;
        }
        if (status >= 300) {
            finish(Answer.Kind.REFUSED, status);
            home.refused(device, Boolean.TRUE.equals(kept));
        } else if (parts == 0) {
            finish(Answer.Kind.COMPLETE, status);
        }
    }

    @Override
    public void onNoResponse() {
        if (!done && received.isEmpty() && items == 0) {
            finish(Answer.Kind.NO_RESPONSE, 0);
        }
    }

    /** The time is over. */
    void onDeadline() {
        if (items > 0 || !received.isEmpty()) {
            finish(Answer.Kind.PARTIAL, 200);
        } else {
            finish(Answer.Kind.TIMEOUT, 0);
        }
    }

    void finish(Answer.Kind kind, int status) {
        if (!done) {
            done = true;
            home.ended(this, kind);
            boolean keeps = kind == Answer.Kind.COMPLETE || kind == Answer.Kind.PARTIAL;
            answer.onDone(new Answer.Outcome(kind, status, keeps ? received : List.of()));
        }
    }
}
