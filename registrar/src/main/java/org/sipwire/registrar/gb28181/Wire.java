/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.net.InetSocketAddress;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.sipwire.codec.RequestWriter;
import org.sipwire.transaction.SipStack;
import org.sipwire.transport.Flow;
import org.sipwire.transport.Transport;

/**
 * What a platform or a device needs of a stack: a request's writer and its way out, tasks on loops, and time. As functions, so that
 * tests run without sockets.
 *
 * @param loops how many event loops there are
 * @param writer {@link SipStack#request}
 * @param sender {@link SipStack#send}
 * @param executor {@link SipStack#execute}
 * @param scheduler {@link SipStack#schedule}
 * @param connector {@link SipStack#connect}
 */
record Wire(
        int loops,
        Function<Flow, RequestWriter> writer,
        Sender sender,
        Executor executor,
        Scheduler scheduler,
        Connector connector) {

    /** Opens a flow to a peer. */
    interface Connector {
        void connect(int loop, Transport transport, InetSocketAddress to, BiConsumer<Flow, Throwable> whenOpen);
    }

    /** Sends a request in a client transaction. */
    interface Sender {
        long send(Flow flow, RequestWriter request, Object attachment);
    }

    /** Runs a task on a loop. */
    interface Executor {
        void execute(int loop, Runnable task);
    }

    /** Runs a task on a loop later. */
    interface Scheduler {
        void schedule(int loop, Runnable task, long delayMillis);
    }

    static Wire of(SipStack stack) {
        return new Wire(
                stack.loopCount(), stack::request, stack::send, stack::execute, stack::schedule, stack::connect);
    }

    RequestWriter request(Flow flow) {
        return writer.apply(flow);
    }

    long send(Flow flow, RequestWriter request, Object attachment) {
        return sender.send(flow, request, attachment);
    }

    void execute(int loop, Runnable task) {
        executor.execute(loop, task);
    }

    void schedule(int loop, Runnable task, long delayMillis) {
        scheduler.schedule(loop, task, delayMillis);
    }

    void connect(int loop, Transport transport, InetSocketAddress to, BiConsumer<Flow, Throwable> whenOpen) {
        connector.connect(loop, transport, to, whenOpen);
    }
}
