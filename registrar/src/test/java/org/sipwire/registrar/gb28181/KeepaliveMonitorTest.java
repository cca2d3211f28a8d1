/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.sipwire.codec.manscdp.CatalogItem;
import org.sipwire.transport.DetachedFlow;
import org.sipwire.transport.Flow;
import org.sipwire.transport.Transport;

/** Liveness on a clock of our own, and what a device costs. */
class KeepaliveMonitorTest {
    private final KeepaliveMonitor monitor = new KeepaliveMonitor();
    private final List<Device> silent = new ArrayList<>();
    private long now = 1_700_000_000_000L;

    @Test
    void silentDeviceIsFoundWithinASecondOfItsDeadline() {
        Device device = online(1);
        runFor(179_000);
        assertThat(silent).isEmpty();
        runFor(2_000);
        assertThat(silent).containsExactly(device);
    }

    @Test
    void keepaliveCostsTheMonitorNothingAndKeepsTheDevice() {
        Device device = online(1);
        int looked = 0;
        for (int i = 0; i < 60; i++) {
            runFor(60_000);
            device.seen(now);
        }
        looked += runFor(0);
        assertThat(silent).isEmpty();
        assertThat(looked).isZero();
        runFor(182_000);
        assertThat(silent).containsExactly(device);
    }

    @Test
    void stalledLoopTakesNobodyForSilentBeforeWhatWaitsInItsSocketsIsRead() {
        Device device = online(1);
        runFor(60_000);
        now += 300_000;
        monitor.tick(now, silent::add);
        assertThat(silent).isEmpty();
        device.seen(now);
        runFor(170_000);
        assertThat(silent).isEmpty();
    }

    @Test
    void deviceThatIsOfflineIsLetGo() {
        Device device = online(1);
        device.status(Device.Status.GONE);
        runFor(400_000);
        assertThat(silent).isEmpty();
        assertThat(device.inWheel).isFalse();
    }

    @Test
    void deviceCostsNoMoreThanItsJavadocSays() {
        int count = 50_000;
        DeviceRegistry registry = new DeviceRegistry();
        long before = used();
        for (int i = 0; i < count; i++) {
            Device device = new Device(DeviceId.of(String.format("340200000013%08d", i)), flow(i + 1), 180);
            device.registration(
                    ("192.168." + (i >> 8 & 255) + '.' + (i & 255) + ":5060").getBytes(StandardCharsets.US_ASCII),
                    "IP Camera",
                    now,
                    now + 3_600_000);
            registry.add(device);
        }
        long each = (used() - before) / count;
        assertThat(registry.size()).isEqualTo(count);
        assertThat(each).isBetween(100L, (long) Device.MAX_OCTETS);
        assertThat(registry.page("", 3)).hasSize(3);
        assertThat(registry.page("34020000001300000002", 2))
                .extracting(DeviceSnapshot::id)
                .containsExactly("34020000001300000003", "34020000001300000004");
    }

    @Test
    void channelCostsSomeHundredOctets() {
        CatalogItem item = CatalogItem.channel("34020000001310000001", "IPCamera 01", "34020000001110000001");
        // Two object headers, a reference, the length: 16 + 16 + 4.
        assertThat(item.packedLength() + 36).isLessThan(220);
    }

    private Device online(int number) {
        Device device = new Device(DeviceId.of("3402000000132000000" + number), flow(number), 180);
        monitor.tick(now, silent::add);
        device.seen(now);
        device.status(Device.Status.ONLINE);
        monitor.watch(device);
        return device;
    }

    private int runFor(long millis) {
        int looked = 0;
        long end = now + millis;
        while (now < end) {
            now += 500;
            looked += monitor.tick(now, silent::add);
        }
        return looked;
    }

    private static long used() {
        for (int i = 0; i < 4; i++) {
            System.gc();
        }
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    /** As big as a UDP flow in its kept form. */
    private static Flow flow(long id) {
        return new DetachedFlow(Transport.UDP, id, "192.168.0.1", 5060);
    }
}
