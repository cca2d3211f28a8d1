/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Records that were replaced are written anew: nothing is allocated, and nobody sees one address-of-record's words as another's. */
class RecordReuseTest {

    private static final int ADDRESSES = 300;
    private static final LocationService.Completion IGNORE = (result, current) -> {};

    /** An address-of-record, a Call-ID and a contact that can be told to belong together, of lengths that change. */
    private static void register(LocationService locations, BindingUpdate update, int user, int n, long expires) {
        byte[] aor = ("u" + user + "@h").getBytes(US_ASCII);
        byte[] call = (user + "-" + "x".repeat(n % 40) + "-" + user).getBytes(US_ASCII);
        byte[] uri = ("sip:u" + user + "@" + "y".repeat(n % 40) + ".h").getBytes(US_ASCII);
        update.begin(aor, 0, aor.length, 0)
                .request(call, 0, call.length, user + 1)
                .maxContacts(1, true);
        if (expires == 0) {
            update.request(call, 0, 1, 0).removeAll();
        } else {
            update.beginContact(uri, 0, uri.length).endContact(expires);
        }
        locations.update(update, (result, current) -> {
            assertThat(result.isSuccess()).as("%s", result).isTrue();
            check(current, user);
        });
    }

    private static void check(Bindings bindings, int user) {
        if (bindings.isEmpty()) {
            return;
        }
        assertThat(bindings.next()).isTrue();
        assertThat(bindings.aor()).isEqualTo("u" + user + "@h");
        assertThat(bindings.cseq()).isEqualTo(user + 1);
        int n = bindings.contactLength() - ("sip:u" + user + "@.h").length();
        assertThat(bindings.text(bindings.contactOffset(), bindings.contactLength()))
                .isEqualTo("sip:u" + user + "@" + "y".repeat(n) + ".h");
        assertThat(bindings.text(bindings.callIdOffset(), bindings.callIdLength()))
                .isEqualTo(user + "-" + "x".repeat(n) + "-" + user);
        assertThat(bindings.next()).isFalse();
    }

    private static void look(LocationService locations, Bindings cursor, int user) {
        byte[] aor = ("u" + user + "@h").getBytes(US_ASCII);
        locations.lookup(aor, 0, aor.length, cursor, Runnable::run, (result, current) -> check(current, user));
    }

