/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.IntUnaryOperator;
import org.sipwire.transport.Destination;
import org.sipwire.transport.Transport;
import org.sipwire.transport.netty.NameService.Naptr;
import org.sipwire.transport.netty.NameService.Srv;

/**
 * Locating SIP servers, RFC 3263: from a {@link Destination} to transport, address and port, one target after the other. Confined to its
 * loop.
 *
 * <pre>
 *   numeric host ------------------------------------------------------------------> address
 *   port, or transport and port ----------------------------------> A, AAAA ---+---> addresses
 *   transport ---------------------------> SRV ---none------------> A, AAAA ---+
 *                                           +---by priority, weight ---> A, AAAA
 *   neither ---> NAPTR ---none---> SRV of each transport ---none--> A, AAAA, default transport
 *                  +---by order, preference ---> SRV
 * </pre>
 *
 * <p>Nothing is asked before it is needed: the addresses of the second server are looked up when the first one has failed.
 *
 * <p>Owned by its loop.
 */
public final class ServerLocator {

    private final NameService names;
    private final Set<Transport> supported;
    private final IntUnaryOperator random;

    /** Where a request may be sent; the address has the name by which a certificate is checked. Shared. */
    public record Target(Transport transport, InetSocketAddress address) {}

    /**
     * A locator.
     *
     * @param supported the transports this side has
     * @param random gives a number from 0 to its argument, that included
     */
    public ServerLocator(NameService names, Set<Transport> supported, IntUnaryOperator random) {
        this.names = names;
        this.supported = Set.copyOf(supported);
        this.random = random;
    }

    /** The targets of a destination; nothing is looked up yet. */
    public Targets locate(Destination to) {
        return new Targets(to);
    }

    /** What is left to do for a destination: each step gives targets or more steps. */
    private sealed interface Step permits Found, Services, Service, Host {}

    private record Found(Target target) implements Step {}

    private record Services() implements Step {}

    /** An SRV name; without records the steps of {@code otherwise} follow. */
    private record Service(String name, Transport transport, List<Step> otherwise) implements Step {}

    private record Host(String name, int port, Transport transport) implements Step {}

    /** The targets of one destination in the order in which they are to be tried (§4.3). Confined to its loop. */
    public final class Targets {
        private final Destination to;
        private final Deque<Step> steps = new ArrayDeque<>();
        private IOException problem;

        Targets(Destination to) {
            this.to = to;
            try {
                steps.addAll(firstSteps());
            } catch (IOException e) {
                problem = e;
            }
        }

        /** Whether there may be one more; it may turn out that there is none. */
        public boolean hasMore() {
            return !steps.isEmpty();
        }

        /**
         * The next target.
         *
         * @param next gets it, or null and why there is none, or no more; on the loop, perhaps before this returns
         */
        public void next(BiConsumer<Target, IOException> next) {
            Step step = steps.poll();
            if (step == null) {
                next.accept(null, problem != null ? problem : new IOException(to.host() + " has no address"));
            } else if (step instanceof Found found) {
                next.accept(found.target(), null);
            } else if (step instanceof Services) {
                names.naptr(to.host(), (records, cause) -> {
                    note(cause);
                    prepend(ofNaptr(records));
                    next(next);
                });
            } else if (step instanceof Service service) {
                names.srv(service.name(), (records, cause) -> {
                    note(cause);
                    prepend(records.isEmpty() ? service.otherwise() : ofSrv(records, service.transport()));
                    next(next);
                });
            } else {
                Host host = (Host) step;
                names.addresses(host.name(), (addresses, cause) -> {
                    note(cause);
                    prepend(ofAddresses(addresses, host));
                    next(next);
                });
            }
        }

        private void note(IOException cause) {
            problem = cause != null ? cause : problem;
        }

        private void prepend(List<? extends Step> more) {
            for (int i = more.size() - 1; i >= 0; i--) {
                steps.addFirst(more.get(i));
            }
        }

