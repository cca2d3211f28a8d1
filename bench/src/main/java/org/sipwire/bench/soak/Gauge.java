/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.soak;

/** What is looked at, where it comes from, and by how much it may grow from the beginning to the end of what is fitted. */
enum Gauge {
    HEAP("heap after GC", "jvm_memory_used_bytes", "area=\"heap\"", 0.02, 2 << 20),
    NON_HEAP("metaspace, code", "jvm_memory_used_bytes", "area=\"nonheap\"", 0.02, 4 << 20),
    DIRECT("direct buffers", "jvm_buffer_memory_used_bytes", "id=\"direct\"", 0.02, 4 << 20),
    RESIDENT("resident", "", "", 0.02, 16 << 20),
    DESCRIPTORS("descriptors", "", "", 0.02, 5),
    THREADS("threads", "", "", 0, 2),
    BINDINGS("bindings", "sip_bindings", "", 0.02, 50),
    DEVICES("devices", "sip_gb28181_devices", "", 0.02, 50),
    TRANSACTIONS("transactions", "sip_transactions", "", 0.02, 200),
    CONNECTIONS("connections", "sip_connections", "", 0.02, 10),
    PENDING("platform's pending", "sip_gb28181_pending", "", 0.02, 50);

    private final String label;
    private final String metric;
    private final String labels;
    private final double share;
    private final double constant;

    Gauge(String label, String metric, String labels, double share, double constant) {
        this.label = label;
        this.metric = metric;
        this.labels = labels;
        this.share = share;
        this.constant = constant;
    }

    String label() {
        return label;
    }

    /** True when {@code /proc} tells it, not {@code /metrics}. */
    boolean isOfProcess() {
        return metric.isEmpty();
    }

    /** Octets are printed as megabytes. */
    boolean isMemory() {
        return ordinal() <= RESIDENT.ordinal();
    }

    /** True when a line of {@code /metrics} is one of its series. */
    boolean owns(String line) {
        int length = metric.length();
        return line.startsWith(metric)
                && line.length() > length
                && (line.charAt(length) == ' ' || line.charAt(length) == '{')
                && line.contains(labels);
    }

    /** How much it may grow over what is fitted: a share of its mean and a constant. */
    double allowance(double mean) {
        return share * mean + constant;
    }
}
