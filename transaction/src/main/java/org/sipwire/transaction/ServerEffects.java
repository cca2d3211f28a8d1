/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import org.sipwire.codec.ResponseWriter;
import org.sipwire.transport.Flow;

/** What the server machines cause. Confined to one event loop. */
final class ServerEffects extends PendingEffects {

    private final ResponseWriter writer = new ResponseWriter();
    private byte[] fresh;
    private int freshLength;

    ServerEffects(TransactionStore store, LoopCounters counters) {
        super(store, counters);
    }

    @Override
    void begin(int newSlot, Flow newFlow) {
        super.begin(newSlot, newFlow);
        freshLength = 0;
    }

    /** The response that {@link #send} is to send in this input; without it, it sends the kept one again. */
    void fresh(byte[] bytes, int length) {
        fresh = bytes;
        freshLength = length;
    }

    /** A writer of the layer's own: for templates and 100 Trying, while the user may be writing in the other. */
    ResponseWriter writer() {
        return writer;
    }

    @Override
    public void send() {
        if (freshLength > 0) {
            sent(flow.send(fresh, 0, freshLength));
            return;
        }
        long message = store.slab().message(slot);
        if (message != ByteLog.NONE) {
            counters.increment(TransactionCounter.RESPONSE_RETRANSMISSIONS_SENT);
            sent(flow.send(store.messageArray(slot), ByteLog.offset(message), ByteLog.length(message)));
            return;
        }
        // The user has sent no provisional response: what there is to send is the 100.
        int extension = store.slab().extension(slot);
        long template =
                extension == TransactionSlab.NONE ? ByteLog.NONE : store.slab().template(extension);
        if (template != ByteLog.NONE) {
            sent(flow.send(writer.array(), 0, writeTrying(extension)));
        }
    }

    /** Writes the 100 Trying of a template into {@link #writer}; returns its octets. */
    int writeTrying(int extension) {
        return fromTemplate(writer, 100, extension).end();
    }

    /** Begins a response with the lines that were kept of its request. */
    ResponseWriter fromTemplate(ResponseWriter into, int status, int extension) {
        long template = store.slab().template(extension);
        return into.begin(status, store.templateArray(extension), ByteLog.offset(template), ByteLog.length(template));
    }

    @Override
    public void sendAck() {
        throw new AssertionError("a server sends no ACK");
    }
}
