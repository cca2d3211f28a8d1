/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.ParameterException;

class LoadOptionsTest {
    @Test
    void optionsAreRead() {
        LoadOptions options = LoadOptions.parse(
                "--target",
                "tcp://[::1]:5070",
                "--rate",
                "7",
                "--duration",
                "2m",
                "--scenario",
                "gb28181",
                "--t1",
                "250ms");
        assertThat(options.address().getPort()).isEqualTo(5070);
        assertThat(options.reliable()).isTrue();
        assertThat(options.durationNanos()).isEqualTo(120_000_000_000L);
        assertThat(options.t1Nanos()).isEqualTo(250_000_000L);
        assertThat(options.scenario).isEqualTo(Scenario.GB28181);
        assertThat(options.domain()).isEqualTo("3402000000");
        assertThat(options.conditions()).extracting(FailOn::text).containsExactly("errors>0");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--target http://h:1",
                "--target udp://h",
                "--target udp://h:70000",
                "--target udp://h:0",
                "--target udp://h:1 --rate 0",
                "--target udp://h:1 --users 0",
                "--target udp://h:1 --users 100 --user-digits 1",
                "--target udp://h:1 --duration soon",
                "--target udp://h:1 --duration 0",
                "--target udp://h:1 --warm-up long",
                "--target udp://h:1 --scenario everything",
                "--target udp://h:1 --fail-on errors",
                "--target udp://h:1 --fail-on happiness<1",
                "--target udp://h:1 --connections 0",
                "--rate 5"
            })
    void badOptionsAreRefused(String line) {
        assertThatThrownBy(() -> LoadOptions.parse(line.split(" ")))
                .isInstanceOf(ParameterException.class)
                .hasMessageMatching("[^\n]+");
    }
}
