/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.sipwire.registrar.RegistrarConfig;
import org.sipwire.trace.TraceFilter;
import org.sipwire.transport.ListeningPoint;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What the server was told to do. {@link OptionSources} fills it from the command line, the environment and a file;
 * {@link #check()} holds what no single option can hold for itself.
 *
 * <p>Thread: written by the starting thread alone, read by all afterwards. Shared once checked.
 */
@Command(
        name = "registrar/run",
        versionProvider = BuildInfo.class,
        usageHelpWidth = 120,
        usageHelpAutoWidth = false,
        sortOptions = false,
        separator = " ",
        headerHeading = "A SIP registrar and GB/T 28181 platform.%n%n",
        synopsisHeading = "Usage: ",
        customSynopsis = "registrar/run [options]",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%n",
        footer = {
            "Every option is also an environment variable (--store-sync is SIPWIRE_STORE_SYNC) and a name in a --config",
            "file (store-sync=false). The command line wins over the environment, and both over the file.",
            "Exit status: 0 after SIGTERM or SIGINT, 2 for an option that cannot be used, 1 for a failure later."
        })
final class ServerOptions {
    private static final String DEFAULT_LISTEN = "udp://0.0.0.0:5060,tcp://0.0.0.0:5060";

    @Option(
            names = "--listen",
            paramLabel = "URI",
            split = ",",
            converter = Choice.ListenUri.class,
            defaultValue = DEFAULT_LISTEN,
            description = "Listens there; repeatable: udp://H:P tcp://H:P tls://H:P ws://H:P wss://H:P"
                    + " (default: udp and tcp on 0.0.0.0:5060).")
    List<ListeningPoint> listen = new ArrayList<>();

    @Option(
            names = "--tls-certificate",
            paramLabel = "FILE",
            description = "The certificate chain of tls and wss listeners, PEM.")
    Path tlsCertificate;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "Its private key, PKCS#8 PEM.")
    Path tlsKey;

    @Option(
            names = "--domain",
            paramLabel = "NAME",
            split = ",",
            description = "Serves this Request-URI and To host; repeatable (default: any).")
    List<String> domains = new ArrayList<>();

    @Option(
            names = "--realm",
            paramLabel = "NAME",
            description = "The Digest realm (default: the first domain, else sipwire).")
    String realm;

    @Option(
            names = "--password",
            paramLabel = "TEXT",
            description = "One password for every user, as GB/T 28181 platforms have it. Other local users can read a"
                    + " command line: SIPWIRE_PASSWORD or a --config file keeps it from them.")
    String password;

    @Option(
            names = "--users",
            paramLabel = "FILE|URI",
            description = "Users: a file of htdigest lines, user:realm:HA1[:ALGORITHM], read again when it changes; or"
                    + " jdbc:..., a database as Kamailio and OpenSIPS have it; or redis://[USER:PASSWORD@]H:P, hashes"
                    + " of HA1 by algorithm.")
    String users;

    @Option(
            names = "--algorithms",
            paramLabel = "LIST",
            split = ",",
            defaultValue = "MD5",
            description = "Digest algorithms in order of preference, of MD5,SHA-256,SHA-512-256 (default:"
                    + " ${DEFAULT-VALUE}).")
    List<String> algorithms = new ArrayList<>();

    @Option(
            names = "--qop",
            paramLabel = "none|auth",
            converter = Choice.QopChoice.class,
            description = "Digest quality of protection (default: auth; none with --gb28181).")
    String qop;

    @Option(
            names = "--nonce-lifetime",
            paramLabel = "SECONDS",
            defaultValue = "300",
            converter = Choice.PositiveSeconds.class,
            description = "How long a nonce may be answered; later ones are stale (default: ${DEFAULT-VALUE}).")
    int nonceLifetimeSeconds;

    @Option(names = "--no-auth", description = "Accepts every REGISTER without a challenge.")
    boolean noAuth;

    @Mixin
    AuthOptions auth = new AuthOptions();

    @Option(
            names = "--store",
            paramLabel = "STORE",
            defaultValue = "rocksdb:sipwire-data",
            description = "Where bindings live: memory, rocksdb:DIR or redis://H:P (default: ${DEFAULT-VALUE}).")
    String store;

    @Option(
            names = "--store-sync",
            paramLabel = "true|false",
            arity = "1",
            defaultValue = "true",
            converter = Choice.TrueOrFalse.class,
            description = "Answers 200 only when the binding is on the disk (default: ${DEFAULT-VALUE}).")
    Boolean storeSync;

    @Option(
            names = "--min-expires",
            paramLabel = "SECONDS",
            defaultValue = "60",
            converter = Choice.Seconds.class,
            description = "Shorter registrations get 423 (default: ${DEFAULT-VALUE}).")
    int minExpiresSeconds;

    @Option(
            names = "--default-expires",
            paramLabel = "SECONDS",
            defaultValue = "3600",
            converter = Choice.PositiveSeconds.class,
            description = "For a REGISTER that names no time (default: ${DEFAULT-VALUE}).")
    int defaultExpiresSeconds;

    @Option(
            names = "--max-expires",
            paramLabel = "SECONDS",
            defaultValue = "86400",
            converter = Choice.PositiveSeconds.class,
            description = "Longer registrations are shortened to this (default: ${DEFAULT-VALUE}).")
    int maxExpiresSeconds;

    @Option(
            names = "--expires-jitter",
            paramLabel = "PERCENT",
            defaultValue = "0",
            converter = Choice.Percent.class,
            description = "Shortens each granted time by up to this share, so that a fleet that came back at once does"
                    + " not refresh at once (default: ${DEFAULT-VALUE}).")
    int expiresJitterPercent;

    @Option(
            names = "--max-contacts",
            paramLabel = "N",
            defaultValue = "10",
            converter = Choice.Positive.class,
            description = "Contacts an address-of-record may have (default: ${DEFAULT-VALUE}).")
    int maxContacts;

    @Option(
            names = "--contact-overflow",
            paramLabel = "replace|reject",
            defaultValue = "replace",
            converter = Choice.OverflowChoice.class,
            description = "What one contact more than --max-contacts does: it replaces the one that would end"
                    + " first, as a device behind NAT needs that comes back from another port, or gets 403 (default:"
                    + " ${DEFAULT-VALUE}).")
    RegistrarConfig.Overflow contactOverflow;

    @Option(
            names = "--service-route",
            paramLabel = "URI",
            split = ",",
            description = "A Service-Route (RFC 3608) of every 200, a SIP URI without brackets; repeatable.")
    List<String> serviceRoutes = new ArrayList<>();

    @Option(
            names = "--flow-timer",
            paramLabel = "SECONDS",
            defaultValue = "0",
            converter = Choice.Seconds.class,
            description = "The Flow-Timer (RFC 5626) told to those who register a flow; 0 for none (default:"
                    + " ${DEFAULT-VALUE}).")
    int flowTimerSeconds;

    @Option(
            names = "--gb28181",
            paramLabel = "ID",
            converter = Choice.DeviceId.class,
            description = "Acts as the GB/T 28181 platform with this 20-digit ID.")
    String gb28181;

    @Option(
            names = "--gb-version",
            paramLabel = "2.0|3.0",
            defaultValue = "2.0",
            converter = Choice.GbVersion.class,
            description = "The edition that X-GB-Ver names to devices that name theirs: 2.0 is 2016, 3.0 is 2022"
                    + " (default: ${DEFAULT-VALUE}).")
    String gbVersion;

    @Option(
            names = "--gb-date",
            paramLabel = "true|false",
            arity = "1",
            defaultValue = "true",
            converter = Choice.TrueOrFalse.class,
            description = "Puts the Date, by which cameras set their clocks, into each 200 to REGISTER (default:"
                    + " ${DEFAULT-VALUE}).")
    Boolean gbDate;

    @Option(
            names = "--gb-catalog",
            paramLabel = "true|false",
            arity = "1",
            defaultValue = "true",
            converter = Choice.TrueOrFalse.class,
            description = "Asks each device for its catalogue until it came whole (default: ${DEFAULT-VALUE}).")
    Boolean gbCatalog;

    @Option(
            names = "--gb-keepalive",
            paramLabel = "SECONDSxCOUNT",
            defaultValue = "60x3",
            converter = Choice.HeartbeatText.class,
            description = "How often a device keeps alive, and how many times it may miss before it is offline; what it"
                    + " says of itself wins (default: ${DEFAULT-VALUE}).")
    Choice.Heartbeat gbKeepalive;

    @Option(
            names = "--gb-readmit",
            description = "Lets a registered device that is offline come back by a keep-alive from another port of its"
                    + " address: for those that never register again.")
    boolean gbReadmit;

    @Option(
            names = "--gb-redirect",
            paramLabel = "URI",
            description = "Sends every device that has authenticated to this platform by 302, as the edition of 2022"
                    + " has it.")
    String gbRedirect;

    @Option(
            names = "--http",
            paramLabel = "H:P",
            defaultValue = "127.0.0.1:9464",
            converter = Choice.HostAndPort.class,
            description = "Serves /metrics (Prometheus), /health, /ready and /v1 there (default: ${DEFAULT-VALUE}).")
    InetSocketAddress http;

    @Option(
            names = "--http-token",
            paramLabel = "TEXT",
            description = "Asks everyone but /health and /ready for this bearer token. SIPWIRE_HTTP_TOKEN or a --config"
                    + " file keeps it from other local users.")
    String httpToken;

    @Option(
            names = "--hep",
            paramLabel = "udp://H:P",
            converter = Choice.UdpUri.class,
            description = "Sends the messages, their secrets masked, to this Homer collector by HEP version 3.")
    InetSocketAddress hep;

    @Option(
            names = "--hep-filter",
            paramLabel = "FILTER",
            defaultValue = "all",
            converter = Choice.MessageFilter.class,
            description = "What the collector gets: all, device:ID, aor:USER@HOST or source:IP[:PORT], as a trace is"
                    + " asked for (default: ${DEFAULT-VALUE}).")
    TraceFilter hepFilter;

    @Option(
            names = "--hep-id",
            paramLabel = "N",
            defaultValue = "2001",
            converter = Choice.AgentNumber.class,
            description = "The number by which Homer shows this agent (default: ${DEFAULT-VALUE}).")
    int hepId;

    @Option(
            names = "--trace-secrets",
            description =
                    "Shows Digest responses and passwords in /v1/trace and by HEP, where they are masked otherwise:"
                            + " who sees a response can search for its password.")
    boolean traceSecrets;

    @Option(
            names = "--io",
            paramLabel = "auto|epoll|io_uring|nio",
            defaultValue = "auto",
            converter = Choice.IoChoice.class,
            description = "The system's interface for sockets (default: ${DEFAULT-VALUE}).")
    String io;

    @Option(
            names = "--threads",
            paramLabel = "N",
            converter = Choice.Positive.class,
            description = "Event loops (default: one a processor).")
    Integer threads;

    @Option(
            names = "--steer",
            description =
                    "Spread one peer's requests over UDP by their Call-ID: behind a proxy that carries everything.")
    boolean steer;

    @Option(
            names = "--drain",
            paramLabel = "SECONDS",
            defaultValue = "1",
            converter = Choice.DrainSeconds.class,
            description = "After SIGTERM new requests get 503 and /ready says 503 for so long, then the server ends"
                    + " (default: ${DEFAULT-VALUE}).")
    int drainSeconds;

    @Option(
            names = "--log-level",
            paramLabel = "LEVEL[,LOGGER=LEVEL]",
            converter = Choice.LogLevel.class,
            description = "How much goes to the log: error, warn, info, debug or trace (default: info); single loggers"
                    + " behind it, as in info,org.sipwire.transport=debug.")
    String logLevel;

    @Option(
            names = "--log-format",
            paramLabel = "text|json",
            defaultValue = "text",
            converter = Choice.LogFormat.class,
            description = "Lines of text, or of JSON with a field for each value (default: ${DEFAULT-VALUE}).")
    String logFormat = "text";

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Reads options from a properties file: the same names without the dashes.")
    Path config;

    @Option(
            names = "--print-config",
            description = "Prints the effective options as a --config file, secrets masked, and ends.")
    boolean printConfig;

    @Option(names = "--help", usageHelp = true, description = "Prints this and ends.")
    boolean help;

    @Option(names = "--version", versionHelp = true, description = "Prints the version and ends.")
    boolean version;

    /** Every setting in force by its name, as text, in the order of {@code --help}; those with no value are missing. */
    Map<String, String> effective = Map.of();

    /** Reads the sources again. */
    interface Sources {
        ServerOptions read() throws BadOption;
    }

    /** Where these options came from. */
    Sources sources;

    /** The options as their sources are now. */
    ServerOptions again() throws BadOption {
        return sources.read();
    }

    /** The realm to challenge with. */
    String effectiveRealm() {
        return realm != null ? realm : domains.isEmpty() ? "sipwire" : domains.get(0);
    }

    /** True when challenges offer {@code qop="auth"}. */
    boolean offersQop() {
        return qop != null ? qop.equals("auth") : gb28181 == null;
    }

    /** How many event loops are to run. */
    int loops() {
        return threads != null ? threads : Runtime.getRuntime().availableProcessors();
    }

    /** What no option can say alone. */
    void check() throws BadOption {
        Set<ListeningPoint> distinct = new HashSet<>();
        for (ListeningPoint point : listen) {
            if (point.port() != 0 && !distinct.add(point)) {
                throw new BadOption("--listen " + point + " is given twice");
            }
        }
        if ((tlsCertificate == null) != (tlsKey == null)) {
            throw new BadOption("--tls-certificate and --tls-key need each other");
        }
        for (ListeningPoint point : listen) {
            if (point.transport().isSecure() && tlsCertificate == null) {
                throw new BadOption("--listen " + point + " needs --tls-certificate and --tls-key");
            }
        }
        for (String domain : domains) {
            if (domain.isBlank()) {
                throw new BadOption("--domain must not be empty");
            }
        }
        if (noAuth && (password != null || users != null)) {
            throw new BadOption("--no-auth contradicts --password and --users: give one or the other");
        }
        if (!noAuth && password == null && users == null) {
            throw new BadOption("nobody could register: give --password, --users or --no-auth");
        }
        if (httpToken != null && (httpToken.isBlank() || !httpToken.chars().allMatch(c -> c > ' ' && c < 0x7f))) {
            throw new BadOption("--http-token must be visible ASCII characters");
        }
        if (password != null && users != null) {
            throw new BadOption("--password and --users contradict each other: give one of them");
        }
        if (effectiveRealm().chars().anyMatch(c -> c < ' ' || c == '"' || c == '\\' || c == 0x7f)) {
            throw new BadOption("--realm must not hold quotes, backslashes or control characters");
        }
        if (gb28181 == null && (gbReadmit || gbRedirect != null)) {
            throw new BadOption((gbReadmit ? "--gb-readmit" : "--gb-redirect") + " needs --gb28181");
        }
        if (minExpiresSeconds > defaultExpiresSeconds || defaultExpiresSeconds > maxExpiresSeconds) {
            throw new BadOption("--min-expires " + minExpiresSeconds + ", --default-expires " + defaultExpiresSeconds
                    + " and --max-expires " + maxExpiresSeconds + " must rise in this order");
        }
    }
}
