/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.sipwire.registrar.gb28181.CatalogState;
import org.sipwire.registrar.gb28181.DeviceSnapshot;
import org.sipwire.registrar.gb28181.OfflineReason;
import org.sipwire.transport.Transport;
import org.slf4j.event.KeyValuePair;

class FailureLogTest {
    private final FailureLog log = new FailureLog(new EventTopic(new HttpCounts()));

    private static DeviceSnapshot device(String id) {
        return new DeviceSnapshot(
                id,
                false,
                false,
                new DeviceSnapshot.Address(Transport.TCP, "::1", 5060),
                "",
                "",
                "",
                0,
                0,
                0,
                180,
                CatalogState.values()[0],
                0,
                null);
    }

    @Test
    void silentDeviceIsAFailureAndOneThatSaidGoodbyeIsNot() {
        log.onOffline(device("1"), OfflineReason.UNREGISTERED);
        log.onOffline(device("2"), OfflineReason.KEEPALIVE_TIMEOUT);
        assertThat(log.find(null, null, null, 10))
                .extracting(FailureLog.Failure::aor, FailureLog.Failure::reason, FailureLog.Failure::source)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("2", "offline_keepalive_timeout", "tcp://[::1]:5060"));
    }

    @Test
    void nameOfADeviceBeginsNoLineOfTheLog() {
        assertThat(FailureLog.printable("a\nERROR b\u001b[2J\u009b")).isEqualTo("a\\u000aERROR b\\u001b[2J\\u009b");
        assertThat(FailureLog.printable("34020000001320000003@3402000000"))
                .isEqualTo("34020000001320000003@3402000000");
        assertThat(FailureLog.printable("\u5c0f\u660e")).isEqualTo("\u5c0f\u660e");
    }

    @Test
    void floodIsCountedAndNotKept() {
        long begun = System.nanoTime() / 1_000_000_000L;
        for (int i = 0; i < 100_000; i++) {
            log.onOffline(device("d" + i), OfflineReason.EXPIRED);
        }
        long seconds = System.nanoTime() / 1_000_000_000L - begun + 1;
        List<FailureLog.Failure> kept = log.find(null, null, null, 1_000);
        assertThat(kept.size()).isBetween(1, (int) (FailureLog.PER_SECOND * seconds));
        assertThat(log.suppressed()).isEqualTo(100_000 - kept.get(0).number());
    }

    @Test
    void logLineOfJsonHasTheKeysOfTheCallAndNoLineFeedOfADevice() {
        LoggerContext context = new LoggerContext();
        LoggingEvent event = new LoggingEvent(
                "test", context.getLogger("org.sipwire.x"), Level.INFO, "refused {}", null, new Object[] {"a\nb"});
        event.addKeyValuePair(new KeyValuePair("aor", "alice\n{\"level\":\"ERROR\"}"));
        event.addKeyValuePair(new KeyValuePair("status", 403));
        String line = new String(new Logs.JsonLines().encode(event), StandardCharsets.UTF_8);
        assertThat(line)
                .endsWith("}\n")
                .contains("\"level\":\"INFO\"", "\"logger\":\"org.sipwire.x\"", "\"message\":\"refused a\\nb\"")
                .contains("\"aor\":\"alice\\n{\\\"level\\\":\\\"ERROR\\\"}\"", "\"status\":403");
        assertThat(line.indexOf('\n')).isEqualTo(line.length() - 1);
    }
}
