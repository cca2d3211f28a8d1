/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.sipwire.codec.manscdp.Manscdp;
import org.sipwire.transport.Transport;

/** What waits in a platform is bounded, and nobody waits for a device that says nothing. */
@Timeout(60)
class PlatformBoundsTest {
    private static final String SILENT = "34020000001110000001";
    private static final String WAITING = "34020000001110000002";

    /** One catalogue query at a time; silence is a second, the first part may take a minute. */
    private static PlatformServer oneAtATime() {
        return new PlatformServer(
                Gb28181Config.of(PlatformServer.PLATFORM).withTiming(new Gb28181Config.Timing(15, 60, 1, 1)));
    }

    @Test
    void deviceThatTakesTheQueryAndIsSilentKeepsNobodyWaiting() throws Exception {
        try (PlatformServer server = oneAtATime();
                SocketDevice silent = new SocketDevice(SILENT, Transport.UDP, server.port(Transport.UDP));
                SocketDevice waiting = new SocketDevice(WAITING, Transport.UDP, server.port(Transport.UDP))) {
            silent.registers(3600);
            silent.send(SocketDevice.ok(silent.receive("MESSAGE")));
            waiting.registers(3600);
            assertThat(waiting.receive("MESSAGE")).contains("<CmdType>Catalog</CmdType>");
        }
    }

    @Test
    void placeOfADeviceThatGoesIsFreeAtOnce() throws Exception {
        try (PlatformServer server = oneAtATime();
                SocketDevice waiting = new SocketDevice(WAITING, Transport.UDP, server.port(Transport.UDP))) {
            try (SocketDevice going = new SocketDevice(SILENT, Transport.TCP, server.port(Transport.TCP))) {
                going.registers(3600);
                going.receive("MESSAGE");
            }
            waiting.registers(3600);
            assertThat(waiting.receive("MESSAGE")).contains("<CmdType>Catalog</CmdType>");
        }
    }

    /** Loops that run nothing until they are told to. */
    private final Queue<Runnable> tasks = new ArrayDeque<>();

    private Gb28181Platform stalled() {
        Gb28181Platform platform = new Gb28181Platform(Gb28181Config.of(PlatformServer.PLATFORM), List.of());
        platform.start(new Wire(
                2,
                flow -> null,
                (flow, request, attachment) -> -1,
                (loop, task) -> tasks.add(task),
                (loop, task, delayMillis) -> {},
                (loop, transport, to, whenOpen) -> {}));
        return platform;
    }

    @Test
    void loopThatIsFarBehindTakesNoMoreOfOthers() {
        PlatformLoop loop = stalled().loop(1);
        Device device = new Device(
                DeviceId.of(SILENT),
                RememberedFlow.of(Transport.UDP, 1, new byte[] {'1', '.', '2', '.', '3', '.', '4'}, 0, 7, 5060),
                180);
        Manscdp keepalive = new Manscdp.Keepalive(1, SILENT, "OK", List.of());
        int taken = 0;
        while (!loop.isBehind() && taken < 1_000_000) {
            loop.handOver(device, keepalive);
            taken++;
        }
        assertThat(taken).isEqualTo(10_000);
        while (!tasks.isEmpty()) {
            tasks.poll().run();
        }
        assertThat(loop.isBehind()).isFalse();
    }

    @Test
    void deviceThatRepeatsItselfHasOneChangeOnItsWayAtMost() {
        Device device = new Device(
                DeviceId.of(SILENT),
                RememberedFlow.of(Transport.UDP, 1, new byte[] {'1', '.', '2', '.', '3', '.', '4'}, 0, 7, 5060),
                180);
        assertThat(device.claimChange()).isTrue();
        assertThat(device.claimChange()).isFalse();
        device.changed();
        assertThat(device.claimChange()).isTrue();
    }

    @Test
    void catalogueThatDidNotComeIsAskedForAgainButNotAtEveryRegistration() throws Exception {
        try (PlatformServer server = oneAtATime();
                SocketDevice device = new SocketDevice(SILENT, Transport.UDP, server.port(Transport.UDP))) {
            for (int i = 0; i < 5; i++) {
                device.registers(3600);
            }
            device.send(SocketDevice.ok(device.receive("MESSAGE")));
            device.exchange(device.message(SocketDevice.keepalive(SILENT, 1)));
            assertThat(server.platform.count(GbCounter.SENT)).isEqualTo(1);
        }
    }

    @Test
    void bodiesForDevicesOf2022NameTheirCharsetByItsName() throws Exception {
        try (PlatformServer server = oneAtATime();
                SocketDevice device = new SocketDevice(SILENT, Transport.UDP, server.port(Transport.UDP))) {
            device.registerExtra = "X-GB-Ver: 3.0\r\n";
            device.registers(3600);
            device.send(SocketDevice.ok(device.receive("MESSAGE")));
            device.send(device.message("<Notify><CmdType>Alarm</CmdType><SN>9</SN><DeviceID>" + SILENT
                    + "</DeviceID><AlarmPriority>1</AlarmPriority></Notify>"));
            String confirmed = device.receive("MESSAGE");
            device.send(SocketDevice.ok(confirmed));
            assertThat(confirmed).contains("<?xml version=\"1.0\" encoding=\"GB18030\"?>");
        }
    }
}
