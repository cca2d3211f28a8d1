/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.soak;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Samples by the second they were taken. Confined to its thread. */
final class Series {
    /** One look at the server. */
    record Sample(double second, Map<Gauge, Double> values) {}

    private final List<Sample> samples = new ArrayList<>();

    void add(double second, Map<Gauge, Double> values) {
        samples.add(new Sample(second, values));
    }

    List<Sample> samples() {
        return samples;
    }

    /** The trend of a figure from a second on; null when nobody told it. */
    Trend trend(Gauge gauge, double from) {
        List<Sample> of = samples.stream()
                .filter(sample -> sample.second() >= from && sample.values().containsKey(gauge))
                .toList();
        return of.isEmpty()
                ? null
                : Trend.of(
                        of.stream().mapToDouble(Sample::second).toArray(),
                        of.stream()
                                .mapToDouble(sample -> sample.values().get(gauge))
                                .toArray());
    }
}
