/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.function.Supplier;
import org.sipwire.registrar.Registrar;
import org.sipwire.transaction.LoopHistogram;
import org.sipwire.transaction.SipStack;

/**
 * The loops' histograms as Prometheus has them. Micrometer cannot take a histogram that was counted elsewhere, so they go to the registry
 * below it.
 *
 * <p>Thread: a scrape's. Shared.
 */
final class Latencies implements Collector {
    private final String name;
    private final String help;
    private final Supplier<LoopHistogram.Snapshot> source;

    private Latencies(String name, String help, Supplier<LoopHistogram.Snapshot> source) {
        this.name = name;
        this.help = help + "; of one message in " + LoopHistogram.SAMPLE;
        this.source = source;
    }

    /** Shows those of a server. */
    static void register(PrometheusRegistry registry, SipStack stack, Registrar registrar) {
        registry.register(new Latencies(
                "sip_handling_seconds", "Time from the parser to the socket of a message", stack::handlingLatency));
        registry.register(new Latencies(
                "sip_store_seconds", "Time from the store's being asked to its answer", registrar::storeLatency));
        registry.register(
                new Latencies("sip_auth_seconds", "Time in which credentials are judged", registrar::authLatency));
    }

    @Override
    public MetricSnapshot collect() {
        LoopHistogram.Snapshot now = source.get();
        double[] bounds = new double[LoopHistogram.BUCKETS];
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = LoopHistogram.upperBoundSeconds(i);
        }
        Number[] counts = new Number[bounds.length];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = now.counts()[i];
        }
        return HistogramSnapshot.builder()
                .name(name)
                .help(help)
                .dataPoint(HistogramDataPointSnapshot.builder()
                        .classicHistogramBuckets(ClassicHistogramBuckets.of(bounds, counts))
                        .sum(now.sumSeconds())
                        .labels(Labels.EMPTY)
                        .build())
                .build();
    }
}
