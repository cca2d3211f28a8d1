/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.ThrowingConsumer;
import org.junit.jupiter.api.io.TempDir;
import org.sipwire.registrar.Binding;

/** The contract, and what a fleet needs beyond it, against a real redis-server. */
class RedisLocationServiceTest {

    @TempDir
    Path folder;

    /** The contract over one server: of no class that would be found and run without one. */
    static LocationServiceContract over(String uri) {
        return new LocationServiceContract() {
            @Override
            LocationService create(LongSupplier clockMillis) throws LocationStoreException {
                return RedisLocationService.open(uri, clockMillis);
            }
        };
    }

    @Test
    void unreachableServerIsRefusedInOneLine() {
        assertThatThrownBy(() -> RedisLocationService.open("redis://127.0.0.1:1"))
                .isInstanceOf(LocationStoreException.class)
                .hasMessageContaining("Redis cannot be reached")
                .message()
                .hasLineCount(1);
    }

    /** One server for all of them; each begins with none of what the others left. */
    @TestFactory
    Stream<DynamicTest> contractHolds() throws Exception {
        RedisServer server = new RedisServer(folder);
        List<Method> methods = Arrays.stream(LocationServiceContract.class.getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(Test.class))
                .toList();
        return methods.stream()
                .map(method -> DynamicTest.dynamicTest(method.getName(), () -> {
                    server.send("FLUSHALL");
                    LocationServiceContract contract = over(server.uri());
                    contract.open();
                    method.setAccessible(true);
                    try {
                        method.invoke(contract);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    } finally {
                        contract.close();
                    }
                }))
                .onClose(server::close);
    }

    private void withServer(ThrowingConsumer<RedisServer> test) throws Throwable {
        try (RedisServer server = new RedisServer(folder)) {
            test.accept(server);
        }
    }

    private void withFleet(Fleet test) throws Throwable {
        withServer(server -> {
            LocationServiceContract a = over(server.uri());
            LocationServiceContract b = over(server.uri());
            a.open();
            b.open();
            try {
                test.run(a, b);
            } finally {
                a.close();
                b.close();
            }
        });
    }

    /** Two registrars on one Redis. */
    private interface Fleet {
        void run(LocationServiceContract a, LocationServiceContract b) throws Throwable;
    }

    @Test
    void fleetSharesBindingsAndTheirOrder() throws Throwable {
        withFleet((a, b) -> {
            a.request(LocationServiceContract.AOR)
                    .order("call-1", 5)
                    .contact(LocationServiceContract.CONTACT, 600)
                    .send();
            List<Binding> found = b.lookup(LocationServiceContract.AOR).bindings();
            assertThat(found).hasSize(1);
            assertThat(b.request(LocationServiceContract.AOR)
                            .order("call-1", 4)
                            .contact(LocationServiceContract.CONTACT, 600)
                            .send()
                            .result())
                    .isEqualTo(LocationResult.OUT_OF_ORDER);
            assertThat(b.request(LocationServiceContract.AOR)
                            .order("call-1", 6)
                            .contact(LocationServiceContract.CONTACT, 600)
                            .send()
                            .result())
                    .isEqualTo(LocationResult.REFRESHED);
            int nodeOfA = ((RedisLocationService) a.locations).node();
            int nodeOfB = ((RedisLocationService) b.locations).node();
            assertThat(nodeOfA).isNotEqualTo(nodeOfB).isPositive();
            int[] owner = new int[1];
            java.util.concurrent.CountDownLatch done = new java.util.concurrent.CountDownLatch(1);
            byte[] key = LocationServiceContract.AOR.getBytes();
            a.locations.lookup(key, 0, key.length, new Bindings(), Runnable::run, (result, bindings) -> {
                bindings.next();
                owner[0] = bindings.node();
                done.countDown();
            });
            assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(owner[0]).as("the node that has the flow").isEqualTo(nodeOfB);
        });
    }

