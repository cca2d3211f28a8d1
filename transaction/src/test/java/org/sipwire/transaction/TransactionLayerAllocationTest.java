/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

/**
 * Inside the fence nothing is allocated: request in, response out, retransmission in, the same response out, with
 * 10^5 transactions alive and as many ending as are made. To find a culprit: {@code java
 * -XX:+UnlockDiagnosticVMOptions -XX:+DebugNonSafepoints} with a JFR recording of {@code jdk.ObjectAllocationSample}.
 */
class TransactionLayerAllocationTest {

    private static final int LIVE = 100_000;
    private static final int OPERATIONS = 50_000;
    /** LIVE transactions live for 32 s. */
    private static final long MICROS_A_TRANSACTION = 32_000_000L / LIVE;

    private final com.sun.management.ThreadMXBean threads =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final Traffic traffic = new Traffic(2 * LIVE);

    private double octetsAnOperation(IntConsumer operation) {
        long least = Long.MAX_VALUE;
        int number = 0;
        // The compiler works on this thread's behalf for a while; what remains in the best round is ours.
        for (int round = 0; round < 5; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < OPERATIONS; i++) {
                operation.accept(number++);
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        return least / (double) OPERATIONS;
    }

    private void fill(FakeFlow flow) {
        for (int i = 0; i < LIVE; i++) {
            traffic.authorized(500_000_000 + i, flow);
            traffic.pass(MICROS_A_TRANSACTION);
        }
    }

    @Test
    void statelessChallengeAllocatesNothing() {
        FakeFlow flow = FakeFlow.udp().counting();
        assertThat(octetsAnOperation(number -> traffic.register(number, flow))).isLessThan(0.01);
        assertThat(flow.messages()).isEqualTo(5 * OPERATIONS);
    }

    @Test
    void acceptedRequestOverUdpAllocatesNothingWithManyAlive() {
        FakeFlow flow = FakeFlow.udp().counting();
        fill(flow);
        assertThat(octetsAnOperation(number -> {
                    traffic.authorized(number, flow);
                    traffic.pass(MICROS_A_TRANSACTION);
                }))
                .isLessThan(0.01);
        assertThat(traffic.layer.liveTransactions()).isBetween(LIVE - 10, LIVE + 10);
    }

    @Test
    void retransmissionAndItsAnswerAllocateNothingWithManyAlive() {
        FakeFlow flow = FakeFlow.udp().counting();
        fill(flow);
        long before = traffic.requests;
        assertThat(octetsAnOperation(
                        number -> traffic.authorized(500_000_000 + LIVE / 2 + number * 31 % (LIVE / 2), flow)))
                .isLessThan(0.01);
        assertThat(traffic.requests).as("the user sees none of them").isEqualTo(before);
        assertThat(flow.messages()).isEqualTo(LIVE + 5L * OPERATIONS);
    }

    @Test
    void acceptedRequestOverTcpAllocatesNothing() {
        FakeFlow flow = FakeFlow.tcp().counting();
        assertThat(octetsAnOperation(number -> traffic.authorized(number, flow)))
                .isLessThan(0.01);
        assertThat(traffic.layer.liveTransactions()).isZero();
    }

    @Test
    void registrationAllocatesNothing() {
        FakeFlow flow = FakeFlow.udp().counting();
        fill(flow);
        assertThat(octetsAnOperation(number -> {
                    traffic.register(number, flow);
                    traffic.authorized(number, flow);
                    traffic.pass(MICROS_A_TRANSACTION);
                }))
                .isLessThan(0.01);
    }
}