        private List<Step> firstSteps() throws IOException {
            if (to.transport() != null && !supported.contains(to.transport())) {
                throw new IOException(to + " needs " + to.transport().viaToken() + ", which this side does not have");
            }
            InetAddress numeric = numeric(to.host());
            if (numeric != null) {
                // §4.1: "if the TARGET is a numeric IP address, the client SHOULD use UDP for a SIP URI, and TCP for a
                // SIPS
                // URI."
                Transport transport = to.transport() != null ? to.transport() : defaultTransport();
                requireSupported(transport);
                return List.of(new Found(new Target(transport, new InetSocketAddress(numeric, portOr(transport)))));
            }
            if (!isDomainName(to.host())) {
                // A GB/T 28181 domain, sip:34020000001320000001@3402000000, is an agreement and no name: a device is
                // reached on its flow, a platform at a configured address. Java would take it for an IPv4 address.
                throw new IOException(
                        "'" + to.host() + "' is neither an address nor a domain name: it cannot be looked up,"
                                + " so an address to send to has to be given");
            }
            if (to.port() >= 0) {
                // §4.1: "if no transport is specified, and the TARGET is not numeric, but an explicit port is provided,
                // the
                // client SHOULD use UDP for a SIP URI, and TCP for a SIPS URI." §4.2: "If the port was specified, the
                // client
                // performs an A or AAAA record lookup."
                Transport transport = to.transport() != null ? to.transport() : defaultTransport();
                requireSupported(transport);
                return List.of(new Host(to.host(), to.port(), transport));
            }
            if (to.transport() != null) {
                // §4.2: the transport is known, "the client performs an SRV query"; without records A or AAAA.
                return List.of(service(to.transport(), List.of(host(to.transport()))));
            }
            return List.of(new Services());
        }

        /** §4.1: the services of the domain, those first whose order, then preference is lower. */
        private List<Step> ofNaptr(List<Naptr> records) {
            List<Naptr> usable = new ArrayList<>();
            for (Naptr record : records) {
                // "First, a client resolving a SIPS URI MUST discard any services that do not contain "SIPS" as the
                // protocol
                // in the service field. ... Second, ... discard any service fields that identify a resolution service
                // whose
                // value is not "D2X", for values of X that indicate transport protocols supported by the client."
                Transport transport = transport(record.service());
                if (record.flags().equalsIgnoreCase("s")
                        && transport != null
                        && supported.contains(transport)
                        && (!to.secure() || transport.isSecure())) {
                    usable.add(record);
                }
            }
            usable.sort(Comparator.comparingInt(Naptr::order).thenComparingInt(Naptr::preference));
            if (usable.isEmpty()) {
                return withoutNaptr();
            }
            List<Step> found = new ArrayList<>();
            for (Naptr record : usable) {
                found.add(new Service(record.replacement(), transport(record.service()), List.of()));
            }
            return found;
        }

        /**
         * §4.1: "If no NAPTR records are found, the client constructs SRV queries for those transport protocols it supports, and does a
         * query for each. ... If no SRV records are found, the client SHOULD use TCP for a SIPS URI, and UDP for a SIP URI."
         */
        private List<Step> withoutNaptr() {
            List<Step> last = new ArrayList<>();
            if (supported.contains(defaultTransport())) {
                last.add(host(defaultTransport()));
            } else {
                supported.stream()
                        .filter(transport -> !transport.isWebSocket() && (!to.secure() || transport.isSecure()))
                        .sorted()
                        .limit(1)
                        .forEach(transport -> last.add(host(transport)));
            }
            List<Transport> inOrder =
                    to.secure() ? List.of(Transport.TLS) : List.of(Transport.UDP, Transport.TCP, Transport.TLS);
            List<Step> services = last;
            for (int i = inOrder.size() - 1; i >= 0; i--) {
                if (supported.contains(inOrder.get(i))) {
                    // The first transport that has records is the one; the next is asked only when it has none.
                    services = List.of(service(inOrder.get(i), services));
                }
            }
            return services;
        }

        private List<Step> ofSrv(List<Srv> records, Transport transport) {
            List<Step> found = new ArrayList<>();
            for (Srv record : ordered(records)) {
                // RFC 2782: "A Target of "." means that the service is decidedly not available at this domain."
                if (!record.target().equals(".") && record.port() > 0) {
                    found.add(new Host(record.target(), record.port(), transport));
                }
            }
            return found;
        }

