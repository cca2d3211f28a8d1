/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.sipwire.registrar.RegistrarConfig;
import org.sipwire.registrar.location.LocationService;
import org.sipwire.registrar.location.RocksDbLocationService;
import org.sipwire.transport.Transport;

/** What outlives the platform's process, and whom it believes afterwards; RocksDB and raw sockets. */
@Timeout(60)
class RestartTest {
    private static final String DEVICE = "34020000001320000003";

    @TempDir
    Path folder;

    private LocationService locations;
    private PlatformServer server;
    private int port;
    private SocketDevice device;

    @BeforeEach
    void register() throws Exception {
        start(Gb28181Config.of(PlatformServer.PLATFORM).withCatalogOnRegister(false));
        port = server.port(Transport.UDP);
        device = new SocketDevice(DEVICE, Transport.UDP, port);
    }

    @AfterEach
    void close() throws Exception {
        device.close();
        stop();
    }

    private void start(Gb28181Config config) throws Exception {
        locations = RocksDbLocationService.open(folder, true);
        server = new PlatformServer(
                config, RegistrarConfig.gb28181(config.domain()).build(), locations, port);
    }

    private void stop() {
        server.close();
        locations.close();
    }

    private void restart(boolean readmit) throws Exception {
        stop();
        start(Gb28181Config.of(PlatformServer.PLATFORM)
                .withCatalogOnRegister(false)
                .withReadmit(readmit));
    }

    @Test
    void q54_deviceThatOnlyKeepsAliveStaysOnlineThroughARestart() throws Exception {
        device.registers(3600);
        restart(false);
        assertThat(server.event()).isEqualTo("online " + DEVICE);
        DeviceSnapshot snapshot = server.platform.registry().find(DEVICE);
        assertThat(snapshot.online()).isTrue();
        assertThat(snapshot.address().port()).isEqualTo(device.port());
        assertThat(snapshot.userAgent()).isEqualTo("eXosip/4.1.0");
        assertThat(snapshot.contact()).isEqualTo("sip:" + DEVICE + "@192.168.35.165:5080");
        assertThat(snapshot.expiresAtMillis()).isGreaterThan(System.currentTimeMillis() + 3_000_000);
        assertThat(device.exchange(device.message(SocketDevice.keepalive(DEVICE, 7))))
                .startsWith("SIP/2.0 200 ");
        assertThat(server.platform.count(GbCounter.REMEMBERED)).isEqualTo(1);
        server.platform.commands().deviceInfo(DEVICE, DEVICE, outcome -> server.events.add(outcome.kind() + ""));
        String query = device.receive("MESSAGE");
        assertThat(query).contains("<CmdType>DeviceInfo</CmdType>");
        device.send(SocketDevice.ok(query));
    }

    @Test
    void rememberedDeviceIsAskedBeforeItSaysAnything() throws Exception {
        device.registers(3600);
        restart(false);
        assertThat(server.event()).isEqualTo("online " + DEVICE);
        server.platform.commands().ptz(DEVICE, DEVICE, PtzCommand.stop(), o -> server.events.add(o.kind() + ""));
        String command = device.receive("MESSAGE");
        assertThat(SocketDevice.header(command, "Via")).contains("127.0.0.1:" + port);
        device.send(SocketDevice.ok(command));
        assertThat(server.event()).isEqualTo("COMPLETE");
    }

    @Test
    void catalogueIsAskedForOnceARememberedDeviceIsHeard() throws Exception {
        device.registers(3600);
        stop();
        start(Gb28181Config.of(PlatformServer.PLATFORM));
        assertThat(server.event()).isEqualTo("online " + DEVICE);
        // The answer goes first, whatever follows from the keep-alive.
        assertThat(device.exchange(device.message(SocketDevice.keepalive(DEVICE, 7))))
                .startsWith("SIP/2.0 200 ");
        String query = device.receive("MESSAGE");
        device.send(SocketDevice.ok(query));
        device.exchange(device.message(
                device.catalogPart(SocketDevice.element(query, "SN"), 1, "34020000001310000001", "大门口")));
        assertThat(server.event()).isEqualTo("catalog " + DEVICE + " COMPLETE 1");
    }