    private static int page(LocationService locations) {
        int[] entries = {0};
        locations.page(new byte[0], 0, 0, new LocationService.PageRequest() {
            @Override
            public int limit() {
                return ADDRESSES;
            }

            @Override
            public Executor loop() {
                return Runnable::run;
            }

            @Override
            public void entry(Bindings bindings) {
                entries[0]++;
                String aor = bindings.aor();
                check(bindings, Integer.parseInt(aor, 1, aor.indexOf('@'), 10));
            }

            @Override
            public void end(LocationResult result, boolean more) {
                assertThat(more).isFalse();
            }
        });
        return entries[0];
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 32})
    void nobodySeesAnotherAddressOfRecordsWords(int batch) throws Exception {
        InMemoryLocationService locations = new InMemoryLocationService(() -> 0, batch);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        AtomicBoolean stop = new AtomicBoolean();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 3; t++) {
            Random random = new Random(t);
            threads.add(new Thread(() -> {
                BindingUpdate update = new BindingUpdate();
                for (int i = 0; i < 60_000; i++) {
                    // All threads write all addresses, and some go, so that segments are rebuilt.
                    int user = random.nextInt(ADDRESSES);
                    register(locations, update, user, random.nextInt(1000), random.nextInt(8) == 0 ? 0 : 3600);
                }
                for (int user = 0; user < ADDRESSES; user++) {
                    register(locations, update, user, user, 3600);
                }
            }));
        }
        Thread looker = new Thread(() -> {
            Random random = new Random(9);
            Bindings cursor = new Bindings();
            while (!stop.get()) {
                for (int i = 0; i < 100; i++) {
                    look(locations, cursor, random.nextInt(ADDRESSES));
                }
                page(locations);
                // Guests keep everything from being written anew: most of the time there is none.
                LockSupport.parkNanos(200_000);
            }
        });
        threads.add(looker);
        for (Thread thread : threads) {
            thread.setUncaughtExceptionHandler((who, error) -> failure.compareAndSet(null, error));
            thread.start();
        }
        for (Thread thread : threads) {
            if (thread != looker) {
                thread.join(120_000);
            }
        }
        stop.set(true);
        looker.join(10_000);
        assertThat(failure.get()).isNull();
        assertThat(page(locations)).isEqualTo(ADDRESSES);
        assertThat(locations.bindingCount()).isEqualTo(ADDRESSES);
        assertThat(locations.addressCount()).isEqualTo(ADDRESSES);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5})
    void registrationWithANewCallIdAllocatesNothing(int contacts) {
        InMemoryLocationService locations = new InMemoryLocationService(() -> 0);
        BindingUpdate update = new BindingUpdate();
        byte[] aor = "34020000001320000000@3402000000".getBytes(US_ASCII);
        byte[] uri = "sip:34020000001320000000@192.168.35.165:5080".getBytes(US_ASCII);
        byte[] call = "1838763823@192.168.35.165".getBytes(US_ASCII);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        int users = 100;
        int warmUp = 20_000;
        int measured = 10_000;
        long before = 0;
        for (int i = 0; i < warmUp + measured; i++) {
            if (i == warmUp) {
                before = threads.getCurrentThreadAllocatedBytes();
            }
            int user = i % users;
            aor[18] = (byte) ('0' + user / 10);
            aor[19] = (byte) ('0' + user % 10);
            for (int digit = 9, rest = i; digit >= 0; digit--, rest /= 10) {
                call[digit] = (byte) ('0' + rest % 10);
            }
            uri[uri.length - 1] = (byte) ('0' + i / users % contacts);
            update.begin(aor, 0, aor.length, 0).request(call, 0, call.length, 2);
            update.beginContact(uri, 0, uri.length).endContact(3600);
            locations.update(update, IGNORE);
        }
        assertThat(threads.getCurrentThreadAllocatedBytes() - before)
                .as("of %s registrations", measured)
                .isLessThan(measured);
        assertThat(locations.bindingCount()).isEqualTo(users * contacts);
    }

    /** What is borrowed by a callback stays as it is until the callback returns, though the record is replaced in between. */
    @Test
    void recordStaysWhileACallbackLooksAtIt() {
        InMemoryLocationService locations = new InMemoryLocationService(() -> 0, 1);
        BindingUpdate mine = new BindingUpdate();
        BindingUpdate others = new BindingUpdate();
        register(locations, others, 1, 5, 3600);
        byte[] aor = "u1@h".getBytes(US_ASCII);
        byte[] call = "another".getBytes(US_ASCII);
        byte[] uri = "sip:another@h".getBytes(US_ASCII);
        mine.begin(aor, 0, aor.length, 0).request(call, 0, call.length, 9).maxContacts(2, true);
        mine.beginContact(uri, 0, uri.length).endContact(60);
        locations.update(mine, (result, current) -> {
            for (int i = 0; i < 100; i++) {
                register(locations, others, 1, i, 3600);
                register(locations, others, 2, i, 3600);
            }
            List<String> contacts = new ArrayList<>();
            while (current.next()) {
                contacts.add(current.text(current.contactOffset(), current.contactLength()) + " " + current.cseq());
            }
            assertThat(contacts).containsExactlyInAnyOrder("sip:u1@yyyyy.h 2", "sip:another@h 9");
        });
        locations.lookup(aor, 0, aor.length, new Bindings(), Runnable::run, (result, current) -> {
            for (int i = 0; i < 100; i++) {
                register(locations, others, 1, i, 3600);
                register(locations, others, 2, i, 3600);
            }
            check(current, 1);
        });
    }
}