    @Test
    void requestsOfOneDeviceAtTwoRegistrarsObeyTheirOrder() throws Throwable {
        withFleet((a, b) -> {
            int requests = 200;
            List<Integer> granted = java.util.Collections.synchronizedList(new ArrayList<>());
            List<Thread> threads = new ArrayList<>();
            for (LocationServiceContract registrar : List.of(a, b)) {
                // The same numbers at both, in an order of each one's own.
                List<Integer> numbers = new ArrayList<>();
                for (int i = 1; i <= requests; i++) {
                    numbers.add(i);
                }
                for (int i = 0; i + 4 < requests; i += 4) {
                    java.util.Collections.swap(numbers, i, i + (registrar == a ? 3 : 2));
                }
                threads.add(new Thread(() -> {
                    int last = 0;
                    for (int cseq : numbers) {
                        LocationResult result = registrar
                                .request(LocationServiceContract.AOR)
                                .order("call-1", cseq)
                                .contact(LocationServiceContract.CONTACT, 600 + cseq)
                                .send()
                                .result();
                        if (result == LocationResult.REFRESHED || result == LocationResult.REGISTERED) {
                            // What one registrar granted after another grant of its own has a higher number.
                            granted.add(cseq > last ? cseq : -cseq);
                            last = cseq;
                        }
                    }
                }));
            }
            threads.forEach(Thread::start);
            for (Thread thread : threads) {
                thread.join(60_000);
            }
            assertThat(granted)
                    .allMatch(cseq -> cseq > 0)
                    .doesNotHaveDuplicates()
                    .contains(requests);
            assertThat(a.lookup(LocationServiceContract.AOR).bindings())
                    .singleElement()
                    .satisfies(binding -> {
                        assertThat(binding.order().cseq()).isEqualTo(requests);
                        assertThat(binding.expiresAtSeconds()).isEqualTo(a.clock.get() / 1000 + 600 + requests);
                    });
        });
    }

    @Test
    void lostConnectionTakesNoBindingOfAnotherNodeWhoseFlowHasTheSameNumber() throws Throwable {
        withFleet((a, b) -> {
            a.request(LocationServiceContract.AOR)
                    .order("call-1", 1)
                    .flow(7)
                    .contact("sip:a@h", 600)
                    .send();
            b.request(LocationServiceContract.AOR)
                    .order("call-2", 1)
                    .flow(7)
                    .contact("sip:b@h", 600)
                    .send();
            LocationServiceContract.Request lost = a.request(LocationServiceContract.AOR);
            lost.update.removeFlow(7, false);
            assertThat(lost.send().result()).isEqualTo(LocationResult.REFRESHED);
            assertThat(b.lookup(LocationServiceContract.AOR).contacts()).containsExactly("sip:b@h");
        });
    }

    @Test
    void everyRegistrarListsWhatTheOthersRegistered() throws Throwable {
        withFleet((a, b) -> {
            for (int i = 0; i < 200; i++) {
                (i % 2 == 0 ? a : b)
                        .request("user" + i + "@h")
                        .order("call-1", 1)
                        .contact("sip:a@h", 600)
                        .send();
            }
            List<String> listed = new ArrayList<>();
            String after = "";
            while (after != null) {
                after = page(a.locations, after, 7, listed);
            }
            assertThat(listed).hasSize(200).doesNotHaveDuplicates();
        });
    }

    private static String page(LocationService locations, String after, int limit, List<String> into) {
        java.util.concurrent.CompletableFuture<Boolean> end = new java.util.concurrent.CompletableFuture<>();
        byte[] key = after.getBytes();
        locations.page(key, 0, key.length, new LocationService.PageRequest() {
            @Override
            public int limit() {
                return limit;
            }

            @Override
            public java.util.concurrent.Executor loop() {
                return Runnable::run;
            }

            @Override
            public void entry(Bindings bindings) {
                into.add(bindings.aor());
            }

            @Override
            public void end(LocationResult result, boolean more) {
                end.complete(more);
            }
        });
        return end.orTimeout(10, TimeUnit.SECONDS).join() ? into.get(into.size() - 1) : null;
    }

