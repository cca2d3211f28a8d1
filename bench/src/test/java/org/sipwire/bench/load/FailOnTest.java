/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class FailOnTest {
    private final LoadStats stats = new LoadStats();
    private final LoadResult result = new LoadResult(
            LoadOptions.parse("--target", "udp://127.0.0.1:1"),
            stats,
            2.0,
            new LoadResult.Generator(0.1, 0.2, 0, 0, 0, 0, Double.NaN),
            List.of(),
            List.of());

    @Test
    void conditionsCompareTheFigureTheyName() {
        stats.done(Op.REGISTER, 4_000_000);
        stats.done(Op.REGISTER, 6_000_000);
        stats.error(LoadError.TIMEOUT);
        assertThat(FailOn.parse("errors>0").holds(result)).isTrue();
        assertThat(FailOn.parse("errors>1").holds(result)).isFalse();
        assertThat(FailOn.parse("timeouts >= 1").holds(result)).isTrue();
        assertThat(FailOn.parse("max>5ms").holds(result)).isTrue();
        assertThat(FailOn.parse("max>7000us").holds(result)).isFalse();
        assertThat(FailOn.parse("p50<=4.1").holds(result)).isTrue();
        assertThat(FailOn.parse("rate<2").holds(result)).isTrue();
        assertThat(FailOn.parse("done<2").holds(result)).isFalse();
    }

    @Test
    void dropsAreTheLastColumnOfTheKernelsTable() {
        List<String> table = List.of(
                "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops",
                " 1: 0100007F:13C4 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1234 2 0000000000000000 17",
                " 2: 0100007F:13C5 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1235 2 0000000000000000 5");
        assertThat(KernelDrops.sum(table, port -> port == 5060)).isEqualTo(17);
        assertThat(KernelDrops.sum(table, port -> true)).isEqualTo(22);
    }
}
