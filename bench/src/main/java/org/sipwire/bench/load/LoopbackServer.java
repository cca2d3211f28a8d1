/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.sipwire.bench.baseline.NettyFloor;
import org.sipwire.registrar.Registrar;
import org.sipwire.registrar.RegistrarConfig;
import org.sipwire.registrar.auth.AuthConfig;
import org.sipwire.registrar.auth.NonceFactory;
import org.sipwire.registrar.auth.SharedPasswordStore;
import org.sipwire.registrar.location.InMemoryLocationService;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.SipStackConfig;
import org.sipwire.transaction.TransactionTimers;

/**
 * A server in this process, on one loop: the registrar, which asks for a fresh nonce each time, or the floor.
 *
 * <p>Any thread. Owned: {@link #close} ends it.
 */
final class LoopbackServer implements AutoCloseable {
    /** Timer J is 64 times T1: memory of transactions is used again within a third of a second, and none comes anew. */
    private static final TransactionTimers SHORT = new TransactionTimers(5, 40, 50, 200, 10_000);

    private final Runnable end;
    private final Executor loop;
    private final int port;

    private LoopbackServer(Runnable end, Executor loop, int port) {
        this.end = end;
        this.loop = loop;
        this.port = port;
    }

    static LoopbackServer floor() throws InterruptedException {
        NettyFloor floor = new NettyFloor("127.0.0.1", 0);
        return new LoopbackServer(floor::close, floor::execute, floor.port());
    }

    static LoopbackServer sipwire(String transport) {
        AuthConfig auth = AuthConfig.builder("example.org").qop(Set.of()).build();
        Registrar registrar = Registrar.builder(RegistrarConfig.builder().build(), new InMemoryLocationService())
                .authentication(auth, new SharedPasswordStore("12345678"), new NonceFactory(auth))
                .build();
        SipStack stack = SipStack.create(SipStackConfig.builder()
                .listen(transport + "://127.0.0.1:0")
                .timers(SHORT)
                .build());
        stack.start(registrar);
        return new LoopbackServer(
                stack::close,
                task -> stack.execute(0, task),
                stack.boundPoints().get(0).port());
    }

    int port() {
        return port;
    }

    /** The thread of the loop. */
    long threadId() {
        CompletableFuture<Long> id = new CompletableFuture<>();
        loop.execute(() -> id.complete(Thread.currentThread().getId()));
        return id.join();
    }

    @Override
    public void close() {
        end.run();
    }
}
