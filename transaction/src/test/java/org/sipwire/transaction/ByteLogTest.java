/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ByteLogTest {

    private final ByteLog log = new ByteLog();

    private byte[] read(long record) {
        int offset = ByteLog.offset(record);
        return Arrays.copyOfRange(log.array(record), offset, offset + ByteLog.length(record));
    }

    private static byte[] octets(Random random, int length) {
        byte[] octets = new byte[length];
        random.nextBytes(octets);
        return octets;
    }

    @Test
    void recordsKeepTheirOctetsWhileOthersComeAndGo() {
        Random random = new Random(4);
        ArrayDeque<Long> records = new ArrayDeque<>();
        ArrayDeque<byte[]> model = new ArrayDeque<>();
        long bytes = 0;
        for (int i = 0; i < 50_000; i++) {
            byte[] octets = octets(random, 1 + random.nextInt(900));
            records.add(log.append(octets, 0, octets.length));
            model.add(octets);
            bytes += octets.length;
            while (records.size() > 1_000 + random.nextInt(1_000)) {
                byte[] expected = model.remove();
                long record = records.remove();
                assertThat(read(record)).isEqualTo(expected);
                log.release(record);
                bytes -= expected.length;
            }
            assertThat(log.liveBytes()).isEqualTo(bytes);
        }
        assertThat(log.footprint()).as("live %d", bytes).isLessThan(2_000 * 900 + 5 * ByteLog.SEGMENT);
        while (!records.isEmpty()) {
            log.release(records.remove());
        }
        assertThat(log.footprint()).as("what the next wave finds").isGreaterThan(1_000 * 450);
        int seconds = 0;
        while (log.footprint() >= 4L * ByteLog.SEGMENT) {
            log.settle();
            assertThat(++seconds).isLessThan(300);
        }
    }

    @Test
    void theNextWaveAllocatesNoSegment() {
        byte[] octets = octets(new Random(7), 900);
        ArrayDeque<Long> records = new ArrayDeque<>();
        long peak = 0;
        for (int wave = 0; wave < 3; wave++) {
            for (int i = 0; i < 10_000; i++) {
                records.add(log.append(octets, 0, octets.length));
            }
            assertThat(log.footprint()).isLessThanOrEqualTo(wave == 0 ? Long.MAX_VALUE : peak);
            peak = log.footprint();
            while (!records.isEmpty()) {
                log.release(records.remove());
            }
        }
    }

    @Test
    void recordLongerThanASegmentHasOneOfItsOwn() {
        byte[] large = octets(new Random(5), ByteLog.SEGMENT + 1);
        long before = log.footprint();
        long record = log.append(large, 0, large.length);
        assertThat(read(record)).isEqualTo(large);
        log.release(record);
        assertThat(log.footprint()).isEqualTo(before);
    }

    @Test
    void recordTooLongOrEmptyIsNone() {
        assertThat(log.append(new byte[ByteLog.MAX_LENGTH + 1], 0, ByteLog.MAX_LENGTH + 1))
                .isEqualTo(ByteLog.NONE);
        assertThat(log.append(new byte[1], 0, 0)).isEqualTo(ByteLog.NONE);
    }

    @Test
    void releasedRecordIsOverwrittenWhenScribbling() {
        assertThat(Boolean.getBoolean("sipwire.scribble"))
                .as("tests run with sipwire.scribble")
                .isTrue();
        long kept = log.append(new byte[] {7}, 0, 1);
        long record = log.append(new byte[] {1, 2, 3}, 0, 3);
        byte[] array = log.array(record);
        log.release(record);
        assertThat(array[ByteLog.offset(record)]).isNotEqualTo((byte) 1);
        assertThat(read(kept)).containsExactly(7);
    }
}
