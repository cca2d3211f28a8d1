/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Timer J is the memory of a registrar: what 200,000 completed REGISTER transactions cost, and that they go. */
class TransactionFootprintTest {

    private static final int TRANSACTIONS = 200_000;

    private static long usedHeap() {
        long used = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            used = Math.min(used, runtime.totalMemory() - runtime.freeMemory());
        }
        return used;
    }

    @Test
    void completedRegisterTransactionCostsAtMost512OctetsAllIn() {
        FakeFlow flow = FakeFlow.udp().counting();
        Traffic traffic = new Traffic(TRANSACTIONS);
        traffic.authorized(999_999_999, flow);
        traffic.pass(32_000_000);
        long emptyHeap = usedHeap();
        long empty = traffic.layer.footprint();
        for (int i = 0; i < TRANSACTIONS; i++) {
            traffic.authorized(i, flow);
        }
        assertThat(traffic.layer.liveTransactions()).isEqualTo(TRANSACTIONS);
        assertThat(flow.octets() / flow.messages()).as("octets of a response").isBetween(395L, 450L);
        double counted = (traffic.layer.footprint() - empty) / (double) TRANSACTIONS;
        double measured = (usedHeap() - emptyHeap) / (double) TRANSACTIONS;
        System.out.printf(
                "a completed REGISTER transaction: %.0f octets counted, %.0f measured, response %d%n",
                counted, measured, flow.octets() / flow.messages());
        assertThat(counted).isLessThanOrEqualTo(512);
        assertThat(measured).isLessThanOrEqualTo(512);

        traffic.pass(31_999_999);
        assertThat(traffic.layer.liveTransactions()).isEqualTo(TRANSACTIONS);
        traffic.pass(1);
        assertThat(traffic.layer.liveTransactions()).isZero();
        for (int second = 0; second < 300; second++) {
            traffic.pass(1_000_000);
        }
        assertThat(traffic.layer.footprint() - empty).as("what remains").isLessThan(2_000_000);
        assertThat(usedHeap() - emptyHeap).as("what remains, measured").isLessThan(4_000_000);
    }
}
