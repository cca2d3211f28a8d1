/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmInfoMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufOutputStream;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.sipwire.metrics.SipStackMetrics;
import org.sipwire.registrar.Registrar;
import org.sipwire.trace.HepExporter;
import org.sipwire.transaction.SipStack;

/**
 * Everything that {@code /metrics} shows: the binders it is given, the build, the JVM and the process.
 *
 * <p>Thread: binders are added before the endpoint is bound; a scrape runs on the endpoint's loop and only reads the loops'
 * counters. Owned: close it.
 */
final class ServerMeters implements AutoCloseable {
    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    private static final Path STATM = Path.of("/proc/self/statm");
    private static final long PAGE = 4096;

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics garbageCollection = new JvmGcMetrics();

    private SipStackMetrics stack;

    ServerMeters() {
        // Names that Prometheus' conventions do not allow; what they say follows under others.
        registry.config()
                .meterFilter(MeterFilter.denyNameStartsWith("process.cpu.time"))
                .meterFilter(MeterFilter.denyNameStartsWith("system.cpu.count"))
                // For each state it looks at every thread, and the JVM stops all of them for that, those of SIP too.
                .meterFilter(MeterFilter.denyNameStartsWith("jvm.threads.states"));
        bind(new JvmInfoMetrics());
        bind(new JvmMemoryMetrics());
        bind(garbageCollection);
        bind(new JvmThreadMetrics());
        bind(new ClassLoaderMetrics());
        bind(new ProcessorMetrics());
        bind(new FileDescriptorMetrics());
        bind(new UptimeMetrics());
        Gauge.builder("sip.build.info", () -> 1)
                .description("The build that runs: always 1")
                .tag("version", BuildInfo.version())
                .tag("revision", BuildInfo.commit())
                .register(registry);
        Gauge.builder("system.cpus", () -> Runtime.getRuntime().availableProcessors())
                .description("Processors that the process may use")
                .register(registry);
        if (ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system) {
            FunctionCounter.builder("process.cpu", system, s -> s.getProcessCpuTime() / 1e9)
                    .baseUnit("seconds")
                    .description("Time that processors have spent on the process")
                    .register(registry);
        }
        if (Files.isReadable(STATM)) {
            Gauge.builder("process.resident.memory", ServerMeters::residentBytes)
                    .baseUnit("bytes")
                    .description("Memory of the process that is in RAM")
                    .register(registry);
        }
    }

    /** Adds what somebody counts. */
    void bind(MeterBinder binder) {
        binder.bindTo(registry);
    }

    /** Adds the counts of the stack, which get series for new statuses before each scrape. */
    void bindStack(SipStackMetrics metrics) {
        stack = metrics;
        bind(metrics);
    }

    /** Adds the latencies. */
    void bindLatencies(SipStack sipStack, Registrar registrar) {
        Latencies.register(registry.getPrometheusRegistry(), sipStack, registrar);
    }

    /** Adds what became of the messages for a collector; the supplier gives null while there is none. */
    void bindCollector(Supplier<HepExporter> exporter) {
        collector(exporter, "sent", HepExporter::sent);
        collector(exporter, "dropped", HepExporter::dropped);
        collector(exporter, "failed", HepExporter::failed);
    }

    private void collector(Supplier<HepExporter> exporter, String outcome, ToDoubleFunction<HepExporter> count) {
        FunctionCounter.builder("sip.hep.messages", exporter, e -> e.get() == null ? 0 : count.applyAsDouble(e.get()))
                .description("Messages for the collector: sent, dropped since it was too slow, failed")
                .tag("outcome", outcome)
                .register(registry);
    }

    /** Makes a scrape for nobody: the first one loads classes and takes ten times as long as those that follow. */
    void warmUp() {
        try {
            registry.scrape(OutputStream.nullOutputStream(), TEXT);
            registry.scrape(OutputStream.nullOutputStream(), OPEN_METRICS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Answers a scrape in the format that was asked for. */
    void scrape(HttpExchange exchange) {
        if (stack != null) {
            stack.refresh();
        }
        String type = exchange.accept().contains("application/openmetrics-text") ? OPEN_METRICS : TEXT;
        ByteBuf body = Unpooled.buffer(64 * 1024);
        try (ByteBufOutputStream out = new ByteBufOutputStream(body)) {
            registry.scrape(out, type);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        exchange.bytes(HttpResponseStatus.OK, type, body);
    }

    private static double residentBytes() {
        try {
            return Long.parseLong(Files.readString(STATM).split(" ")[1]) * (double) PAGE;
        } catch (IOException e) {
            return Double.NaN;
        }
    }

    @Override
    public void close() {
        garbageCollection.close();
        registry.close();
    }
}
