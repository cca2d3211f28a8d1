/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

class RocksDbLocationServiceTest extends LocationServiceContract {

    @TempDir
    Path directory;

    @Override
    LocationService create(LongSupplier clockMillis) throws LocationStoreException {
        return RocksDbLocationService.open(directory.resolve("bindings"), isSync(), clockMillis);
    }

    boolean isSync() {
        return true;
    }

    private RocksDbLocationService rocks() {
        return (RocksDbLocationService) locations;
    }

    private void restart() throws Exception {
        locations.close();
        open();
    }

    @Test
    void restartFindsEveryBindingAsItWas() throws Exception {
        List<Outcome> before = new java.util.ArrayList<>();
        for (int i = 0; i < 500; i++) {
            Request request = request("user" + i + "@example.com")
                    .order("call-" + i, 1)
                    .flow(i + 1)
                    .contact("sip:a@h" + i, 100 + i);
            if (i % 3 == 0) {
                request.contact("sip:second@h" + i, 900);
            }
            request.send();
            // A refresh changes one word of the record; it is on the disk all the same.
            before.add(request("user" + i + "@example.com")
                    .order("call-" + i, 2)
                    .flow(i + 1)
                    .contact("sip:a@h" + i, 1000 + i)
                    .send());
        }
        request("gone@example.com").order("c", 1).contact("sip:a@h", 60).send();
        request("gone@example.com").order("c", 2).contact("sip:a@h", 0).send();
        long bindings = locations.bindingCount();
        restart();
        assertThat(locations.bindingCount()).isEqualTo(bindings);
        assertThat(locations.addressCount()).isEqualTo(500);
        for (int i = 0; i < 500; i++) {
            assertThat(lookup("user" + i + "@example.com").bindings())
                    .containsExactlyInAnyOrderElementsOf(before.get(i).bindings());
        }
        assertThat(lookup("gone@example.com").bindings()).isEmpty();
    }

