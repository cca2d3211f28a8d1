/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.flood;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;
import org.sipwire.codec.SipCompliance;
import org.sipwire.codec.SipLimits;
import org.sipwire.codec.SipParser;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.SipStackConfig;

class FloodCommandTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "192.0.2.1:5060",
                "example.org:5060",
                "127.0.0.1",
                "127.0.0.1:0",
                "127.0.0.1:99999",
                ":5060",
                "127.1.2.3.example.org:1"
            })
    void nobodyElseIsFlooded(String target) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FloodCommand.loopback(target))
                .withMessageContaining("--target");
    }

    @ParameterizedTest
    @EnumSource(
            value = FloodKind.class,
            mode = Mode.EXCLUDE,
            names = {"NOISE", "SLOW_TCP", "CONNECT", "TLS_HANDSHAKE", "WEBSOCKET_LIE", "SLOWLORIS"})
    void eachKindIsSipThatTheServerHasToWorkOn(FloodKind kind) {
        byte[] message = new HostileRequests(1, "34020000").next(kind);
        int n = new SipParser(SipCompliance.DEPLOYED, SipLimits.DEFAULT).parseDatagram(message, 0, message.length);
        assertThat(n).isEqualTo(message.length);
        assertThat(FloodKind.of(kind.option())).isSameAs(kind);
    }

    @Test
    void floodIsAnsweredAndCounted() throws Exception {
        try (SipStack stack = SipStack.create(
                SipStackConfig.builder().listen("udp://127.0.0.1:0").threads(1).build())) {
            stack.start((request, context) -> {
                context.response(401);
                context.respondStateless();
            });
            Flood flood = new Flood(
                    FloodCommand.loopback(
                            "127.0.0.1:" + stack.boundPoints().get(0).port()),
                    new InetSocketAddress("127.0.0.66", 0),
                    200,
                    1,
                    new HostileRequests(1, "34020000"));
            Flood.Outcome outcome = flood.datagrams(FloodKind.REGISTER);
            assertThat(outcome.sent()).isBetween(2L, 200L);
            assertThat(outcome.answers()).isBetween(1L, outcome.sent());
            assertThat(outcome.refused()).isZero();
        }
    }
}
