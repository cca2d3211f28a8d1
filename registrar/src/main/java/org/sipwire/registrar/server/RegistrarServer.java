/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.sipwire.metrics.SipStackMetrics;
import org.sipwire.registrar.Registrar;
import org.sipwire.registrar.RegistrarConfig;
import org.sipwire.registrar.RegistrarMetrics;
import org.sipwire.registrar.auth.AuthConfig;
import org.sipwire.registrar.auth.NonceFactory;
import org.sipwire.registrar.gb28181.DeviceListener;
import org.sipwire.registrar.gb28181.Gb28181Config;
import org.sipwire.registrar.gb28181.Gb28181Metrics;
import org.sipwire.registrar.gb28181.Gb28181Platform;
import org.sipwire.registrar.location.LocationService;
import org.sipwire.trace.HepExporter;
import org.sipwire.trace.MessageTrace;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.SipStackConfig;
import org.sipwire.transaction.SteadyClock;
import org.sipwire.transport.IoEngine;
import org.sipwire.transport.ListeningPoint;
import org.sipwire.transport.TlsConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The registrar as a process: puts stack, registrar, authentication, location service, GB/T 28181 platform and HTTP endpoint together,
 * and takes them apart in the reverse order.
 *
 * <p>Thread: started and closed by one thread. Owned: close it.
 */
