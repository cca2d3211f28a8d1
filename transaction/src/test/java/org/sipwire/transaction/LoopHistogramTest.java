/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoopHistogramTest {
    private final LoopHistogram histogram = new LoopHistogram();

    @Test
    void eachDurationIsInTheFirstBucketThatHoldsIt() {
        for (long nanos = 1; nanos < 100_000_000_000L; nanos = nanos * 17 / 16 + 1) {
            int bucket = LoopHistogram.bucket(nanos);
            assertThat(nanos / 1e9).isLessThanOrEqualTo(LoopHistogram.upperBoundSeconds(bucket));
            if (bucket > 0) {
                assertThat(nanos / 1e9).isGreaterThan(LoopHistogram.upperBoundSeconds(bucket - 1));
            }
        }
    }

    @Test
    void boundsRiseByNoMoreThanHalf() {
        for (int i = 1; i < LoopHistogram.BUCKETS - 1; i++) {
            assertThat(LoopHistogram.upperBoundSeconds(i) / LoopHistogram.upperBoundSeconds(i - 1))
                    .isBetween(1.3, 1.51);
        }
        assertThat(LoopHistogram.upperBoundSeconds(LoopHistogram.BUCKETS - 1)).isInfinite();
    }

    @Test
    void edgesBelongToTheBucketTheyEnd() {
        assertThat(LoopHistogram.bucket(1024)).isZero();
        assertThat(LoopHistogram.bucket(1025)).isEqualTo(1);
        assertThat(LoopHistogram.bucket(1536)).isEqualTo(1);
        assertThat(LoopHistogram.bucket(1537)).isEqualTo(2);
        assertThat(LoopHistogram.bucket(2048)).isEqualTo(2);
        assertThat(LoopHistogram.bucket(Long.MAX_VALUE)).isEqualTo(LoopHistogram.BUCKETS - 1);
        assertThat(LoopHistogram.bucket(-5)).isZero();
    }

    @Test
    void sumIsOverAllLoops() {
        LoopHistogram other = new LoopHistogram();
        histogram.record(1_000_000);
        other.record(1_000_000);
        other.record(3_000_000_000L);
        LoopHistogram.Snapshot sum = LoopHistogram.sum(List.of(histogram, other));
        assertThat(sum.counts()[LoopHistogram.bucket(1_000_000)]).isEqualTo(2);
        assertThat(sum.counts()[LoopHistogram.bucket(3_000_000_000L)]).isEqualTo(1);
        assertThat(sum.sumSeconds()).isEqualTo(3.002);
    }

    @Test
    void oneOfSeventeenIsMeasuredAndNothingIsAllocated() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long id = Thread.currentThread().getId();
        long before = 0;
        for (int i = 0; i < 17_000; i++) {
            histogram.end(histogram.begin());
            if (i == 999) {
                before = threads.getThreadAllocatedBytes(id);
            }
        }
        assertThat(threads.getThreadAllocatedBytes(id) - before).isLessThan(1_000);
        long sampled = 0;
        for (long count : LoopHistogram.sum(List.of(histogram)).counts()) {
            sampled += count;
        }
        assertThat(sampled).isEqualTo(1_000);
    }
}
