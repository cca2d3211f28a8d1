/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class RegisterPathTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void theMeasuredPathChallengesAndThenRegisters() {
        RegisterPath path = new RegisterPath(new RegisterPath.Load(100, 1000, true, 10));
        path.prepare();
        assertThat(path.challenge()).isEqualTo(401);
        assertThat(path.lastAnswer())
                .contains("WWW-Authenticate: Digest")
                .contains("nonce=\"")
                .contains("rport=5080");
        assertThat(path.accept()).isEqualTo(200);
        assertThat(path.lastAnswer())
                .contains("Contact: <sip:u0000000@192.168.35.165:5080;line=030bf7a750f46d9>;expires=3600");
        assertThat(path.bindings()).isEqualTo(1);
        assertThat(path.accept()).isEqualTo(200);
        assertThat(path.bindings()).isEqualTo(2);
    }

    @Test
    void transactionsLiveUntilTimerJ() {
        RegisterPath path = new RegisterPath(new RegisterPath.Load(1000, 1000, false, 10_000));
        path.prepare();
        for (int i = 0; i < 10_000; i++) {
            assertThat(path.accept()).isEqualTo(200);
        }
        assertThat(path.liveTransactions()).isBetween(900, 1100);
        assertThat(path.bindings()).isEqualTo(1000);
    }

    @Test
    void registeringAgainAllocatesNothing() {
        RegisterPath path = new RegisterPath(new RegisterPath.Load(2_000, 10_000, false, 30_000));
        path.fill();
        path.prepare();
        int cycles = 7_500;
        long allocated = Long.MAX_VALUE;
        // From here on as many transactions end as begin.
        // The compiler's own thread is not counted, but what runs before it is compiled is.
        for (int round = 0; round < 4; round++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            int wrong = 0;
            for (int i = 0; i < cycles; i++) {
                wrong += path.challenge() == 401 ? 0 : 1;
                wrong += path.accept() == 200 ? 0 : 1;
            }
            allocated = Math.min(allocated, THREADS.getCurrentThreadAllocatedBytes() - before);
            assertThat(wrong).as(path.lastAnswer()).isZero();
        }
        assertThat(allocated / (double) cycles).as("octets a cycle").isLessThan(0.5);
    }
}
