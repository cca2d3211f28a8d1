/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class FleetCommandTest {

    @Test
    void simulationFindsWhatTheFormulaeSay() {
        FleetCommand command = new FleetCommand();
        new CommandLine(command).parseArgs("--simulated", "200000");
        List<FleetCommand.Check> checks = command.checks();
        assertThat(checks).hasSizeGreaterThanOrEqualTo(9);
        assertThat(checks)
                .allSatisfy(
                        check -> assertThat(check.holds()).as(check.toString()).isTrue());
    }

    @Test
    void figuresOfThePageAreThoseOfTheFormulae() {
        double refreshes = FleetModel.refreshRate(1e8, 3600, 0.5, 0.2);
        assertThat(Math.round(refreshes)).isEqualTo(61_728);
        assertThat(1e8 / 40 * FleetModel.NODE_BYTES / 1e9).isBetween(0.60, 0.62);
        assertThat(refreshes * 32 * FleetModel.TRANSACTION_BYTES / 1e9).isBetween(0.98, 1.0);
        assertThat(FleetModel.drainSeconds(1e8 / 40, 25_000 * 39, refreshes)).isBetween(2.7, 2.8);
        assertThat(FleetModel.drainSeconds(1e8, 1e6, 0)).isEqualTo(100);
        assertThat(FleetModel.wavePeak(1e8, 100, 3600, 0.5, 0.2, 1)).isBetween(277_000.0, 278_000.0);
        assertThat(FleetModel.wavePeak(1e8, 100, 3600, 0.5, 0, 1)).isEqualTo(1e6);
    }

    @Test
    void formulaThatIsWrongIsFound() {
        assertThat(new FleetCommand.Check("what", 100, 111, 0.1).holds()).isFalse();
        assertThat(new FleetCommand.Check("what", 100, 109, 0.1).holds()).isTrue();
    }
}
