/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.sipwire.codec.SipCompliance;
import org.sipwire.codec.SipLimits;
import org.sipwire.transport.IoEngine;
import org.sipwire.transport.ListeningPoint;
import org.sipwire.transport.StreamLimits;
import org.sipwire.transport.TlsConfig;
import org.sipwire.transport.Transport;
import org.sipwire.transport.fault.Faults;

/**
 * What a {@link SipStack} is made of. Made by {@link #builder()}, which has a default for everything but the listening points.
 *
 * <p>Shared: immutable.
 *
 * @param listeningPoints where the stack listens; none: it only sends, over connections
 * @param io the I/O engine
 * @param threads event loops, 1..256
 * @param timers T1, T2, T4
 * @param limits bounds of a message
 * @param compliance how lenient the parser is
 * @param transactionCapacity transactions of all loops together; beyond it requests are answered 503
 * @param streamLimits bounds of connections
 * @param tls certificates, null when nothing listens on TLS or WSS and this side opens no such connection
 * @param advertisedHost the host this side names itself by in Via, null: the local address a peer sees
 * @param socketBufferBytes SO_RCVBUF and SO_SNDBUF of UDP sockets to ask for
 * @param maxDatagramBytes a request of this side that is longer goes over TCP (RFC 3261 §18.1.1); 0: it is sent in fragments
 * @param drainMillis how long {@link SipStack#close()} waits for what is pending
 * @param faults faults to inject, null for none
 * @param steering whether the Call-ID decides the loop of a request over UDP, and not its source: for listening points where one peer,
 *     a proxy, carries everything, which one loop could not bear alone; what comes from it is then no longer handled in order
 * @param nameServers DNS servers to ask, in this order; none: the system's
 */