    @Test
    void strangerAtAnotherPortOrAddressIsNotTheRememberedDevice() throws Exception {
        device.registers(3600);
        restart(false);
        assertThat(server.event()).isEqualTo("online " + DEVICE);
        DeviceSnapshot before = server.platform.registry().find(DEVICE);
        try (SocketDevice stranger = new SocketDevice(DEVICE, Transport.UDP, port)) {
            assertThat(stranger.exchange(stranger.message(SocketDevice.keepalive(DEVICE, 1))))
                    .startsWith("SIP/2.0 404 ");
        }
        assertThat(server.platform.registry().find(DEVICE)).isEqualTo(before);
    }

    @Test
    void rememberedDeviceThatMovedIsFollowedByTheCallIdOfItsRegistration() throws Exception {
        device.registers(3600);
        restart(false);
        try (SocketDevice moved = new SocketDevice(DEVICE, Transport.UDP, port)) {
            assertThat(moved.exchange(moved.request("MESSAGE", device.callId, SocketDevice.keepalive(DEVICE, 2), "")))
                    .startsWith("SIP/2.0 200 ");
        }
        assertThat(server.platform.count(GbCounter.MOVES)).isEqualTo(1);
    }

    @Test
    void q55_deviceThatNeverRegistersAgainIsReadmittedFromItsAddressAlone() throws Exception {
        device.registers(3600);
        restart(true);
        assertThat(server.event()).isEqualTo("online " + DEVICE);
        try (SocketDevice stranger = new SocketDevice(DEVICE, Transport.UDP, port, InetAddress.getByName("127.0.0.2"));
                SocketDevice again = new SocketDevice(DEVICE, Transport.UDP, port)) {
            assertThat(stranger.exchange(stranger.message(SocketDevice.keepalive(DEVICE, 1))))
                    .startsWith("SIP/2.0 404 ");
            // Anything but a keep-alive opens nothing, wherever it comes from.
            assertThat(again.exchange(again.message(again.catalogPart("1", 1, "1", "intruder"))))
                    .startsWith("SIP/2.0 404 ");
            assertThat(again.exchange(again.message(SocketDevice.keepalive(DEVICE, 1))))
                    .startsWith("SIP/2.0 200 ");
            assertThat(server.platform.count(GbCounter.READMITTED)).isEqualTo(1);
            server.platform.commands().deviceInfo(DEVICE, DEVICE, outcome -> {});
            String query = again.receive("MESSAGE");
            again.send(SocketDevice.ok(query));
            // It lives now: another port of the same address is a stranger.
            assertThat(device.exchange(device.message(SocketDevice.keepalive(DEVICE, 1))))
                    .startsWith("SIP/2.0 404 ");
        }
    }

    @Test
    void q55_connectionLostByTheRestartIsReadmittedOverANewOne() throws Exception {
        String id = "34020000001320000004";
        try (SocketDevice tcp = new SocketDevice(id, Transport.TCP, server.port(Transport.TCP))) {
            tcp.registers(3600);
            restart(true);
        }
        DeviceSnapshot remembered = server.platform.registry().find(id);
        assertThat(remembered.online()).isFalse();
        assertThat(remembered.address().transport()).isEqualTo(Transport.TCP);
        try (SocketDevice tcp = new SocketDevice(id, Transport.TCP, server.port(Transport.TCP))) {
            assertThat(tcp.exchange(tcp.message(SocketDevice.keepalive(id, 1)))).startsWith("SIP/2.0 200 ");
            assertThat(server.event()).isEqualTo("online " + id);
        }
        assertThat(server.event()).isEqualTo("offline " + id + " FLOW_LOST");
    }

    @Test
    void withoutReadmissionAConnectionLostByTheRestartHasToRegister() throws Exception {
        String id = "34020000001320000004";
        try (SocketDevice tcp = new SocketDevice(id, Transport.TCP, server.port(Transport.TCP))) {
            tcp.registers(3600);
            restart(false);
        }
        try (SocketDevice tcp = new SocketDevice(id, Transport.TCP, server.port(Transport.TCP))) {
            assertThat(tcp.exchange(tcp.message(SocketDevice.keepalive(id, 1)))).startsWith("SIP/2.0 404 ");
            tcp.callId = "after-the-restart";
            assertThat(tcp.registers(3600)).startsWith("SIP/2.0 200 ");
            assertThat(server.event()).isEqualTo("online " + id);
        }
    }

    @Test
    void unregisteredDeviceIsForgottenByTheRestart() throws Exception {
        device.registers(3600);
        device.registers(0);
        restart(true);
        assertThat(server.platform.registry().size()).isZero();
        assertThat(device.exchange(device.message(SocketDevice.keepalive(DEVICE, 1))))
                .startsWith("SIP/2.0 404 ");
    }
}
