/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
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

/** Against the machine's redis-server where there is one; elsewhere what stands without it. */
class RedisLocationServiceTest {

    @TempDir
    Path folder;

    /** The contract over one server: of no class that would be found and run without one. */
    private static LocationServiceContract over(RedisServer server) {
        return new LocationServiceContract() {
            @Override
            LocationService create(LongSupplier clockMillis) throws LocationStoreException {
                return RedisLocationService.open(server.uri(), clockMillis);
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

    @TestFactory
    Stream<DynamicTest> contractHolds() {
        List<Method> methods = Arrays.stream(LocationServiceContract.class.getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(Test.class))
                .toList();
        return RedisServer.programs().flatMap(program -> methods.stream()
                .map(method -> DynamicTest.dynamicTest(method.getName(), () -> {
                    try (RedisServer server = new RedisServer(program, Files.createTempDirectory(folder, "redis"))) {
                        LocationServiceContract contract = over(server);
                        contract.open();
                        method.setAccessible(true);
                        try {
                            method.invoke(contract);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        } finally {
                            contract.close();
                        }
                    }
                })));
    }

    private Stream<DynamicTest> withServer(String name, ThrowingConsumer<RedisServer> test) {
        return RedisServer.programs()
                .map(program -> DynamicTest.dynamicTest(name, () -> {
                    try (RedisServer server = new RedisServer(program, Files.createTempDirectory(folder, "redis"))) {
                        test.accept(server);
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> fleetSharesBindingsAndTheirOrder() {
        return withServer("two registrars", server -> {
            LocationServiceContract a = over(server);
            LocationServiceContract b = over(server);
            a.open();
            b.open();
            try {
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
            } finally {
                a.close();
                b.close();
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> updatesOfOneAddressAtTwoRegistrarsLoseNone() {
        return withServer("two registrars at once", server -> {
            LocationServiceContract a = over(server);
            LocationServiceContract b = over(server);
            a.open();
            b.open();
            try {
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
            } finally {
                a.close();
                b.close();
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> lostServerIsUnavailableAndComesBackWithItsBindings() {
        return withServer("killed and started again", server -> {
            LocationServiceContract a = over(server);
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
                assertThat(((RedisLocationService) a.locations).failures()).isPositive();
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

    @TestFactory
    Stream<DynamicTest> expiryIsToldByTheRegistrarThatHadTheDeviceUnlessItMoved() {
        return withServer("expiry", server -> {
            LocationServiceContract a = over(server);
            LocationServiceContract b = over(server);
            a.open();
            b.open();
            try {
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
            } finally {
                a.close();
                b.close();
            }
        });
    }
}
