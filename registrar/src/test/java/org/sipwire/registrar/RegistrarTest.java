/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.sipwire.registrar.RegistrarHarness.Answer;
import org.sipwire.transport.Transport;

/** RFC 3261 §10.3, rule by rule, over a real transaction layer. */
class RegistrarTest {

    private static final String ALICE = "sip:alice@example.com";
    private static final String AOR = "alice@example.com";
    private static final String PHONE = "Contact: <sip:alice@192.168.35.165:5080>";

    private final RegistrarHarness registrar =
            new RegistrarHarness(RegistrarConfig.builder().build());

    private static RegistrarHarness with(RegistrarConfig.Builder config) {
        return new RegistrarHarness(config.build());
    }

    @Nested
    class Answering {
        @Test
        void okListsTheContactWithItsExpiry() {
            Answer answer = registrar.send(registrar.register(ALICE, 1, PHONE, "Expires: 1800"));
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.all("Contact")).containsExactly("<sip:alice@192.168.35.165:5080>;expires=1800");
            assertThat(answer.header("Expires")).isEqualTo("1800");
            assertThat(answer.header("To")).matches("<sip:alice@example.com>;tag=[0-9a-f]{16}");
            assertThat(answer.header("Content-Length")).isEqualTo("0");
            assertThat(answer.header("Date")).isNull();
            assertThat(registrar.events).containsExactly("registered alice@example.com 1 1");
        }

        @Test
        void answersListAllBindingsWithTheTimeTheyHaveLeft() {
            registrar.send(registrar.register(ALICE, 1, PHONE, "Expires: 1800"));
            registrar.passSeconds(100);
            Answer answer = registrar.send(
                    registrar.register(ALICE, 1, "Call-ID: two", "Contact: <sip:alice@10.0.0.2>;expires=600"));
            assertThat(answer.all("Contact"))
                    .containsExactly(
                            "<sip:alice@192.168.35.165:5080>;expires=1700", "<sip:alice@10.0.0.2>;expires=600");
            assertThat(registrar.events).last().isEqualTo("refreshed alice@example.com 2 1");
        }

        @Test
        void requestWithoutContactFetchesTheBindings() {
            registrar.send(registrar.register(ALICE, 1, PHONE, "Expires: 1800"));
            Answer answer = registrar.send(registrar.register(ALICE, 2));
            assertThat(answer.all("Contact")).containsExactly("<sip:alice@192.168.35.165:5080>;expires=1800");
            assertThat(answer.header("Expires")).isNull();
            assertThat(registrar.registrar.count(RegistrarCounter.FETCHED)).isEqualTo(1);
            assertThat(registrar
                            .send(registrar.register("sip:bob@example.com", 1))
                            .all("Contact"))
                    .isEmpty();
        }

        @Test
        void retransmissionGetsTheSameAnswerAndUpdatesNothing() {
            String message = registrar.register(ALICE, 1, PHONE, "Expires: 1800");
            Answer first = registrar.send(message);
            registrar.passSeconds(1);
            assertThat(registrar.send(message)).isEqualTo(first);
            assertThat(registrar.events).hasSize(1);
        }

        @Test
        void parametersAreEchoedOnTheirRightSide() {
            Answer answer = registrar.send(
                    registrar.register(
                            ALICE,
                            1,
                            "Contact: \"Al, ice\" <sip:alice@10.0.0.1;line=3,x;transport=tcp>;q=0.25;methods=\"INVITE, ;expires=9\";expires=60; +sip.video ;ob"));
            assertThat(answer.all("Contact"))
                    .containsExactly(
                            "<sip:alice@10.0.0.1;line=3,x;transport=tcp>;q=0.25;expires=60;methods=\"INVITE, ;expires=9\"; +sip.video;ob");
        }

