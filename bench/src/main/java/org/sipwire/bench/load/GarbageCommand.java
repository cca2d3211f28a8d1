/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import com.sun.management.ThreadMXBean;
import io.netty.util.ResourceLeakDetector;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Counts what the loop of a server allocates for a registration, from socket to socket. */
@Command(
        name = "garbage",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        description =
                "Octets that the event loop allocates for REGISTER, 401, REGISTER, 200 over the loopback, all in: the registrar "
                        + "(devices keep their Call-ID, each answer needs a fresh nonce) and Netty's channels with canned answers.")
public final class GarbageCommand implements Callable<Integer> {
    private static final int PARTS = 10;

    @Option(
            names = "--cycles",
            paramLabel = "N",
            defaultValue = "1000000",
            description = "Registrations counted, after a tenth as many that are not (${DEFAULT-VALUE}).")
    int cycles;

    /** What a run allocated. */
    record Allocated(long octets, long inBestTenth, int cycles) {
        double each() {
            return octets / (double) cycles;
        }

        double eachInBestTenth() {
            return inBestTenth / (cycles / (double) PARTS);
        }
    }

    @Override
    public Integer call() throws Exception {
        // It writes down who touched a buffer; registrar/run switches it off as well.
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
        System.out.printf(
                "%-8s %-8s %12s %16s %22s%n", "over", "server", "cycles", "octets a cycle", "in the best tenth");
        for (String transport : List.of("udp", "tcp")) {
            for (String server : List.of("sipwire", "floor")) {
                Allocated allocated = count(transport, server, cycles);
                System.out.printf(
                        Locale.ROOT,
                        "%-8s %-8s %12d %16.2f %22.2f%n",
                        transport,
                        server,
                        allocated.cycles(),
                        allocated.each(),
                        allocated.eachInBestTenth());
            }
        }
        return 0;
    }

    static Allocated count(String transport, String server, int cycles) throws Exception {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (LoopbackServer running =
                        server.equals("floor") ? LoopbackServer.floor() : LoopbackServer.sipwire(transport);
                LoopbackCycle client = new LoopbackCycle(transport.equals("tcp"), running.port(), "refresh")) {
            long thread = running.threadId();
            for (int i = 0; i < cycles / PARTS; i++) {
                client.next();
            }
            long octets = 0;
            long best = Long.MAX_VALUE;
            for (int part = 0; part < PARTS; part++) {
                long before = threads.getThreadAllocatedBytes(thread);
                for (int i = 0; i < cycles / PARTS; i++) {
                    client.next();
                }
                long allocated = threads.getThreadAllocatedBytes(thread) - before;
                octets += allocated;
                best = Math.min(best, allocated);
            }
            return new Allocated(octets, best, cycles / PARTS * PARTS);
        }
    }
}