    @Test
    void mailComesToTheNodeItIsForAndIsKnownLostWhereNobodyIs() throws Throwable {
        withFleet((a, b) -> {
            java.util.concurrent.BlockingQueue<String> got = new java.util.concurrent.LinkedBlockingQueue<>();
            b.locations.mail().receive(letter -> got.add(new String(letter)));
            FleetMail mail = a.locations.mail();
            // The subscription may still be on its way.
            for (int i = 0; i < 100 && got.isEmpty(); i++) {
                mail.send(b.locations.mail().node(), "hello".getBytes(), () -> {});
                TimeUnit.MILLISECONDS.sleep(20);
            }
            assertThat(got.poll(10, TimeUnit.SECONDS)).isEqualTo("hello");
            java.util.concurrent.CountDownLatch lost = new java.util.concurrent.CountDownLatch(1);
            mail.send(99, "hello".getBytes(), lost::countDown);
            assertThat(lost.await(10, TimeUnit.SECONDS)).isTrue();
        });
    }

    @Test
    void updatesOfOneAddressAtTwoRegistrarsLoseNone() throws Throwable {
        withFleet((a, b) -> {
            List<Thread> threads = new ArrayList<>();
            List<LocationResult> results = java.util.Collections.synchronizedList(new ArrayList<>());
            for (int i = 0; i < 20; i++) {
                int me = i;
                threads.add(new Thread(() -> results.add((me % 2 == 0 ? a : b)
                        .request(LocationServiceContract.AOR)
                        .order("call-" + me, 1)
                        .contact("sip:user@h" + me, 600)
                        .send()
                        .result())));
            }
            threads.forEach(Thread::start);
            for (Thread thread : threads) {
                thread.join(30_000);
            }
            assertThat(results).hasSize(20).allMatch(LocationResult::isSuccess);
            assertThat(a.lookup(LocationServiceContract.AOR).bindings()).hasSize(20);
        });
    }

    @Test
    void lostServerIsUnavailableAndComesBackWithItsBindings() throws Throwable {
        withServer(server -> {
            LocationServiceContract a = over(server.uri());
            a.open();
            try {
                a.request(LocationServiceContract.AOR)
                        .order("call-1", 1)
                        .contact(LocationServiceContract.CONTACT, 600)
                        .send();
                server.stop();
                LocationResult away = a.request(LocationServiceContract.AOR)
                        .order("call-1", 2)
                        .contact(LocationServiceContract.CONTACT, 600)
                        .send()
                        .result();
                assertThat(away).isEqualTo(LocationResult.UNAVAILABLE);
                assertThat(a.locations.failedCalls()).isPositive();
                server.start();
                LocationResult back = LocationResult.UNAVAILABLE;
                long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
                while (back == LocationResult.UNAVAILABLE && System.nanoTime() < deadline) {
                    back = a.request(LocationServiceContract.AOR)
                            .order("call-1", 3)
                            .contact(LocationServiceContract.CONTACT, 600)
                            .send()
                            .result();
                    TimeUnit.MILLISECONDS.sleep(50);
                }
                assertThat(back).isEqualTo(LocationResult.REFRESHED);
            } finally {
                a.close();
            }
        });
    }

    @Test
    void expiryIsToldByTheRegistrarThatHadTheDeviceUnlessItMoved() throws Throwable {
        withFleet((a, b) -> {
            a.request(LocationServiceContract.AOR)
                    .order("call-1", 1)
                    .contact("sip:a@h", 60)
                    .send();
            a.request("moved@h").order("call-1", 1).contact("sip:a@h", 60).send();
            b.request("moved@h").order("call-1", 2).contact("sip:a@h", 600).send();
            a.passSeconds(61);
            // The server's own clock has not moved: what it still holds is out of time all the same.
            a.locations.expire(a.clock.get(), 1000);
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            while (a.events.isEmpty() && System.nanoTime() < deadline) {
                TimeUnit.MILLISECONDS.sleep(10);
            }
            assertThat(a.lookup("moved@h").bindings()).hasSize(1);
            assertThat(a.events).containsExactly("expired sip:a@h left 0");
        });
    }
}