        private List<Step> ofAddresses(List<InetAddress> addresses, Host host) {
            List<Step> found = new ArrayList<>();
            for (InetAddress address : addresses) {
                InetSocketAddress at = new InetSocketAddress(named(address), host.port());
                found.add(new Found(new Target(host.transport(), at)));
            }
            return found;
        }

        /** RFC 5922 §4: a certificate is checked against the name in the URI, which DNS cannot change, not against an SRV target. */
        private InetAddress named(InetAddress address) {
            try {
                return InetAddress.getByAddress(to.host(), address.getAddress());
            } catch (UnknownHostException e) {
                throw new IllegalStateException(e);
            }
        }

        private Service service(Transport transport, List<Step> otherwise) {
            String prefix =
                    switch (transport) {
                        case UDP -> "_sip._udp.";
                        case TCP -> "_sip._tcp.";
                        case TLS -> "_sips._tcp.";
                        case WS -> "_sip._ws.";
                        case WSS -> "_sips._ws.";
                    };
            return new Service(prefix + to.host(), transport, otherwise);
        }

        private Host host(Transport transport) {
            return new Host(to.host(), portOr(transport), transport);
        }

        private int portOr(Transport transport) {
            return to.port() >= 0 ? to.port() : transport.defaultPort();
        }

        private Transport defaultTransport() {
            return to.secure() ? Transport.TLS : Transport.UDP;
        }

        private void requireSupported(Transport transport) throws IOException {
            if (!supported.contains(transport)) {
                throw new IOException(to + " means " + transport.viaToken() + ", which this side does not have");
            }
        }
    }

    /** RFC 2782: by priority; within one, at random in proportion to the weights. */
    List<Srv> ordered(List<Srv> records) {
        List<Srv> rest = new ArrayList<>(records);
        // "all those with weight 0 are placed at the beginning of the list": they have a very small chance.
        rest.sort(Comparator.comparingInt(Srv::priority).thenComparingInt(record -> record.weight() == 0 ? 0 : 1));
        List<Srv> inOrder = new ArrayList<>();
        while (!rest.isEmpty()) {
            int priority = rest.get(0).priority();
            int sum = 0;
            int last = 0;
            while (last < rest.size() && rest.get(last).priority() == priority) {
                sum += rest.get(last++).weight();
            }
            // "choose a uniform random number between 0 and the sum computed (inclusive), and select the RR whose
            // running
            // sum value is the first in the selected order which is greater than or equal to the random number
            // selected."
            int chosen = random.applyAsInt(sum);
            int i = 0;
            for (int running = rest.get(0).weight(); running < chosen && i < last - 1; ) {
                running += rest.get(++i).weight();
            }
            inOrder.add(rest.remove(i));
        }
        return inOrder;
    }

    /** The transport of a NAPTR service field (RFC 3263 §8, RFC 7118 §10.2), or null. */
    private static Transport transport(String service) {
        return switch (service.toUpperCase(Locale.ROOT)) {
            case "SIP+D2U" -> Transport.UDP;
            case "SIP+D2T" -> Transport.TCP;
            case "SIPS+D2T" -> Transport.TLS;
            case "SIP+D2W" -> Transport.WS;
            case "SIPS+D2W" -> Transport.WSS;
            default -> null;
        };
    }

    /** The address a text is, or null when it is none. Never looks anything up, and takes digits alone for no address. */
    static InetAddress numeric(String host) {
        byte[] octets = NetUtil.createByteArrayFromIpAddressString(host);
        try {
            return octets == null ? null : InetAddress.getByAddress(host, octets);
        } catch (UnknownHostException e) {
            return null;
        }
    }

    /** RFC 3261 §25.1: {@code hostname = *( domainlabel "." ) toplabel [ "." ]}, and a toplabel begins with a letter. */
    private static boolean isDomainName(String host) {
        String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        int top = name.lastIndexOf('.') + 1;
        char first = top < name.length() ? Character.toLowerCase(name.charAt(top)) : '.';
        return first >= 'a' && first <= 'z';
    }
}
