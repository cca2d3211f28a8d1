/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TrendTest {
    private static final int SAMPLES = 120;

    private static Trend trend(IntToDoubleFunction value) {
        return Trend.of(
                IntStream.range(0, SAMPLES).mapToDouble(i -> 600 + 10 * i).toArray(),
                IntStream.range(0, SAMPLES).mapToDouble(value).toArray());
    }

    @Test
    void aLeakBelowTheNoiseOfOneSampleIsFound() {
        SplittableRandom random = new SplittableRandom(1);
        Trend trend = trend(i -> 100 + 0.05 * i + random.nextDouble() * 4);
        assertThat(trend.growth()).isCloseTo(0.05 * (SAMPLES - 1), within(1.0));
        assertThat(trend.isSignificant()).isTrue();
    }

    @Test
    void noiseIsNoGrowthAndNeitherIsAFigureThatNeverChangesOrFalls() {
        SplittableRandom random = new SplittableRandom(2);
        assertThat(trend(i -> 100 + random.nextDouble() * 4).isSignificant()).isFalse();
        assertThat(trend(i -> 7).isSignificant()).isFalse();
        assertThat(trend(i -> 1000 - i).isSignificant()).isFalse();
    }

    @Test
    void aSlowWaveThatEndsHighIsNoGrowth() {
        assertThat(trend(i -> 100 - 10 * Math.cos(Math.PI * 2 * i / 45)).isSignificant())
                .isFalse();
    }

    @Test
    void twoPointsTellNothing() {
        assertThat(Trend.of(new double[] {1, 2}, new double[] {1, 2}).isSignificant())
                .isFalse();
    }

    @Test
    void theFirstThirdIsNotFittedAndNeitherAreSamplesWithoutTheFigure() {
        Series series = new Series();
        for (int i = 0; i < 30; i++) {
            series.add(i, i % 2 == 0 ? Map.of(Gauge.HEAP, i < 10 ? i * 100.0 : 1000) : Map.of(Gauge.THREADS, 9.0));
        }
        assertThat(series.trend(Gauge.HEAP, 10)).isEqualTo(new Trend(10, 1000, 0, 0));
        assertThat(series.trend(Gauge.RESIDENT, 10)).isNull();
    }

    @Test
    void aGaugeIsReadFromItsOwnSeriesAlone() {
        assertThat(Gauge.CONNECTIONS.owns("sip_connections 7.0")).isTrue();
        assertThat(Gauge.CONNECTIONS.owns("sip_connections_closed_total{reason=\"idle\"} 7.0"))
                .isFalse();
        assertThat(Gauge.HEAP.owns("jvm_memory_used_bytes{area=\"heap\",id=\"PS Old Gen\"} 81936.0"))
                .isTrue();
        assertThat(Gauge.HEAP.owns("jvm_memory_used_bytes{area=\"nonheap\",id=\"Metaspace\"} 7.0"))
                .isFalse();
    }
}
