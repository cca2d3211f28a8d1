/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

class InMemoryLocationServiceTest extends LocationServiceContract {

    @Override
    LocationService create(LongSupplier clockMillis) {
        return new InMemoryLocationService(clockMillis);
    }

    private InMemoryLocationService memory() {
        return (InMemoryLocationService) locations;
    }

    private int expire() {
        int handled = 0;
        for (int n; (n = locations.expire(clock.get(), 100)) > 0; ) {
            handled += n;
        }
        return handled;
    }

    @Test
    void sweepDropsWhatIsOutOfTimeAndTellsOnce() {
        request(AOR)
                .order("call-1", 1)
                .contact("sip:a@h", 10)
                .contact("sip:b@h", 20)
                .send();
        clock.addAndGet(9_000);
        expire();
        assertThat(events).isEmpty();
        clock.addAndGet(1_000);
        expire();
        assertThat(events).containsExactly("expired sip:a@h left 1");
        clock.addAndGet(60_000);
        expire();
        assertThat(events).containsExactly("expired sip:a@h left 1", "expired sip:b@h left 0");
        assertThat(locations.bindingCount()).isZero();
        assertThat(locations.addressCount()).isZero();
    }

    @Test
    void refreshKeepsTheBindingFromTheSweep() {
        request(AOR).order("call-1", 1).contact(CONTACT, 10).send();
        for (int cseq = 2; cseq < 50; cseq++) {
            clock.addAndGet(5_000);
            request(AOR).order("call-1", cseq).contact(CONTACT, 10).send();
            expire();
        }
        assertThat(events).isEmpty();
        clock.addAndGet(10_000);
        expire();
        assertThat(events).containsExactly("expired " + CONTACT + " left 0");
    }

    @Test
    void shortenedBindingEndsInTime() {
        request(AOR).order("call-1", 1).contact(CONTACT, 3600).send();
        request(AOR).order("call-1", 2).contact(CONTACT, 5).send();
        clock.addAndGet(5_000);
        expire();
        assertThat(events).containsExactly("expired " + CONTACT + " left 0");
    }

    @Test
    void bindingLongerThanTheWheelEndsInTime() {
        request(AOR).order("call-1", 1).contact(CONTACT, 200_000).send();
        for (int hour = 0; hour < 55; hour++) {
            clock.addAndGet(3_600_000);
            expire();
        }
        assertThat(events).isEmpty();
        clock.addAndGet(2_000_000);
        expire();
        assertThat(events).containsExactly("expired " + CONTACT + " left 0");
    }

    @Test
    void bindingEndsThoughTheSweepSleptForDays() {
        request(AOR).order("call-1", 1).contact(CONTACT, 90).send();
        clock.addAndGet(400_000_000);
        expire();
        assertThat(events).containsExactly("expired " + CONTACT + " left 0");
    }

    @Test
    void sweepCostsWhatIsDueNotWhatIsThere() {
        for (int i = 0; i < 10_000; i++) {
            request("long" + i + "@h").order("c", 1).contact("sip:a@h", 3600).send();
        }
        request(AOR).order("c", 1).contact("sip:a@h", 10).send();
        clock.addAndGet(20_000);
        assertThat(expire()).isEqualTo(1);
    }

    @Test
    void sweepStopsAtItsBudgetAndGoesOn() {
        for (int i = 0; i < 250; i++) {
            request("u" + i + "@h").order("c", 1).contact("sip:a@h", 10).send();
        }
        clock.addAndGet(10_000);
        assertThat(locations.expire(clock.get(), 100)).isEqualTo(100);
        assertThat(locations.bindingCount()).isEqualTo(150);
        assertThat(locations.expire(clock.get(), 100)).isEqualTo(100);
        assertThat(locations.expire(clock.get(), 100)).isEqualTo(50);
        assertThat(locations.bindingCount()).isZero();
    }

    @Test
    void updateThatMeetsLapsedBindingsTellsOfThem() {
        request(AOR).order("call-1", 1).contact("sip:a@h", 10).send();
        clock.addAndGet(10_000);
        request(AOR).order("call-1", 2).contact("sip:b@h", 10).send();
        assertThat(events).containsExactly("expired sip:a@h left 1");
        assertThat(locations.bindingCount()).isEqualTo(1);
    }

    @Test
    void tableShrinksAfterAPeak() {
        long before = memory().capacity();
        for (int i = 0; i < 100_000; i++) {
            request("u" + i + "@h").order("c", 1).contact("sip:a@h", 10).send();
        }
        assertThat(memory().capacity()).isGreaterThan(100_000);
        clock.addAndGet(10_000);
        expire();
        assertThat(locations.bindingCount()).isZero();
        assertThat(memory().capacity()).isLessThanOrEqualTo(4 * before);
    }