public final class RegistrarServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RegistrarServer.class);

    /** Exit status: the server was told to end, and did. */
    private static final int ENDED = 0;
    /** Exit status: something failed that the options are not to blame for. */
    private static final int FAILED = 1;
    /** Exit status: an option cannot be used. */
    private static final int BAD_OPTION = 2;

    /** When the first scrape is tried out: after the start, whose processors others need. */
    private static final long WARM_UP_DELAY_MILLIS = 1_000;

    /** What was opened, the last first: the order of closing. */
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    private SipStack stack;
    private HttpEndpoint http;
    private Reload reload;
    private ServerMeters meters;
    /** Written by the starting thread, read by the endpoint's; null without a collector. */
    private volatile HepExporter hep;

    private volatile boolean ready;

    private RegistrarServer() {}

    /** Runs until SIGTERM or SIGINT. */
    public static void main(String[] arguments) {
        System.exit(run(arguments, System.getenv(), System.out, System.err));
    }

    /** The process without its end: returns the exit status. */
    static int run(String[] arguments, Map<String, String> environment, PrintStream out, PrintStream err) {
        CountDownLatch told = new CountDownLatch(1);
        try {
            ServerOptions options = OptionSources.read(arguments, environment);
            if (options.help || options.version) {
                out.print(
                        options.help ? OptionSources.help() : new BuildInfo().getVersion()[0] + System.lineSeparator());
                return ENDED;
            }
            if (options.printConfig) {
                out.print(OptionSources.print(options));
                return ENDED;
            }
            Logs.apply(options);
            ServiceManager manager = ServiceManager.of(environment);
            Signals.on("TERM", told::countDown);
            Signals.on("INT", told::countDown);
            try (RegistrarServer server = start(options)) {
                Signals.on("HUP", server.reload::soon);
                out.println("ready " + server.addresses());
                out.flush();
                manager.ready(server.addresses());
                server.http.later(server.meters::warmUp, WARM_UP_DELAY_MILLIS);
                told.await();
                manager.stopping();
                server.drain();
                // Who asks meanwhile is told by 503 to go elsewhere, and who looks after servers sees that this one is
                // not ready.
                TimeUnit.SECONDS.sleep(options.drainSeconds);
            }
            return ENDED;
        } catch (BadOption e) {
            err.println("registrar/run: " + e.getMessage());
            return BAD_OPTION;
        } catch (InterruptedException e) {
            return FAILED;
        } catch (RuntimeException | LinkageError e) {
            LOG.error("The server failed", e);
            return FAILED;
        }
    }

    /**
     * Opens everything and listens.
     *
     * @throws BadOption when a store, a file or an address cannot be had; nothing stays open then
     */
    static RegistrarServer start(ServerOptions options) throws BadOption {
        RegistrarServer server = new RegistrarServer();
        try {
            server.open(options);
            return server;
        } catch (BadOption | RuntimeException | LinkageError e) {
            server.close();
            throw e;
        }
    }

    private void open(ServerOptions options) throws BadOption {
        // What can be refused without opening anything comes first.
        SipStackConfig stackConfig = stackConfig(options);
        RegistrarConfig registrarConfig = registrarConfig(options);
        InetSocketAddress collector = collector(options);
        AuthConfig authConfig = options.noAuth ? null : Authentication.config(options);
        SwappedCredentials users =
                options.noAuth ? null : closing(new SwappedCredentials(Authentication.users(options)));

        LocationService locations = closing(Stores.open(options.store, options.storeSync));
        Registrar.Builder parts = Registrar.builder(registrarConfig, locations);
        if (authConfig != null) {
            parts.authentication(authConfig, users, new NonceFactory(authConfig));
        }
        HttpCounts httpCounts = new HttpCounts();
        EventsApi events = new EventsApi(httpCounts);
        FailureLog failures = new FailureLog(events.server());
        Gb28181Platform platform = platform(options, List.of(events, failures));
        parts.listener(events).listener(failures);
        if (platform != null) {
            parts.listener(platform).messages(platform).others(platform.remember(locations));
        }
        Registrar registrar = parts.build();

        stack = create(stackConfig);
        meters = closing(new ServerMeters());
        meters.bindStack(new SipStackMetrics(stack));
        meters.bind(new RegistrarMetrics(registrar));
        if (platform != null) {
            meters.bind(new Gb28181Metrics(platform));
        }
        meters.bindLatencies(stack, registrar);
        meters.bind(httpCounts);
        meters.bindCollector(() -> hep);
        events.show(new Rates(stack, registrar, platform));
        AccessToken token = new AccessToken(options.httpToken);
        reload = closing(new Reload(options, new Reload.Parts(stack, registrar, users, token)));
        OperatorApi api = new OperatorApi(
                        token,
                        meters,
                        new BindingsApi(locations, SteadyClock::millis),
                        new DevicesApi(platform),
                        events,
                        () -> ready)
                .route("/v1/failures", failures::handle)
                .route("/v1/reload", reload::handle);
        MessageTrace trace = new MessageTrace(stack);
        new TraceApi(trace, () -> hep, options.traceSecrets).addTo(api);
        http = closing(new HttpEndpoint(api::handle, httpCounts));
        try {
            http.bind(options.http);
        } catch (IOException e) {
            throw new BadOption("--http " + e.getMessage());
        }
        try {
            closing(stack);
            stack.start(registrar);
        } catch (UncheckedIOException e) {
            throw new BadOption(e.getMessage());
        }
        hep = hep(options, collector, trace);
        ready = true;
        LOG.info(
                "Sipwire {} ({}) listens on {}; realm {}, store {}, {} loops",
                BuildInfo.version(),
                BuildInfo.commit(),
                addresses(),
                options.effectiveRealm(),
                Stores.shown(options.store),
                stack.loopCount());
    }

    /** Where messages are sent to, or null. A name is looked up here, before anything listens: it may take as long as the system tries. */
    private static InetSocketAddress collector(ServerOptions options) throws BadOption {
        if (options.hep == null) {
            return null;
        }
        InetSocketAddress collector = new InetSocketAddress(options.hep.getHostString(), options.hep.getPort());
        if (collector.isUnresolved()) {
            throw new BadOption("--hep the host " + collector.getHostString() + " is not known");
        }
        return collector;
    }

    /** What sends the messages to a collector, or null. */
    private HepExporter hep(ServerOptions options, InetSocketAddress collector, MessageTrace trace) throws BadOption {
        if (collector == null) {
            return null;
        }
        try {
            return closing(new HepExporter(trace, collector, options.hepFilter, options.hepId, !options.traceSecrets));
        } catch (IOException e) {
            throw new BadOption("--hep " + e.getMessage());
        }
    }

    private <T extends AutoCloseable> T closing(T part) {
        opened.push(part);
        return part;
    }

    private static SipStack create(SipStackConfig config) throws BadOption {
        try {
            return SipStack.create(config);
        } catch (IllegalArgumentException e) {
            throw new BadOption(e.getMessage());
        }
    }

    private static SipStackConfig stackConfig(ServerOptions options) throws BadOption {
        SipStackConfig.Builder builder = SipStackConfig.builder()
                .io(IoEngine.parse(options.io))
                .threads(options.loops())
                .steering(options.steer);
        options.listen.forEach(builder::listen);
        if (options.tlsCertificate != null) {
            builder.tls(TlsConfig.of(options.tlsCertificate, options.tlsKey));
        }
        try {
            return builder.build();
        } catch (IllegalArgumentException e) {
            throw new BadOption(e.getMessage());
        }
    }

    /** How to register. */
    static RegistrarConfig registrarConfig(ServerOptions options) throws BadOption {
        RegistrarConfig.Builder builder = options.gb28181 == null
                ? RegistrarConfig.builder()
                : RegistrarConfig.gb28181(gbDomain(options))
                        .beijingDate(options.gbDate)
                        .gbVersion(options.gbVersion)
                        .redirect(options.gbRedirect);
        try {
            return builder.domains(options.domains)
                    .expires(options.minExpiresSeconds, options.defaultExpiresSeconds, options.maxExpiresSeconds)
                    .expiresJitterPercent(options.expiresJitterPercent)
                    .maxContacts(options.maxContacts, options.contactOverflow)
                    .thirdParties(Set.copyOf(options.auth.thirdParties))
                    .serviceRoutes(options.serviceRoutes.stream()
                            .map(r -> "<" + r + ">")
                            .toList())
                    .flowTimerSeconds(options.flowTimerSeconds)
                    .gruuKey(Authentication.key(options))
                    .build();
        } catch (IllegalArgumentException e) {
            throw new BadOption(e.getMessage());
        }
    }

    /** The platform that devices are configured with, or null. */
    private static Gb28181Platform platform(ServerOptions options, List<DeviceListener> listeners) {
        if (options.gb28181 == null) {
            return null;
        }
        Gb28181Config config = Gb28181Config.of(options.gb28181, gbDomain(options))
                .withKeepalive(options.gbKeepalive.seconds(), options.gbKeepalive.count())
                .withCatalogOnRegister(options.gbCatalog)
                .withReadmit(options.gbReadmit);
        return new Gb28181Platform(config, listeners);
    }

    /** The domain of GB/T 28181: that of the options, else the first ten digits of the platform's ID. */
    private static String gbDomain(ServerOptions options) {
        return options.domains.isEmpty() ? options.gb28181.substring(0, 10) : options.domains.get(0);
    }

    /** Where the stack listens, with the ports the system gave. */
    List<ListeningPoint> boundPoints() {
        return stack.boundPoints();
    }

    /** Where the endpoint listens. */
    InetSocketAddress httpAddress() {
        return http.address();
    }

    private String addresses() {
        InetSocketAddress at = httpAddress();
        String host = at.getAddress().getHostAddress();
        return boundPoints().stream().map(ListeningPoint::toString).collect(Collectors.joining(" ")) + " http://"
                + (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + at.getPort();
    }

    /** Lets nothing new in, and says so; what has begun goes on. */
    void drain() {
        ready = false;
        stack.drain();
        LOG.info("Draining: new requests get 503");
    }

    /** Lets the stack finish what it has begun, then closes everything. */
    @Override
    public void close() {
        ready = false;
        for (AutoCloseable part : opened) {
            try {
                part.close();
            } catch (Exception e) {
                LOG.error("Closing {} failed", part, e);
            }
        }
        opened.clear();
    }
}