    /** The writer once asked a job's update for its loop after the loop had begun the next request, and completed on its own thread. */
    @Test
    void completionComesOnItsLoopThoughTheUpdateIsInUseAgain() throws Exception {
        ExecutorService loop = Executors.newSingleThreadExecutor(task -> new Thread(task, "the loop"));
        List<String> threads = java.util.Collections.synchronizedList(new java.util.ArrayList<>());
        try {
            BindingUpdate update = new BindingUpdate();
            for (int i = 0; i < 2_000; i++) {
                byte[] aor = ("user" + i + "@example.com").getBytes(StandardCharsets.US_ASCII);
                byte[] contact = "sip:a@192.0.2.1".getBytes(StandardCharsets.US_ASCII);
                update.begin(aor, 0, aor.length, 1_000_000L)
                        .request(aor, 0, aor.length, 1)
                        .loop(loop);
                update.flow(0, 5060, 1).source(contact, 0, contact.length);
                update.beginContact(contact, 0, contact.length).endContact(3600);
                locations.update(
                        update,
                        (result, current) -> threads.add(Thread.currentThread().getName()));
            }
            update.begin(new byte[] {'x'}, 0, 1, 1_000_000L);
            while (rocks().pendingCalls() > 0) {
                Thread.onSpinWait();
            }
        } finally {
            locations.close();
            loop.shutdown();
            assertThat(loop.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(threads).hasSize(2_000);
        if (isSync()) {
            assertThat(threads).containsOnly("the loop");
        }
        open();
    }

    @Test
    void orderOfRequestsOutlivesARestart() throws Exception {
        request(AOR).order("call-1", 5).contact(CONTACT, 3600).send();
        restart();
        assertThat(request(AOR).order("call-1", 4).contact(CONTACT, 3600).send().result())
                .isEqualTo(LocationResult.OUT_OF_ORDER);
        assertThat(request(AOR).order("call-1", 6).contact(CONTACT, 3600).send().result())
                .isEqualTo(LocationResult.REFRESHED);
    }

    @Test
    void whatEndedMeanwhileIsNotLoadedAndGoesFromTheDisk() throws Exception {
        request(AOR)
                .order("call-1", 1)
                .contact("sip:a@h", 10)
                .contact("sip:b@h", 100)
                .send();
        request("short@h").order("call-1", 1).contact("sip:a@h", 10).send();
        clock.addAndGet(10_000);
        restart();
        assertThat(lookup(AOR).contacts()).containsExactly("sip:b@h");
        assertThat(locations.addressCount()).isEqualTo(1);
        clock.addAndGet(-10_000);
        restart();
        assertThat(lookup("short@h").bindings()).isEmpty();
    }

    @Test
    void expiryRemovesFromTheDisk() throws Exception {
        request(AOR)
                .order("call-1", 1)
                .contact("sip:a@h", 10)
                .contact("sip:b@h", 100)
                .send();
        clock.addAndGet(10_000);
        locations.expire(clock.get(), 100);
        assertThat(events).containsExactly("expired sip:a@h left 1");
        clock.addAndGet(-10_000);
        restart();
        assertThat(lookup(AOR).contacts()).containsExactly("sip:b@h");
    }

    @Test
    void removalByAnOperatorOutlivesARestart() throws Exception {
        request(AOR).order("call-1", 1).contact("sip:a@h", 100).send();
        CompletableFuture<LocationResult> removed = new CompletableFuture<>();
        byte[] key = AOR.getBytes();
        locations.remove(
                key, 0, key.length, new Bindings(), Runnable::run, (result, bindings) -> removed.complete(result));
        assertThat(removed.get(10, TimeUnit.SECONDS)).isEqualTo(LocationResult.REMOVED);
        restart();
        assertThat(lookup(AOR).bindings()).isEmpty();
    }

    @Test
    void fullDiskRefusesUpdatesUntilThereIsRoom() throws Exception {
        request(AOR).order("call-1", 1).contact("sip:a@h", 100).send();
        rocks().fault = new RocksDBException("No space left on device");
        // Without sync the first ones are answered before the disk is asked.
        LocationResult refused = LocationResult.UNCHANGED;
        long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        int cseq = 2;
        for (; refused != LocationResult.UNAVAILABLE && System.nanoTime() < patience; cseq++) {
            refused = request(AOR)
                    .order("call-1", cseq)
                    .contact("sip:b@h", 100)
                    .send()
                    .result();
            Thread.yield();
        }
        assertThat(refused).isEqualTo(LocationResult.UNAVAILABLE);
        assertThat(rocks().isAvailable()).isFalse();
        assertThat(lookup(AOR).contacts()).contains("sip:a@h");
        rocks().fault = null;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!rocks().isAvailable() && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(request(AOR)
                        .order("call-1", cseq)
                        .contact("sip:c@h", 100)
                        .send()
                        .result())
                .isEqualTo(LocationResult.REFRESHED);
        restart();
        assertThat(lookup(AOR).contacts()).contains("sip:a@h", "sip:c@h");
    }

    @Test
    void directoryOfSomethingElseIsRefusedInOneLine() throws Exception {
        Path other = Files.createDirectories(directory.resolve("other"));
        Files.writeString(other.resolve("letter.txt"), "dear");
        assertThatThrownBy(() -> RocksDbLocationService.open(other, true))
                .isInstanceOf(LocationStoreException.class)
                .hasMessageContaining(other.toString())
                .message()
                .hasLineCount(1);
    }

    @Test
    void databaseOfAnotherProgramIsRefused() throws Exception {
        Path other = directory.resolve("database");
        try (RocksDB database = RocksDB.open(other.toString())) {
            database.put("key".getBytes(), "value".getBytes());
        }
        assertThatThrownBy(() -> RocksDbLocationService.open(other, true))
                .isInstanceOf(LocationStoreException.class)
                .hasMessageContaining("another program");
    }

    @Test
    void directoryInUseIsRefused() {
        assertThatThrownBy(() -> RocksDbLocationService.open(directory.resolve("bindings"), true))
                .isInstanceOf(LocationStoreException.class)
                .message()
                .hasLineCount(1);
    }

    @Test
    void fileInPlaceOfADirectoryIsRefused() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "x");
        assertThatThrownBy(() -> RocksDbLocationService.open(file, true))
                .isInstanceOf(LocationStoreException.class)
                .hasMessageContaining("not a directory");
    }

    @Test
    void damagedDirectoryIsRefusedInOneLine() throws Exception {
        request(AOR).order("call-1", 1).contact("sip:a@h", 100).send();
        locations.close();
        try (Stream<Path> files = Files.list(directory.resolve("bindings"))) {
            for (Path file : files.filter(f -> f.getFileName().toString().startsWith("MANIFEST"))
                    .toList()) {
                overwrite(file);
            }
        }
        assertThatThrownBy(() -> RocksDbLocationService.open(directory.resolve("bindings"), true))
                .isInstanceOf(LocationStoreException.class)
                .hasMessageContaining("cannot be opened")
                .message()
                .hasLineCount(1);
    }

    private static void overwrite(Path file) throws IOException {
        byte[] noise = new byte[(int) Files.size(file)];
        java.util.Arrays.fill(noise, (byte) 0x5A);
        Files.write(file, noise);
    }
}