public record SipStackConfig(
        List<ListeningPoint> listeningPoints,
        IoEngine io,
        int threads,
        TransactionTimers timers,
        SipLimits limits,
        SipCompliance compliance,
        int transactionCapacity,
        StreamLimits streamLimits,
        TlsConfig tls,
        String advertisedHost,
        int socketBufferBytes,
        int maxDatagramBytes,
        long drainMillis,
        Faults faults,
        boolean steering,
        List<InetSocketAddress> nameServers) {

    /** Event loops there can be: a branch names its loop by two hexadecimal digits. */
    public static final int MAX_THREADS = 256;

    /**
     * Octets of the JVM's largest heap for each transaction a stack may have unless told otherwise, {@value}: about twice what one takes.
     * 4 GiB are 4 million, or 130,000 accepted requests a second over UDP for the 32 s of Timer J.
     */
    public static final int HEAP_OF_A_TRANSACTION = 1024;

    /** Octets of a UDP socket's buffers to ask for, {@value}: a tenth of a second of 100,000 messages a second. */
    public static final int DEFAULT_SOCKET_BUFFER_BYTES = 8 * 1024 * 1024;

    /** RFC 3261 §18.1.1: "If a request is within 200 bytes of the path MTU, or if it is larger than 1300 bytes"; {@value}. */
    public static final int DEFAULT_MAX_DATAGRAM_BYTES = 1300;

    /** How long a closing stack waits for what is pending, {@value} ms. */
    public static final long DEFAULT_DRAIN_MILLIS = 5_000;

    /** Checks the parts. */
    public SipStackConfig {
        listeningPoints = List.copyOf(listeningPoints);
        nameServers = List.copyOf(nameServers);
        Objects.requireNonNull(io, "io");
        Objects.requireNonNull(timers, "timers");
        Objects.requireNonNull(limits, "limits");
        Objects.requireNonNull(compliance, "compliance");
        Objects.requireNonNull(streamLimits, "streamLimits");
        if (threads < 1 || threads > MAX_THREADS) {
            throw new IllegalArgumentException("threads must be within 1.." + MAX_THREADS + ", is " + threads);
        }
        if (transactionCapacity < threads) {
            throw new IllegalArgumentException(
                    "transactionCapacity must be one a thread at least, is " + transactionCapacity);
        }
        if (socketBufferBytes < 4096) {
            throw new IllegalArgumentException("socketBufferBytes must be 4096 or more, is " + socketBufferBytes);
        }
        if (maxDatagramBytes < 0 || drainMillis < 0) {
            throw new IllegalArgumentException("maxDatagramBytes and drainMillis must be 0 or more");
        }
        for (ListeningPoint point : listeningPoints) {
            if (point.transport().isSecure() && (tls == null || tls.identity() == null)) {
                throw new IllegalArgumentException(point + " needs a TLS certificate and key");
            }
        }
    }

    /** A builder with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** A builder with these values, to change some of them. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.listeningPoints.addAll(listeningPoints);
        builder.io = io;
        builder.threads = threads;
        builder.timers = timers;
        builder.limits = limits;
        builder.compliance = compliance;
        builder.transactionCapacity = transactionCapacity;
        builder.streamLimits = streamLimits;
        builder.tls = tls;
        builder.advertisedHost = advertisedHost;
        builder.socketBufferBytes = socketBufferBytes;
        builder.maxDatagramBytes = maxDatagramBytes;
        builder.drainMillis = drainMillis;
        builder.faults = faults;
        builder.steering = steering;
        builder.nameServers = nameServers;
        return builder;
    }

    /** Collects the parts; confined to one thread. */
    public static final class Builder {
        private static final int WHAT_FITS = Integer.MIN_VALUE;

        private final List<ListeningPoint> listeningPoints = new ArrayList<>();
        private IoEngine io = IoEngine.AUTO;
        private int threads = 1;
        private TransactionTimers timers = TransactionTimers.DEFAULT;
        private SipLimits limits = SipLimits.DEFAULT;
        private SipCompliance compliance = SipCompliance.DEPLOYED;
        private int transactionCapacity = WHAT_FITS;
        private StreamLimits streamLimits = StreamLimits.DEFAULT;
        private TlsConfig tls;
        private String advertisedHost;
        private int socketBufferBytes = DEFAULT_SOCKET_BUFFER_BYTES;
        private boolean steering;
        private int maxDatagramBytes = DEFAULT_MAX_DATAGRAM_BYTES;
        private long drainMillis = DEFAULT_DRAIN_MILLIS;
        private Faults faults;
        private List<InetSocketAddress> nameServers = List.of();

        private Builder() {}

        /** Adds a listening point. */
        public Builder listen(Transport transport, String host, int port) {
            return listen(new ListeningPoint(transport, host, port));
        }

        /** Adds a listening point. */
        public Builder listen(ListeningPoint point) {
            listeningPoints.add(Objects.requireNonNull(point, "point"));
            return this;
        }

        /** Adds a listening point by its text, {@code udp://0.0.0.0:5060}. */
        public Builder listen(String uri) {
            return listen(ListeningPoint.parse(uri));
        }

        /** Sets the I/O engine; default auto. */
        public Builder io(IoEngine engine) {
            io = engine;
            return this;
        }

        /** Sets the number of event loops; default 1. */
        public Builder threads(int count) {
            threads = count;
            return this;
        }

        /** Sets T1, T2, T4; default as RFC 3261. */
        public Builder timers(TransactionTimers value) {
            timers = value;
            return this;
        }

        /** Sets the bounds of a message. */
        public Builder limits(SipLimits value) {
            limits = value;
            return this;
        }

        /** Sets how lenient the parser is; default {@link SipCompliance#DEPLOYED}. */
        public Builder compliance(SipCompliance value) {
            compliance = value;
            return this;
        }

        /** Sets the transactions there may be on all loops together; default: what fits {@link #HEAP_OF_A_TRANSACTION}. */
        public Builder transactionCapacity(int transactions) {
            transactionCapacity = transactions;
            return this;
        }

        /** Sets the bounds of connections. */
        public Builder streamLimits(StreamLimits value) {
            streamLimits = value;
            return this;
        }

        /** Sets the certificates of TLS and WSS listening points. */
        public Builder tls(TlsConfig value) {
            tls = value;
            return this;
        }

        /** Sets the host this side names itself by; default: the local address a peer sees. */
        public Builder advertisedHost(String host) {
            advertisedHost = host;
            return this;
        }

        /** Sets the octets of a UDP socket's buffers to ask for; default {@value #DEFAULT_SOCKET_BUFFER_BYTES}. */
        public Builder socketBufferBytes(int octets) {
            socketBufferBytes = octets;
            return this;
        }

        /** Sets the longest request that is sent over UDP, 0 for any; default {@value #DEFAULT_MAX_DATAGRAM_BYTES}. */
        public Builder maxDatagramBytes(int octets) {
            maxDatagramBytes = octets;
            return this;
        }

        /** Whether the Call-ID decides the loop of a request over UDP; false by default. Returns this. */
        public Builder steering(boolean value) {
            steering = value;
            return this;
        }

        /** Sets how long closing waits for what is pending; default {@value #DEFAULT_DRAIN_MILLIS}. */
        public Builder drainMillis(long millis) {
            drainMillis = millis;
            return this;
        }

        /** Injects faults into all UDP listening points: for tests of those who use the stack. */
        public Builder faults(Faults value) {
            faults = value;
            return this;
        }

        /** Sets the DNS servers to ask, in this order; default: those of the system. */
        public Builder nameServers(InetSocketAddress... servers) {
            nameServers = List.of(servers);
            return this;
        }

        private int defaultCapacity() {
            long most = (long) threads * (TransactionTable.MAX_SLOTS / 2);
            return (int) Math.max(threads, Math.min(most, Runtime.getRuntime().maxMemory() / HEAP_OF_A_TRANSACTION));
        }

        /**
         * The configuration.
         *
         * @throws IllegalArgumentException with one line that says which part is wrong
         */
        public SipStackConfig build() {
            return new SipStackConfig(
                    listeningPoints,
                    io,
                    threads,
                    timers,
                    limits,
                    compliance,
                    transactionCapacity == WHAT_FITS ? defaultCapacity() : transactionCapacity,
                    streamLimits,
                    tls,
                    advertisedHost,
                    socketBufferBytes,
                    maxDatagramBytes,
                    drainMillis,
                    faults,
                    steering,
                    nameServers);
        }
    }
}
