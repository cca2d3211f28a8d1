/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import org.junit.jupiter.api.Test;

class FaultyTransportTest {
    private static final int DATAGRAMS = 20_000;

    private record Task(long due, long order, Runnable run) {}

    /** Time that passes when the test says so. */
    private final PriorityQueue<Task> tasks =
            new PriorityQueue<>((a, b) -> a.due != b.due ? Long.compare(a.due, b.due) : Long.compare(a.order, b.order));

    private long now;
    private long order;

    private List<Integer> pass(Faults faults, int datagrams) {
        List<Integer> arrived = new ArrayList<>();
        FaultyTransport network =
                new FaultyTransport(faults, 0, (task, millis) -> tasks.add(new Task(now + millis, order++, task)));
        byte[] octets = new byte[4];
        for (int i = 0; i < datagrams; i++) {
            octets[0] = (byte) (i >>> 24);
            octets[1] = (byte) (i >>> 16);
            octets[2] = (byte) (i >>> 8);
            octets[3] = (byte) i;
            network.pass(octets, 0, 4, (bytes, offset, length) -> {
                assertThat(length).isEqualTo(4);
                arrived.add((bytes[offset] & 0xFF) << 24
                        | (bytes[offset + 1] & 0xFF) << 16
                        | (bytes[offset + 2] & 0xFF) << 8
                        | bytes[offset + 3] & 0xFF);
            });
            now++;
            runDue();
        }
        while (!tasks.isEmpty()) {
            now++;
            runDue();
        }
        return arrived;
    }

    private void runDue() {
        while (!tasks.isEmpty() && tasks.peek().due <= now) {
            tasks.poll().run.run();
        }
    }

    @Test
    void withoutFaultsAllArriveInOrder() {
        List<Integer> arrived = pass(Faults.seed(1), DATAGRAMS);
        assertThat(arrived).hasSize(DATAGRAMS).isSorted();
    }

    @Test
    void lossIsTheShareAskedFor() {
        List<Integer> arrived = pass(Faults.seed(1).withLoss(0.2), DATAGRAMS);
        assertThat(arrived.size() / (double) DATAGRAMS).isCloseTo(0.8, within(0.01));
        assertThat(arrived).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void duplicationIsTheShareAskedFor() {
        List<Integer> arrived = pass(Faults.seed(1).withDuplication(0.05), DATAGRAMS);
        assertThat(arrived.size() / (double) DATAGRAMS).isCloseTo(1.05, within(0.01));
        assertThat(new HashSet<>(arrived)).hasSize(DATAGRAMS);
    }

    @Test
    void reorderedDatagramsComeAfterTheNextAndNoneIsLost() {
        List<Integer> arrived = pass(Faults.seed(1).withReordering(0.1), DATAGRAMS);
        assertThat(arrived).hasSize(DATAGRAMS).doesNotHaveDuplicates();
        int overtaken = 0;
        for (int i = 1; i < arrived.size(); i++) {
            if (arrived.get(i) < arrived.get(i - 1)) {
                overtaken++;
            }
        }
        assertThat(overtaken / (double) DATAGRAMS).isCloseTo(0.09, within(0.02));
    }

    @Test
    void corruptDatagramsHaveTheirLengthAndSomeOctetsChanged() {
        FaultyTransport network =
                new FaultyTransport(Faults.seed(1).withCorruption(0.3).withDuplication(0.1), 0, (task, millis) -> {
                    throw new AssertionError("nothing is late");
                });
        byte[] sent = new byte[300];
        int[] changed = new int[FaultyTransport.MAX_CORRUPT_OCTETS + 1];
        for (int i = 0; i < DATAGRAMS; i++) {
            network.pass(sent, 20, 200, (bytes, offset, length) -> {
                assertThat(length).isEqualTo(200);
                int differing = 0;
                for (int at = offset; at < offset + length; at++) {
                    differing += bytes[at] == 0 ? 0 : 1;
                }
                changed[differing]++;
            });
        }
        assertThat(network.corrupted() / (double) DATAGRAMS).isCloseTo(0.3, within(0.01));
        // One octet may be changed twice, and back.
        assertThat(network.passed() - changed[0]).isCloseTo((long) (1.1 * network.corrupted()), within(200L));
        assertThat(changed).as("each number of octets").doesNotContain(0);
        assertThat(sent).as("what the sender has").containsOnly(0);
    }

    @Test
    void delayIsWithinItsRange() {
        List<Integer> arrived = pass(Faults.seed(1).withDelay(5, 15), 1_000);
        assertThat(arrived).hasSize(1_000).doesNotHaveDuplicates();
        assertThat(now).isGreaterThan(1_000);
    }

    @Test
    void theSameSeedGivesTheSameFate() {
        Faults faults = Faults.seed(42)
                .withLoss(0.2)
                .withDuplication(0.05)
                .withReordering(0.1)
                .withCorruption(0.1)
                .withDelay(0, 30);
        assertThat(pass(faults, 2_000)).isEqualTo(pass(faults, 2_000));
        assertThat(pass(Faults.seed(43).withLoss(0.2), 2_000))
                .isNotEqualTo(pass(Faults.seed(44).withLoss(0.2), 2_000));
    }

    @Test
    void impossibleFaultsAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Faults.seed(1).withLoss(1.1));
        assertThatIllegalArgumentException().isThrownBy(() -> Faults.seed(1).withCorruption(-0.1));
        assertThatIllegalArgumentException().isThrownBy(() -> Faults.seed(1).withDelay(5, 4));
    }
}