    @Test
    void refreshAllocatesNothing() {
        BindingUpdate update = new BindingUpdate();
        byte[] aor = AOR.getBytes(UTF_8);
        byte[] uri = CONTACT.getBytes(UTF_8);
        byte[] host = "192.168.35.165".getBytes(UTF_8);
        byte[] callId = "1838763823@192.168.35.165".getBytes(UTF_8);
        int[] refreshed = {0};
        LocationService.Completion count =
                (result, current) -> refreshed[0] += result == LocationResult.REFRESHED ? 1 : 0;
        Bindings cursor = new Bindings();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long cseq = 0;
        long before = 0;
        int warmUp = 20_000;
        int measured = 1_000;
        for (int i = 0; i < warmUp + measured; i++) {
            if (i == warmUp) {
                before = threads.getCurrentThreadAllocatedBytes();
            }
            update.begin(aor, 0, aor.length, 1_700_000_000_000L + i).request(callId, 0, callId.length, ++cseq);
            update.flow(0, 5080, 7).source(host, 0, host.length);
            update.beginContact(uri, 0, uri.length).endContact(3600);
            locations.update(update, count);
            locations.lookup(aor, 0, aor.length, cursor, Runnable::run, count);
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(refreshed[0]).isEqualTo(warmUp + measured - 1);
        assertThat(allocated)
                .as("see -XX:+UnlockDiagnosticVMOptions or a JFR of jdk.ObjectAllocationSample")
                .isLessThan(measured);
    }

    /** The table against a HashMap: random updates, removals and sweeps, with small segments being rebuilt all the time. */
    @Test
    void agreesWithAReferenceModel() {
        Random random = new Random(42);
        Map<String, Long> model = new HashMap<>();
        long cseq = 0;
        for (int step = 0; step < 60_000; step++) {
            String aor = "u" + random.nextInt(5_000) + "@h";
            int what = random.nextInt(10);
            if (what < 6) {
                long expires = 1 + random.nextInt(50);
                request(aor).order("c", ++cseq).contact("sip:a@h", expires).send();
                model.put(aor, clock.get() / 1000 + expires);
            } else if (what < 8) {
                request(aor).order("c", ++cseq).contact("sip:a@h", 0).send();
                model.remove(aor);
            } else if (what == 8) {
                Long expected = model.get(aor);
                boolean alive = expected != null && expected > clock.get() / 1000;
                assertThat(lookup(aor).bindings().size()).isEqualTo(alive ? 1 : 0);
            } else if (random.nextInt(20) == 0) {
                clock.addAndGet(1_000);
                expire();
                long now = clock.get() / 1000;
                model.values().removeIf(end -> end <= now);
                assertThat(locations.bindingCount()).isEqualTo(model.size());
                assertThat(locations.addressCount()).isEqualTo(model.size());
            }
        }
        clock.addAndGet(60_000);
        expire();
        assertThat(locations.bindingCount()).isZero();
    }

    /** Loops that own their addresses write while one sweeps and others look: nobody sees another's word, and none is lost. */
    @Test
    void survivesConcurrentGrowthRemovalAndSweep() throws Exception {
        int writers = 4;
        int addresses = 20_000;
        AtomicBoolean stop = new AtomicBoolean();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (int w = 0; w < writers; w++) {
            int me = w;
            threads.add(new Thread(() -> {
                Random random = new Random(me);
                boolean[] there = new boolean[addresses];
                long cseq = 0;
                try {
                    for (int i = 0; i < 150_000; i++) {
                        // Growing first, then mostly removing, so that segments are rebuilt both ways.
                        int user = random.nextInt(addresses);
                        String aor = "w" + me + "u" + user + "@h";
                        boolean add = random.nextInt(10) < (i < 75_000 ? 8 : 2);
                        LocationResult result = request(aor)
                                .order("c", ++cseq)
                                .contact("sip:a@h", add ? 7200 : 0)
                                .send()
                                .result();
                        LocationResult expected = add
                                ? there[user] ? LocationResult.REFRESHED : LocationResult.REGISTERED
                                : there[user] ? LocationResult.REMOVED : LocationResult.UNCHANGED;
                        assertThat(result).isEqualTo(expected);
                        there[user] = add;
                    }
                    for (int user = 0; user < addresses; user++) {
                        assertThat(lookup("w" + me + "u" + user + "@h").bindings())
                                .hasSize(there[user] ? 1 : 0);
                    }
                } catch (Throwable t) {
                    failure.compareAndSet(null, t);
                }
            }));
        }
        Thread sweeper = new Thread(() -> {
            for (long now = clock.get(); !stop.get(); now += 1000) {
                locations.expire(Math.min(now, clock.get() + 7_000_000), 1000);
            }
        });
        threads.forEach(Thread::start);
        sweeper.start();
        for (Thread thread : threads) {
            thread.join(120_000);
        }
        stop.set(true);
        sweeper.join(10_000);
        assertThat(failure.get()).isNull();
        assertThat(events).isEmpty();
    }
}
