/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sipwire.transport.Destination;
import org.sipwire.transport.IoEngine;
import org.sipwire.transport.Transport;
import org.sipwire.transport.netty.NameService.Srv;

/** RFC 3263 against a name server on the loopback. */
class ServerLocatorTest {
    private static final Set<Transport> ALL = EnumSet.allOf(Transport.class);
    private static final Set<Transport> PLAIN = EnumSet.of(Transport.UDP, Transport.TCP);

    private final AtomicLong nanos = new AtomicLong(1);
    private MultiThreadIoEventLoopGroup group;
    private DnsServer dns;
    private DnsNameService names;

    @BeforeEach
    void start() throws Exception {
        dns = new DnsServer();
        group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        names = new DnsNameService(group.next(), NativeIo.choose(IoEngine.NIO), List.of(dns.address()), nanos::get);
    }

    @AfterEach
    void stop() throws Exception {
        group.next().submit(names::close).await();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).await();
        dns.close();
    }

    private static String text(ServerLocator.Target target) {
        return target.transport().scheme() + " "
                + target.address().getAddress().getHostAddress() + ":"
                + target.address().getPort();
    }

    /** All targets of a URI in their order, then why there is no more unless it is that there never was. */
    private List<String> locate(String uri, Set<Transport> supported, IntUnaryOperator random) throws Exception {
        CompletableFuture<List<String>> all = new CompletableFuture<>();
        List<String> found = new ArrayList<>();
        group.next().execute(() -> {
            ServerLocator.Targets targets = new ServerLocator(names, supported, random).locate(Destination.parse(uri));
            collect(targets, found, all);
        });
        return all.get(20, TimeUnit.SECONDS);
    }

    private static void collect(
            ServerLocator.Targets targets, List<String> found, CompletableFuture<List<String>> all) {
        targets.next((target, cause) -> {
            if (target != null) {
                found.add(text(target));
                collect(targets, found, all);
            } else {
                if (found.isEmpty()) {
                    found.add(cause.getMessage());
                }
                all.complete(found);
            }
        });
    }

    private List<String> locate(String uri) throws Exception {
        return locate(uri, ALL, sum -> 0);
    }

    // ---------------------------------------------------------------------------------------------------------------
    // section 4.1: the transport

    /** "If the URI specifies a transport protocol in the transport parameter, that transport protocol SHOULD be used." */
    @ParameterizedTest
    @CsvSource({
        "sip:192.0.2.1;transport=tcp,            tcp 192.0.2.1:5060",
        "sip:192.0.2.1;transport=UDP,            udp 192.0.2.1:5060",
        "sip:192.0.2.1;transport=tls,            tls 192.0.2.1:5061",
        "sip:192.0.2.1:5070;transport=ws,        ws 192.0.2.1:5070",
        "sips:192.0.2.1;transport=tcp,           tls 192.0.2.1:5061",
        "sips:192.0.2.1;transport=ws,            wss 192.0.2.1:443",
        "sip:192.0.2.1,                          udp 192.0.2.1:5060",
        "sip:192.0.2.1:5070,                     udp 192.0.2.1:5070",
        "sips:192.0.2.1,                         tls 192.0.2.1:5061",
        "sip:34020000002000000001@192.0.2.1:5060, udp 192.0.2.1:5060",
        "sip:[2001:db8::1],                      udp 2001:db8:0:0:0:0:0:1:5060",
        "sip:[2001:db8::1]:5070;transport=tcp,   tcp 2001:db8:0:0:0:0:0:1:5070",
        "sip:example.com;maddr=192.0.2.7,        udp 192.0.2.7:5060",
    })
    void numericTargetIsNeverLookedUp(String uri, String target) throws Exception {
        assertThat(locate(uri)).containsExactly(target);
        assertThat(dns.asked()).isEmpty();
    }

    /** "if no transport is specified, and the TARGET is not numeric, but an explicit port is provided": UDP, and TLS for sips. */
    @Test
    void explicitPortMeansUdpAndAnAddressLookup() throws Exception {
        dns.address("sip.example.com", "192.0.2.1").srv("_sip._udp.sip.example.com", 1, 1, 9, "elsewhere.example.com");
        assertThat(locate("sip:sip.example.com:5070")).containsExactly("udp 192.0.2.1:5070");
        assertThat(locate("sips:sip.example.com:5071")).containsExactly("tls 192.0.2.1:5071");
        assertThat(dns.asked()).containsExactlyInAnyOrder("A sip.example.com", "AAAA sip.example.com");
    }

    /** Section 4.1's own example. */
    @Test
    void naptrRecordsChooseTheTransportByOrderAndPreference() throws Exception {
        dns.naptr("example.com", 50, 50, "s", "SIPS+D2T", "_sips._tcp.example.com")
                .naptr("example.com", 90, 50, "s", "SIP+D2T", "_sip._tcp.example.com")
                .naptr("example.com", 90, 40, "s", "SIP+D2U", "_sip._udp.example.com")
                .srv("_sips._tcp.example.com", 0, 1, 5061, "server1.example.com")
                .srv("_sip._tcp.example.com", 0, 1, 5060, "server1.example.com")
                .srv("_sip._udp.example.com", 0, 1, 5060, "server2.example.com")
                .address("server1.example.com", "192.0.2.1")
                .address("server2.example.com", "192.0.2.2");
        assertThat(locate("sip:user@example.com"))
                .containsExactly("tls 192.0.2.1:5061", "udp 192.0.2.2:5060", "tcp 192.0.2.1:5060");
        assertThat(locate("sip:user@example.com", PLAIN, sum -> 0))
                .as("what this side does not have is discarded")
                .containsExactly("udp 192.0.2.2:5060", "tcp 192.0.2.1:5060");
    }

    /** "a client resolving a SIPS URI MUST discard any services that do not contain SIPS as the protocol." */
    @Test
    void sipsUriUsesSecureServicesOnly() throws Exception {
        dns.naptr("example.com", 10, 10, "s", "SIP+D2U", "_sip._udp.example.com")
                .naptr("example.com", 20, 10, "s", "SIPS+D2T", "_sips._tcp.example.com")
                .srv("_sips._tcp.example.com", 0, 1, 5061, "server.example.com")
                .srv("_sip._udp.example.com", 0, 1, 5060, "server.example.com")
                .address("server.example.com", "192.0.2.1");
        assertThat(locate("sips:user@example.com")).containsExactly("tls 192.0.2.1:5061");
        assertThat(dns.asked()).doesNotContain("SRV _sip._udp.example.com");
    }

    /** RFC 7118 §10.2 registers them. */
    @Test
    void webSocketIsAService() throws Exception {
        dns.naptr("example.com", 10, 10, "S", "sip+d2w", "_sip._ws.example.com")
                .srv("_sip._ws.example.com", 0, 1, 8080, "server.example.com")
                .address("server.example.com", "192.0.2.1");
        assertThat(locate("sip:example.com")).containsExactly("ws 192.0.2.1:8080");
    }

    @Test
    void naptrRecordsOfOtherServicesFlagsAndRewritesAreDiscarded() throws Exception {
        dns.naptr("example.com", 1, 1, "u", "E2U+sip", "!^.*$!sip:info@example.com!", ".")
                .naptr("example.com", 2, 1, "s", "SIP+D2S", "_sip._sctp.example.com")
                .naptr("example.com", 3, 1, "s", "SIP+D2U", "!x!y!", "_sip._udp.rewritten.example.com")
                .naptr("example.com", 4, 1, "s", "SIP+D2T", "_sip._tcp.example.com")
                .raw("example.com", DnsRecordType.NAPTR, new byte[] {0, 1, 0})
                .srv("_sip._tcp.example.com", 0, 1, 5060, "server.example.com")
                .address("server.example.com", "192.0.2.1");
        assertThat(locate("sip:example.com")).containsExactly("tcp 192.0.2.1:5060");
    }

    /** "If no NAPTR records are found, the client constructs SRV queries for those transport protocols it supports." */
    @Test
    void withoutNaptrTheServicesOfEachTransportAreAskedFor() throws Exception {
        dns.srv("_sip._tcp.example.com", 0, 1, 5070, "server.example.com").address("server.example.com", "192.0.2.1");
        assertThat(locate("sip:example.com", PLAIN, sum -> 0)).containsExactly("tcp 192.0.2.1:5070");
        assertThat(dns.asked())
                .startsWith("NAPTR example.com", "SRV _sip._udp.example.com", "SRV _sip._tcp.example.com");
    }

    /** "If no SRV records are found, the client SHOULD use TCP for a SIPS URI, and UDP for a SIP URI." */
    @Test
    void withoutSrvTheDefaultTransportAndPortAreUsed() throws Exception {
        dns.address("example.com", "192.0.2.1");
        assertThat(locate("sip:example.com")).containsExactly("udp 192.0.2.1:5060");
        assertThat(locate("sips:example.com")).containsExactly("tls 192.0.2.1:5061");
        assertThat(locate("sip:example.com", EnumSet.of(Transport.TCP), sum -> 0))
                .as("a side without UDP")
                .containsExactly("tcp 192.0.2.1:5060");
    }

    // ---------------------------------------------------------------------------------------------------------------
    // section 4.2: port and address

    @Test
    void givenTransportNeedsNoNaptr() throws Exception {
        dns.srv("_sips._tcp.example.com", 0, 1, 5081, "server.example.com").address("server.example.com", "192.0.2.1");
        assertThat(locate("sip:example.com;transport=tls")).containsExactly("tls 192.0.2.1:5081");
        assertThat(dns.asked()).noneMatch(question -> question.startsWith("NAPTR"));
        dns.address("plain.example.com", "192.0.2.2");
        assertThat(locate("sip:plain.example.com;transport=tcp")).containsExactly("tcp 192.0.2.2:5060");
    }

    /** RFC 7984 §4: both families are looked up, for each SRV target. */
    @Test
    void hostOfBothFamiliesHasTargetsOfBoth() throws Exception {
        dns.address("dual.example.com", "192.0.2.1").address("dual.example.com", "2001:db8::1");
        assertThat(locate("sip:dual.example.com:5060"))
                .containsExactlyInAnyOrder("udp 192.0.2.1:5060", "udp 2001:db8:0:0:0:0:0:1:5060");
    }

    @Test
    void aliasIsFollowed() throws Exception {
        dns.alias("www.example.com", "real.example.com").address("real.example.com", "192.0.2.1");
        assertThat(locate("sip:www.example.com:5060")).containsExactly("udp 192.0.2.1:5060");
    }

    /** RFC 5922 §4: the certificate is checked against the domain of the URI, which the DNS does not choose. */
    @Test
    void targetKeepsTheNameOfTheUri() throws Exception {
        dns.srv("_sips._tcp.example.com", 0, 1, 5061, "hosted.example.net").address("hosted.example.net", "192.0.2.1");
        CompletableFuture<String> name = new CompletableFuture<>();
        group.next().execute(() -> new ServerLocator(names, ALL, sum -> 0)
                .locate(Destination.parse("sips:example.com"))
                .next((target, cause) -> name.complete(target.address().getHostString())));
        assertThat(name.get(5, TimeUnit.SECONDS)).isEqualTo("example.com");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sip:3402000000", "sip:34020000001320000001@3402000000", "sip:1.2.3", "sip:a.b.1"})
    void hostOfDigitsOnlyIsNeverLookedUp(String uri) throws Exception {
        assertThat(locate(uri).get(0)).contains("neither an address nor a domain name");
        assertThat(dns.asked()).isEmpty();
    }

    @Test
    void unusableDestinationIsOneClearLine() throws Exception {
        assertThat(locate("sip:example.com;transport=tls", PLAIN, sum -> 0))
                .containsExactly("sip:example.com;transport=tls needs TLS, which this side does not have");
        assertThat(locate("sips:192.0.2.1", PLAIN, sum -> 0))
                .containsExactly("sips:192.0.2.1 means TLS, which this side does not have");
        assertThatIllegalArgumentException().isThrownBy(() -> Destination.parse("tel:+1234"));
        assertThatIllegalArgumentException().isThrownBy(() -> Destination.parse("sip:example.com;transport=sctp"));
        assertThatIllegalArgumentException().isThrownBy(() -> Destination.parse("sips:example.com;transport=udp"));
    }

    // ---------------------------------------------------------------------------------------------------------------
    // RFC 2782

    @Test
    void lowerPriorityComesFirst() throws Exception {
        dns.srv("_sip._udp.example.com", 20, 100, 5062, "b.example.com")
                .srv("_sip._udp.example.com", 10, 0, 5061, "a.example.com")
                .address("a.example.com", "192.0.2.1")
                .address("b.example.com", "192.0.2.2");
        assertThat(locate("sip:example.com;transport=udp")).containsExactly("udp 192.0.2.1:5061", "udp 192.0.2.2:5062");
    }

    @Test
    void serversOfOnePriorityAreChosenInProportionToTheirWeights() {
        List<Srv> records =
                List.of(new Srv(1, 10, 5060, "light"), new Srv(1, 30, 5060, "heavy"), new Srv(1, 0, 5060, "never"));
        SplittableRandom random = new SplittableRandom(1);
        ServerLocator locator = new ServerLocator(names, ALL, sum -> random.nextInt(sum + 1));
        Map<String, Integer> first = new HashMap<>();
        int rounds = 20_000;
        for (int i = 0; i < rounds; i++) {
            List<Srv> ordered = locator.ordered(records);
            assertThat(ordered).hasSize(3);
            first.merge(ordered.get(0).target(), 1, Integer::sum);
        }
        assertThat(first.get("heavy") / (double) first.get("light")).isBetween(2.6, 3.4);
        assertThat(first.get("never") / (double) rounds)
                .as("a very small chance")
                .isBetween(0.01, 0.05);
    }

    /** "A Target of "." means that the service is decidedly not available at this domain." */
    @Test
    void rootAsTargetMeansThatThereIsNoService() throws Exception {
        dns.srv("_sip._udp.example.com", 0, 0, 0, ".").address("example.com", "192.0.2.1");
        assertThat(locate("sip:example.com;transport=udp")).containsExactly("example.com has no address");
    }

    // ---------------------------------------------------------------------------------------------------------------
    // the cache

    @Test
    void answerIsKeptAsLongAsItsTtl() throws Exception {
        dns.address("sip.example.com", "192.0.2.1", 5);
        locate("sip:sip.example.com:5060");
        assertThat(dns.asked()).hasSize(2);
        dns.remove("sip.example.com");
        dns.address("sip.example.com", "192.0.2.2", 5);
        nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(4_999));
        assertThat(locate("sip:sip.example.com:5060")).containsExactly("udp 192.0.2.1:5060");
        assertThat(dns.asked()).isEmpty();
        nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(1));
        assertThat(locate("sip:sip.example.com:5060")).containsExactly("udp 192.0.2.2:5060");
    }

    @Test
    void thatThereIsNoRecordIsKeptToo() throws Exception {
        assertThat(locate("sip:nobody.example.com:5060")).containsExactly("nobody.example.com has no address");
        dns.asked();
        locate("sip:nobody.example.com:5060");
        assertThat(dns.asked()).isEmpty();
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(31));
        dns.address("nobody.example.com", "192.0.2.9");
        assertThat(locate("sip:nobody.example.com:5060")).containsExactly("udp 192.0.2.9:5060");
    }

    @Test
    void questionThatIsOnItsWayIsNotAskedAgain() throws Exception {
        dns.address("sip.example.com", "192.0.2.1");
        CompletableFuture<Integer> done = new CompletableFuture<>();
        int users = 1_000;
        List<String> found = new ArrayList<>();
        group.next().execute(() -> {
            ServerLocator locator = new ServerLocator(names, ALL, sum -> 0);
            for (int i = 0; i < users; i++) {
                locator.locate(Destination.parse("sip:sip.example.com:5060")).next((target, cause) -> {
                    found.add(text(target));
                    if (found.size() == users) {
                        done.complete(users);
                    }
                });
            }
        });
        assertThat(done.get(10, TimeUnit.SECONDS)).isEqualTo(users);
        assertThat(dns.asked()).containsExactlyInAnyOrder("A sip.example.com", "AAAA sip.example.com");
    }

    // ---------------------------------------------------------------------------------------------------------------
    // failures of the DNS

    @Test
    void serverThatFailsIsNamedAsTheCauseAndAskedAgainSoon() throws Exception {
        dns.refuses("sip.example.com", DnsResponseCode.SERVFAIL);
        assertThat(locate("sip:sip.example.com:5060").get(0))
                .contains("sip.example.com")
                .contains("ServFail");
        dns.asked();
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(2));
        locate("sip:sip.example.com:5060");
        assertThat(dns.asked()).isNotEmpty();
    }

    @Test
    void nameServerThatIgnoresNaptrDoesNotHideTheAddress() throws Exception {
        dns.silent("example.com");
        dns.srv("_sip._udp.example.com", 0, 0, 5060, "server.example.com").address("server.example.com", "192.0.2.1");
        assertThat(locate("sip:example.com")).containsExactly("udp 192.0.2.1:5060");
    }

    @ParameterizedTest
    @CsvSource({"silent, no name server answers", "failing, ServFail", "refusing, Refused"})
    void whatIsKnownIsUsedWhileTheNameServerIsAwayAndTheRestIsAskedWhenItIsBack(String how, String why)
            throws Exception {
        dns.address("known.example.com", "192.0.2.1", 300)
                .srv("_sip._udp.example.com", 0, 0, 5070, "server.example.com")
                .address("server.example.com", "192.0.2.2");
        assertThat(locate("sip:known.example.com:5060")).containsExactly("udp 192.0.2.1:5060");
        switch (how) {
            case "silent" -> dns.away();
            case "failing" -> dns.fails(DnsResponseCode.SERVFAIL);
            default -> dns.fails(DnsResponseCode.REFUSED);
        }
        // SRV, then A and AAAA together, two seconds each.
        assertThat(locate("sip:example.com;transport=udp"))
                .singleElement()
                .asString()
                .contains("example.com")
                .contains(why);
        assertThat(locate("sip:known.example.com:5060")).containsExactly("udp 192.0.2.1:5060");
        dns.back();
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(2));
        assertThat(locate("sip:example.com;transport=udp")).containsExactly("udp 192.0.2.2:5070");
    }

    @Test
    void textThatIsNoNameIsAnErrorAndNoCrash() throws Exception {
        String label = "x".repeat(64);
        assertThat(locate("sip:" + label + ".example.com:5060").get(0)).contains(label);
    }
}
