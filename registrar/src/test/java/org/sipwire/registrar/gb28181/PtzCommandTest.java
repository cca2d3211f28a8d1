/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sipwire.registrar.gb28181.PtzCommand.Move;

class PtzCommandTest {
    @Test
    void capturedCommandsAreMadeDigitForDigit() {
        assertThat(PtzCommand.stop()).hasToString("A50F0000000000B4");
        assertThat(PtzCommand.move(0, 100, 0, Move.UP)).hasToString("A50F000800640020");
        assertThat(PtzCommand.move(150, 0, 0, Move.LEFT).at(1)).hasToString("A50F01029600004D");
        assertThat(PtzCommand.callPreset(3)).hasToString("A50F008200030039");
    }

    @Test
    void twoAxesAndZoomGoTogether() {
        assertThat(PtzCommand.move(255, 255, 15, Move.RIGHT, Move.DOWN, Move.ZOOM_IN)
                        .toString())
                .startsWith("A50F0015FFFFF0");
        assertThat(PtzCommand.cruiseStay(1, 0xabc).at(0x123).toString()).startsWith("A50F238701BCA1");
    }

    @Test
    void whatCannotBeIsRefused() {
        assertThatThrownBy(() -> PtzCommand.move(1, 0, 0, Move.LEFT, Move.RIGHT))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PtzCommand.move(256, 0, 0, Move.LEFT)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PtzCommand.move(0, 0, 16, Move.ZOOM_IN)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PtzCommand.callPreset(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PtzCommand.stop().at(4096)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"A50F0000000000B4", "A50F000800640020", "A50F01029600004D"})
    void whatWasWrittenIsRead(String hex) {
        assertThat(PtzCommand.parse(hex)).hasToString(hex);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "A50F0000000000B5",
                "A60F0000000000B5",
                "A50E0000000000B3",
                "A50F00000000",
                "not hexadecimal."
            })
    void whatIsNoCommandIsRefused(String hex) {
        assertThatThrownBy(() -> PtzCommand.parse(hex)).isInstanceOf(IllegalArgumentException.class);
    }
}
