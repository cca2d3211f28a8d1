/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.sipwire.codec.manscdp.CatalogItem;
import org.sipwire.codec.manscdp.Manscdp;
import org.sipwire.registrar.Registrar;
import org.sipwire.registrar.RegistrarConfig;
import org.sipwire.registrar.auth.AuthConfig;
import org.sipwire.registrar.auth.NonceFactory;
import org.sipwire.registrar.auth.SharedPasswordStore;
import org.sipwire.registrar.location.InMemoryLocationService;
import org.sipwire.registrar.location.LocationService;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.SipStackConfig;
import org.sipwire.transport.ListeningPoint;
import org.sipwire.transport.Transport;

/** A whole platform on loopback: stack, registrar with Digest, memory, GB/T 28181. What it tells its listener can be waited for. */
final class PlatformServer implements AutoCloseable {
    static final String PLATFORM = "34020000002000000001";
    static final String REALM = "34020000";
    static final String PASSWORD = "12345678";

    final Gb28181Platform platform;
    final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    final BlockingQueue<Manscdp> bodies = new LinkedBlockingQueue<>();
    final SipStack stack;

    PlatformServer() {
        this(Gb28181Config.of(PLATFORM));
    }

    PlatformServer(Gb28181Config config) {
        this(config, RegistrarConfig.gb28181(config.domain()).build());
    }

    PlatformServer(Gb28181Config config, RegistrarConfig registrarConfig) {
        this(config, registrarConfig, new InMemoryLocationService(), 0);
    }

    /** A platform that listens again where one before it did, on its registrations. */
    PlatformServer(Gb28181Config config, RegistrarConfig registrarConfig, LocationService locations, int port) {
        this(config, registrarConfig, locations, listening(port, 0));
    }

    /** A platform that listens where one before it did, and has forgotten everything. */
    PlatformServer(Gb28181Config config, Transport transport, int port) {
        this(
                config,
                RegistrarConfig.gb28181(config.domain()).build(),
                new InMemoryLocationService(),
                transport == Transport.UDP ? listening(port, 0) : listening(0, port));
    }

    private static SipStackConfig.Builder listening(int udp, int tcp) {
        return SipStackConfig.builder().listen("udp://127.0.0.1:" + udp).listen("tcp://127.0.0.1:" + tcp);
    }

    /** A platform that listens where the builder says. */
    PlatformServer(
            Gb28181Config config,
            RegistrarConfig registrarConfig,
            LocationService locations,
            SipStackConfig.Builder listening) {
        platform = new Gb28181Platform(config, List.of(new Recorder())).remember(locations);
        AuthConfig auth = AuthConfig.gb28181(REALM).build();
        Registrar registrar = Registrar.builder(registrarConfig, locations)
                .authentication(auth, new SharedPasswordStore(PASSWORD), new NonceFactory(auth))
                .listener(platform)
                .messages(platform)
                .others(platform)
                .build();
        stack = SipStack.create(listening.threads(2).drainMillis(0).build());
        stack.start(registrar);
    }

    int port(Transport transport) {
        return stack.boundPoints().stream()
                .filter(point -> point.transport() == transport)
                .findFirst()
                .map(ListeningPoint::port)
                .orElseThrow();
    }

    /** The stack's listening points. */
    List<ListeningPoint> points() {
        return stack.boundPoints();
    }

    /** Waits for an event; fails after ten seconds. */
    String event() throws InterruptedException {
        String event = events.poll(10, TimeUnit.SECONDS);
        if (event == null) {
            throw new AssertionError("no event within 10 s");
        }
        return event;
    }

    Manscdp body() throws InterruptedException {
        Manscdp body = bodies.poll(10, TimeUnit.SECONDS);
        if (body == null) {
            throw new AssertionError("no body within 10 s");
        }
        return body;
    }

    @Override
    public void close() {
        stack.close();
    }

    private final class Recorder implements DeviceListener {
        @Override
        public void onOnline(DeviceSnapshot device) {
            events.add("online " + device.id());
        }

        @Override
        public void onOffline(DeviceSnapshot device, OfflineReason reason) {
            events.add("offline " + device.id() + ' ' + reason);
        }

        @Override
        public void onCatalog(DeviceSnapshot device, List<CatalogItem> items) {
            events.add("catalog " + device.id() + ' ' + device.catalog() + ' ' + items.size());
        }

        @Override
        public void onAlarm(String deviceId, Manscdp.Alarm alarm) {
            bodies.add(alarm);
        }

        @Override
        public void onPosition(String deviceId, Manscdp.MobilePosition positions) {
            bodies.add(positions);
        }

        @Override
        public void onMediaStatus(String deviceId, Manscdp.MediaStatus status) {
            bodies.add(status);
        }

        @Override
        public void onMessage(String deviceId, Manscdp message) {
            bodies.add(message);
        }
    }
}