        @Test
        void parametersOfAnUnbracketedContactAreTheHeaders() {
            Answer answer =
                    registrar.send(registrar.register(ALICE, 1, "Contact: sip:alice@10.0.0.1;expires=60;line=4;q=1"));
            assertThat(answer.all("Contact")).containsExactly("<sip:alice@10.0.0.1>;q=1.0;expires=60;line=4");
        }

        @Test
        void instanceAndRegIdAreEchoed() {
            Answer answer = registrar.send(registrar.register(
                    ALICE,
                    1,
                    "Contact: <sip:alice@10.0.0.1>;expires=60;reg-id=2;+sip.instance=\"<urn:uuid:0001>\";q=0.125"));
            assertThat(answer.all("Contact"))
                    .containsExactly(
                            "<sip:alice@10.0.0.1>;q=0.125;expires=60;+sip.instance=\"<urn:uuid:0001>\";reg-id=2");
        }

        @Test
        void contactsOfOtherSchemesAreKept() {
            registrar.send(registrar.register(ALICE, 1, "Contact: <mailto:alice@example.com>, <tel:+1-201-555-0123>"));
            assertThat(registrar.contacts(AOR)).containsExactly("mailto:alice@example.com", "tel:+1-201-555-0123");
        }
    }

    @Nested
    class Step1Domain {
        private final RegistrarHarness served = with(RegistrarConfig.builder().domains(List.of("Example.com")));

        @Test
        void domainServedInAnyCaseIsAccepted() {
            assertThat(served.send(served.request("REGISTER", "sip:EXAMPLE.com", "sip:alice@eXample.com", 1, PHONE))
                            .status())
                    .isEqualTo(200);
            assertThat(served.contacts(AOR)).hasSize(1);
        }

        @Test
        void otherRequestUriIsNotFound() {
            assertThat(served.send(served.request("REGISTER", "sip:example.org", ALICE, 1, PHONE))
                            .status())
                    .isEqualTo(404);
        }

        @Test
        void otherRequestUriIsAcceptedByLeniency() {
            RegistrarHarness lenient = with(RegistrarConfig.builder()
                    .domains(List.of("example.com"))
                    .leniencies(java.util.Set.of(RegistrarConfig.Leniency.ANY_REQUEST_URI)));
            assertThat(lenient.send(lenient.request("REGISTER", "sip:192.168.1.1:5060", ALICE, 1, PHONE))
                            .status())
                    .isEqualTo(200);
        }

        @Test
        void otherSchemeIsUnsupported() {
            assertThat(served.send(served.request("REGISTER", "tel:+1201", ALICE, 1, PHONE))
                            .status())
                    .isEqualTo(416);
        }
    }

    @Nested
    class Step2Extensions {
        @Test
        void unknownExtensionsAreNamedInUnsupported() {
            Answer answer =
                    registrar.send(registrar.register(ALICE, 1, PHONE, "Require: path, foo", "Proxy-Require: bar"));
            assertThat(answer.status()).isEqualTo(420);
            assertThat(answer.header("Unsupported")).isEqualTo("foo, bar");
            assertThat(registrar.contacts(AOR)).isEmpty();
        }

        @Test
        void knownExtensionsAreAccepted() {
            assertThat(registrar
                            .send(registrar.register(ALICE, 1, PHONE, "Require: path , outbound"))
                            .status())
                    .isEqualTo(200);
        }
    }

    @Nested
    class Step5AddressOfRecord {
        @Test
        void escapesCaseParametersAndPortAreCanonical() {
            registrar.send(registrar.register("sip:%61lice@EXAMPLE.com:5080;user=phone", 1, PHONE));
            assertThat(registrar.contacts(AOR)).hasSize(1);
        }

        @Test
        void userIsCaseSensitive() {
            registrar.send(registrar.register("sip:Alice@example.com", 1, PHONE));
            assertThat(registrar.contacts(AOR)).isEmpty();
            assertThat(registrar.contacts("Alice@example.com")).hasSize(1);
        }

        @Test
        void hostOfDigitsIsAHost() {
            registrar.send(registrar.register("sip:34020000001320000003@3402000000", 1, PHONE));
            assertThat(registrar.contacts("34020000001320000003@3402000000")).hasSize(1);
        }

        @Test
        void toOfAnotherDomainIsNotFound() {
            RegistrarHarness served = with(RegistrarConfig.builder().domains(List.of("example.com")));
            assertThat(served.send(served.register("sip:alice@example.org", 1, PHONE))
                            .status())
                    .isEqualTo(404);
        }

        @Test
        void toWithoutUserIsNotFound() {
            assertThat(registrar
                            .send(registrar.register("sip:example.com", 1, PHONE))
                            .status())
                    .isEqualTo(404);
        }

        @Test
        void toOfAnotherSchemeIsNotFound() {
            assertThat(registrar.send(registrar.register("tel:+1201", 1, PHONE)).status())
                    .isEqualTo(404);
        }

        @Test
        void gbDeviceIsKnownByItsIdWhateverHostItNames() {
            RegistrarHarness gb = with(RegistrarConfig.gb28181("3402000000"));
            gb.send(gb.register("sip:34020000001320000003@192.168.1.64:5060", 1, PHONE));
            assertThat(gb.contacts("34020000001320000003@3402000000")).hasSize(1);
            assertThat(gb.events).containsExactly("registered 34020000001320000003@3402000000 1 1");
        }
    }

    @Nested
    class Step6Wildcard {
        @Test
        void wildcardWithZeroRemovesAll() {
            registrar.send(registrar.register(ALICE, 1, PHONE));
            registrar.send(registrar.register(ALICE, 1, "Call-ID: two", "Contact: <sip:alice@10.0.0.2>"));
            Answer answer = registrar.send(registrar.register(ALICE, 2, "Contact: *", "Expires: 0"));
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.all("Contact")).isEmpty();
            assertThat(registrar.contacts(AOR)).isEmpty();
            assertThat(registrar.events).last().isEqualTo("removed alice@example.com 1");
        }

        @Test
        void wildcardWithOtherExpiryIsBadAndChangesNothing() {
            registrar.send(registrar.register(ALICE, 1, PHONE));
            assertThat(registrar
                            .send(registrar.register(ALICE, 2, "Contact: *", "Expires: 60"))
                            .status())
                    .isEqualTo(400);
            assertThat(registrar
                            .send(registrar.register(ALICE, 3, "Contact: *"))
                            .status())
                    .isEqualTo(400);
            assertThat(registrar.contacts(AOR)).hasSize(1);
        }

        @Test
        void wildcardBesideAContactIsBad() {
            registrar.send(registrar.register(ALICE, 1, PHONE));
            assertThat(registrar
                            .send(registrar.register(ALICE, 2, "Contact: *", PHONE, "Expires: 0"))
                            .status())
                    .isEqualTo(400);
            assertThat(registrar.contacts(AOR)).hasSize(1);
        }

        @Test
        void wildcardOutOfOrderRemovesNone() {
            registrar.send(registrar.register(ALICE, 5, PHONE));
            assertThat(registrar
                            .send(registrar.register(ALICE, 5, "Contact: *", "Expires: 0"))
                            .status())
                    .isEqualTo(500);
            assertThat(registrar.contacts(AOR)).hasSize(1);
        }
    }

    @Nested
    class Step7Contacts {
        @Test
        void olderRequestOfTheSameCallIdFailsAndChangesNothing() {
            registrar.send(registrar.register(ALICE, 5, PHONE, "Expires: 1800"));
            assertThat(registrar
                            .send(registrar.register(ALICE, 4, PHONE, "Expires: 60"))
                            .status())
                    .isEqualTo(500);
            assertThat(registrar.send(registrar.register(ALICE, 6)).header("Contact"))
                    .endsWith("expires=1800");
            assertThat(registrar.registrar.count(RegistrarCounter.OUT_OF_ORDER)).isEqualTo(1);
        }

        @Test
        void equalSequenceFromTheSameFlowGetsTheSameAnswer() {
            Answer first = registrar.send(registrar.register(ALICE, 5, PHONE, "Expires: 1800"));
            Answer again = registrar.send(registrar.register(ALICE, 5, PHONE, "Expires: 1800"));
            assertThat(again.status()).isEqualTo(200);
            assertThat(again.all("Contact")).isEqualTo(first.all("Contact"));
            assertThat(registrar.events).hasSize(1);
        }

        @Test
        void equalSequenceFromAnotherFlowFails() {
            registrar.send(registrar.register(ALICE, 5, PHONE));
            FakeFlow other = new FakeFlow(Transport.UDP, 2, "192.168.35.166", 5080);
            assertThat(registrar
                            .send(registrar.register(ALICE, 5, PHONE), other)
                            .status())
                    .isEqualTo(500);
        }

        @Test
        void newCallIdStartsItsOwnOrder() {
            registrar.send(registrar.register(ALICE, 29_389_938, PHONE));
            assertThat(registrar
                            .send(registrar.register(ALICE, 1, "Call-ID: two", PHONE))
                            .status())
                    .isEqualTo(200);
            assertThat(registrar.contacts(AOR)).hasSize(1);
        }

        @Test
        void contactsEqualByTheUriRulesAreOne() {
            registrar.send(registrar.register(ALICE, 1, "Contact: <sip:%61lice@HOST.example.com;Transport=udp>"));
            registrar.send(
                    registrar.register(ALICE, 2, "Contact: <sip:alice@host.example.com;transport=UDP;newparam=5>"));
            assertThat(registrar.contacts(AOR)).containsExactly("sip:alice@host.example.com;transport=UDP;newparam=5");
            registrar.send(registrar.register(ALICE, 3, "Contact: <sip:alice@host.example.com:5060;transport=UDP>"));
            assertThat(registrar.contacts(AOR)).hasSize(2);
        }

        @Test
        void contactParameterGoesBeforeExpiresHeader() {
            Answer answer = registrar.send(registrar.register(
                    ALICE, 1, "Contact: <sip:a@10.0.0.1>;expires=120, <sip:a@10.0.0.2>", "Expires: 240"));
            assertThat(answer.all("Contact"))
                    .containsExactly("<sip:a@10.0.0.1>;expires=120", "<sip:a@10.0.0.2>;expires=240");
        }

        @Test
        void withoutExpiryTheDefaultHolds() {
            assertThat(registrar.send(registrar.register(ALICE, 1, PHONE)).header("Contact"))
                    .endsWith(";expires=3600");
        }

        @Test
        void malformedExpiryMeansOneHour() {
            RegistrarHarness other = with(RegistrarConfig.builder().expires(60, 600, 86_400));
            assertThat(other.send(other.register(ALICE, 1, "Contact: <sip:a@h>;expires=soon"))
                            .header("Contact"))
                    .endsWith(";expires=3600");
        }

        @Test
        void hugeExpiryIsClampedToTheLongest() {
            assertThat(registrar
                            .send(registrar.register(ALICE, 1, "Contact: <sip:a@h>;expires=4294967295"))
                            .header("Contact"))
                    .endsWith(";expires=86400");
            assertThat(registrar
                            .send(registrar.register(ALICE, 2, "Contact: <sip:a@h>;expires=99999999999999999999"))
                            .header("Contact"))
                    .endsWith(";expires=86400");
        }

        @Test
        void briefExpiryIsRefusedWithTheLeastOne() {
            Answer answer = registrar.send(registrar.register(ALICE, 1, PHONE, "Expires: 59"));
            assertThat(answer.status()).isEqualTo(423);
            assertThat(answer.header("Min-Expires")).isEqualTo("60");
            assertThat(registrar.contacts(AOR)).isEmpty();
        }

        @Test
        void oneHourIsNeverTooBrief() {
            RegistrarHarness slow = with(RegistrarConfig.builder().expires(7200, 7200, 7200));
            assertThat(slow.send(slow.register(ALICE, 1, PHONE, "Expires: 3600"))
                            .header("Contact"))
                    .endsWith(";expires=7200");
            assertThat(slow.send(slow.register(ALICE, 2, PHONE, "Expires: 3599"))
                            .status())
                    .isEqualTo(423);
        }

        @Test
        void jitterCutsExpiriesApartWithinItsBound() {
            RegistrarHarness jittered = with(RegistrarConfig.builder().expiresJitterPercent(10));
            java.util.Set<String> seen = new java.util.HashSet<>();
            for (int i = 0; i < 50; i++) {
                String expires = jittered.send(jittered.register("sip:u" + i + "@h", 1, PHONE))
                        .header("Expires");
                assertThat(Integer.parseInt(expires)).isBetween(3240, 3600);
                seen.add(expires);
            }
            assertThat(seen).hasSizeGreaterThan(20);
        }

        @Test
        void zeroRemovesOneContact() {
            registrar.send(registrar.register(ALICE, 1, PHONE));
            registrar.send(registrar.register(ALICE, 1, "Call-ID: two", "Contact: <sip:alice@10.0.0.2>"));
            Answer answer = registrar.send(registrar.register(ALICE, 2, PHONE, "Expires: 0"));
            assertThat(answer.all("Contact")).containsExactly("<sip:alice@10.0.0.2>;expires=3600");
            assertThat(answer.header("Expires")).isEqualTo("0");
        }

        @Test
        void oneBadContactRefusesAll() {
            assertThat(registrar
                            .send(registrar.register(ALICE, 1, PHONE, "Contact: <sip:a@10.0.0.2>;expires=5"))
                            .status())
                    .isEqualTo(423);
            assertThat(registrar
                            .send(registrar.register(ALICE, 2, PHONE, "Contact: <sip:@>"))
                            .status())
                    .isEqualTo(400);
            assertThat(registrar.contacts(AOR)).isEmpty();
        }

        @Test
        void contactsBeyondTheBoundAreForbidden() {
            RegistrarHarness two = with(RegistrarConfig.builder().maxContacts(2, RegistrarConfig.Overflow.REJECT));
            two.send(two.register(ALICE, 1, "Contact: <sip:a@1.1.1.1>, <sip:a@1.1.1.2>"));
            assertThat(two.send(two.register(ALICE, 2, "Contact: <sip:a@1.1.1.3>"))
                            .status())
                    .isEqualTo(403);
            assertThat(two.contacts(AOR)).containsExactly("sip:a@1.1.1.1", "sip:a@1.1.1.2");
        }

        @Test
        void oldestContactMakesRoom() {
            RegistrarHarness one =
                    with(RegistrarConfig.builder().maxContacts(1, RegistrarConfig.Overflow.REPLACE_OLDEST));
            one.send(one.register(ALICE, 1, "Contact: <sip:a@1.1.1.1>"));
            assertThat(one.send(one.register(ALICE, 2, "Contact: <sip:a@1.1.1.2>"))
                            .status())
                    .isEqualTo(200);
            assertThat(one.contacts(AOR)).containsExactly("sip:a@1.1.1.2");
        }
    }

    @Nested
    class Expiry {
        @Test
        void bindingEndsAndIsTold() {
            registrar.send(registrar.register(ALICE, 1, PHONE, "Expires: 60"));
            registrar.passSeconds(60);
            assertThat(registrar.contacts(AOR)).isEmpty();
            registrar.locations.expire(registrar.millis, 100);
            assertThat(registrar.events).last().isEqualTo("expired alice@example.com 0");
        }
    }

    @Nested
    class GbDate {
        @Test
        void dateIsBeijingWallTimeWithMilliseconds() {
            RegistrarHarness gb = with(RegistrarConfig.gb28181("3402000000"));
            Answer answer = gb.send(gb.register("sip:34020000001320000003@3402000000", 2, PHONE, "Expires: 3600"));
            assertThat(answer.header("Date")).isEqualTo("2021-03-24T15:25:03.259");
            assertThat(answer.header("Contact")).isEqualTo("<sip:alice@192.168.35.165:5080>;expires=3600");
            assertThat(answer.header("Expires")).isEqualTo("3600");
        }
    }

    @Nested
    class Routes {
        @Test
        void pathIsKeptAndCopied() {
            Answer answer = registrar.send(registrar.register(
                    ALICE,
                    1,
                    PHONE,
                    "Supported: path",
                    "Path: <sip:p1.example.com;lr>",
                    "Path: <sip:p2.example.com;lr>"));
            assertThat(answer.header("Path")).isEqualTo("<sip:p1.example.com;lr>, <sip:p2.example.com;lr>");
        }

        @Test
        void serviceRouteIsInTheOkOnly() {
            RegistrarHarness routed =
                    with(RegistrarConfig.builder().serviceRoutes(List.of("<sip:orig@home.example.com;lr>")));
            assertThat(routed.send(routed.register(ALICE, 1, PHONE)).header("Service-Route"))
                    .isEqualTo("<sip:orig@home.example.com;lr>");
            assertThat(routed.send(routed.register(ALICE, 2, PHONE, "Expires: 1"))
                            .header("Service-Route"))
                    .isNull();
        }
    }

    @Nested
    class Outbound {
        private final FakeFlow tcp = new FakeFlow(Transport.TCP, 9, "10.0.0.1", 40_000);

        private String contact(int regId) {
            return "Contact: <sip:alice@10.0.0.1;transport=tcp>;reg-id=" + regId + ";+sip.instance=\"<urn:uuid:1>\"";
        }

        @Test
        void registrationOfAFlowRequiresOutboundInItsAnswer() {
            RegistrarHarness timed = with(RegistrarConfig.builder().flowTimerSeconds(120));
            Answer answer = timed.send(timed.register(ALICE, 1, contact(1), "Supported: path, outbound"), tcp);
            assertThat(answer.header("Require")).isEqualTo("outbound");
            assertThat(answer.header("Flow-Timer")).isEqualTo("120");
        }

        @Test
        void flowsOfOneInstanceAreBindingsOfTheirOwn() {
            registrar.send(registrar.register(ALICE, 1, contact(1), "Supported: outbound"), tcp);
            registrar.send(registrar.register(ALICE, 2, contact(2), "Supported: outbound"), tcp);
            assertThat(registrar.contacts(AOR)).hasSize(2);
        }

        @Test
        void bindingsGoWithTheirFlow() {
            registrar.send(registrar.register(ALICE, 1, contact(1), "Supported: outbound"), tcp);
            registrar.send(registrar.register(ALICE, 1, "Call-ID: two", PHONE), tcp);
            registrar.layer.onFlowClosed(tcp);
            assertThat(registrar.contacts(AOR)).containsExactly("sip:alice@192.168.35.165:5080");
        }

        @Test
        void everyBindingGoesWithItsConnectionWhenSoConfigured() {
            RegistrarHarness all = with(RegistrarConfig.builder().lostFlow(RegistrarConfig.LostFlow.REMOVE_ALL));
            all.send(all.register(ALICE, 1, PHONE), tcp);
            all.layer.onFlowClosed(tcp);
            assertThat(all.contacts(AOR)).isEmpty();
            assertThat(all.events).last().isEqualTo("removed alice@example.com 9");
        }

        @Test
        void proxyThatLacksOutboundIsReported() {
            String relayed = registrar
                    .register(ALICE, 1, contact(1), "Supported: outbound")
                    .replaceFirst("From:", "Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKx\r\nFrom:");
            assertThat(registrar.send(relayed).status()).isEqualTo(439);
            String withOb = registrar
                    .register(ALICE, 2, contact(1), "Supported: outbound", "Path: <sip:edge.example.com;lr;ob>")
                    .replaceFirst("From:", "Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKx\r\nFrom:");
            assertThat(registrar.send(withOb).status()).isEqualTo(200);
        }

        @Test
        void regIdWithoutTheOptionTagIsAnOrdinaryContact() {
            Answer answer = registrar.send(registrar.register(ALICE, 1, contact(1)), tcp);
            assertThat(answer.header("Require")).isNull();
            registrar.layer.onFlowClosed(tcp);
            assertThat(registrar.contacts(AOR)).hasSize(1);
        }

        @Test
        void flowBesideAnotherContactIsBad() {
            assertThat(registrar
                            .send(registrar.register(ALICE, 1, contact(1), PHONE, "Supported: outbound"), tcp)
                            .status())
                    .isEqualTo(400);
        }
    }

    @Nested
    class OtherMethods {
        @Test
        void optionsTellsWhatIsServed() {
            Answer answer = registrar.send(registrar.request("OPTIONS", "sip:example.com", ALICE, 1));
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.header("Allow")).isEqualTo("REGISTER, OPTIONS");
            assertThat(answer.header("Supported")).isEqualTo("path, outbound, gruu");
            assertThat(answer.all("Accept")).hasSize(1);
        }

        @Test
        void optionsThatRequiresTheUnknownIsRefused() {
            assertThat(registrar
                            .send(registrar.request(
                                    "OPTIONS", "sip:example.com", ALICE, 1, "Require: nothingSupportsThis"))
                            .header("Unsupported"))
                    .isEqualTo("nothingSupportsThis");
        }

        @Test
        void knownMethodIsNotAllowed() {
            for (String method :
                    List.of("INVITE", "SUBSCRIBE", "PUBLISH", "BYE", "INFO", "MESSAGE", "NOTIFY", "REFER")) {
                Answer answer = registrar.send(registrar.request(method, "sip:alice@example.com", ALICE, 1));
                assertThat(answer.status()).as(method).isEqualTo(405);
                assertThat(answer.header("Allow")).as(method).isEqualTo("REGISTER, OPTIONS");
            }
        }

        @Test
        void unknownMethodIsNotImplemented() {
            assertThat(registrar
                            .send(registrar.request("NEWMETHOD", "sip:example.com", ALICE, 1))
                            .status())
                    .isEqualTo(501);
        }

        @Test
        void strayAckIsNotAnswered() {
            assertThat(registrar.send(registrar.request("ACK", "sip:example.com", ALICE, 1)))
                    .isNull();
        }

        @Test
        void strayCancelFindsNoTransaction() {
            assertThat(registrar
                            .send(registrar.request("CANCEL", "sip:example.com", ALICE, 1))
                            .status())
                    .isEqualTo(481);
        }

        @Test
        void bodyOfARegisterIsNotUnderstood() {
            Answer answer =
                    registrar.send(registrar.register(ALICE, 1, PHONE, "Content-Type: text/plain", "body:hello"));
            assertThat(answer.status()).isEqualTo(415);
            assertThat(answer.all("Accept")).containsExactly("");
        }

        @Test
        void messagesGoToTheirHandler() {
            RegistrarHarness gb = new RegistrarHarness(
                    RegistrarConfig.gb28181("3402000000").build(),
                    null,
                    b -> b.messages((request, context) -> {
                        context.response(200);
                        context.respondStateless();
                        return true;
                    }));
            assertThat(gb.send(gb.request("MESSAGE", "sip:x@3402000000", ALICE, 1))
                            .status())
                    .isEqualTo(200);
            assertThat(gb.send(gb.request("INVITE", "sip:x@3402000000", ALICE, 1))
                            .header("Allow"))
                    .isEqualTo("REGISTER, OPTIONS, MESSAGE, NOTIFY");
        }
    }
}
