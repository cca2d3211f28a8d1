/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.sipwire.registrar.location.LocationResult.OUT_OF_ORDER;
import static org.sipwire.registrar.location.LocationResult.REFRESHED;
import static org.sipwire.registrar.location.LocationResult.REGISTERED;
import static org.sipwire.registrar.location.LocationResult.REMOVED;
import static org.sipwire.registrar.location.LocationResult.TOO_MANY_CONTACTS;
import static org.sipwire.registrar.location.LocationResult.UNCHANGED;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.sipwire.registrar.Binding;

/** What every {@link LocationService} does; each implementation has a subclass. */
abstract class LocationServiceContract {

    static final String AOR = "34020000001320000003@3402000000";
    static final String CONTACT = "sip:34020000001320000003@192.168.35.165:5080";

    final AtomicLong clock = new AtomicLong(1_700_000_000_000L);
    final List<String> events = java.util.Collections.synchronizedList(new ArrayList<>());
    LocationService locations;

    /** A service without bindings. */
    abstract LocationService create(LongSupplier clockMillis) throws Exception;

    /** The clock of services that keep time themselves cannot be set. */
    void passSeconds(long seconds) throws Exception {
        clock.addAndGet(seconds * 1000);
    }

    @BeforeEach
    void open() throws Exception {
        locations = create(clock::get);
        locations.listener(new LocationListener() {
            @Override
            public void expired(Bindings lapsed, Bindings left) {
                while (lapsed.next()) {
                    events.add("expired " + lapsed.text(lapsed.contactOffset(), lapsed.contactLength()) + " left "
                            + left.count());
                }
            }

            @Override
            public void removed(Bindings removed) {
                events.add("removed " + removed.aor() + " " + removed.count());
            }
        });
    }

    @AfterEach
    void close() {
        locations.close();
    }

    record Outcome(LocationResult result, List<Binding> bindings) {
        List<String> contacts() {
            return bindings.stream().map(Binding::contact).sorted().toList();
        }
    }

    /** One request to be: {@code request(aor).order(callId, cseq).contact(uri, expires)...send()}. */
    final class Request {
        final BindingUpdate update = new BindingUpdate();

        Request(String aor) {
            update.begin(aor.getBytes(UTF_8), 0, aor.length(), clock.get()).loop(Runnable::run);
            update.flow(0, 5080, 7).source("192.168.35.165".getBytes(UTF_8), 0, 14);
            update.userAgent("eXosip/4.1.0".getBytes(UTF_8), 0, 12);
        }

        Request order(String callId, long cseq) {
            update.request(callId.getBytes(UTF_8), 0, callId.length(), cseq);
            return this;
        }

        Request flow(long id) {
            update.flow(0, 5080, id);
            return this;
        }

        Request most(int contacts, boolean replaceOldest) {
            update.maxContacts(contacts, replaceOldest);
            return this;
        }

        Request contact(String uri, long expires) {
            update.beginContact(uri.getBytes(UTF_8), 0, uri.length()).endContact(expires);
            return this;
        }

        Request outbound(String uri, String instance, int regId, long expires) {
            update.beginContact(uri.getBytes(UTF_8), 0, uri.length());
            update.instance(instance.getBytes(UTF_8), 0, instance.length())
                    .regId(regId, true)
                    .endContact(expires);
            return this;
        }

        Request all() {
            update.removeAll();
            return this;
        }

        Outcome send() {
            CompletableFuture<Outcome> outcome = new CompletableFuture<>();
            locations.update(
                    update, (result, current) -> outcome.complete(new Outcome(result, Binding.listOf(current))));
            return outcome.orTimeout(10, TimeUnit.SECONDS).join();
        }
    }

    Request request(String aor) {
        return new Request(aor);
    }

    Outcome lookup(String aor) {
        CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        byte[] key = aor.getBytes(UTF_8);
        locations.lookup(
                key,
                0,
                key.length,
                new Bindings(),
                Runnable::run,
                (result, current) -> outcome.complete(new Outcome(result, Binding.listOf(current))));
        return outcome.orTimeout(10, TimeUnit.SECONDS).join();
    }

    @Test
    void contactTakenBackInTheSameRequestIsNoChange() {
        Outcome outcome = request(AOR)
                .order("call-1", 1)
                .contact(CONTACT, 3600)
                .contact(CONTACT, 0)
                .send();
        assertThat(outcome.result()).isEqualTo(LocationResult.UNCHANGED);
        assertThat(outcome.bindings()).isEmpty();
        assertThat(locations.addressCount()).isZero();
        assertThat(locations.bindingCount()).isZero();
    }

    @Test
    void whatWasRegisteredIsFound() {
        Outcome outcome = request(AOR).order("call-1", 1).contact(CONTACT, 3600).send();
        assertThat(outcome.result()).isEqualTo(REGISTERED);
        assertThat(lookup(AOR).bindings())
                .isEqualTo(outcome.bindings())
                .singleElement()
                .satisfies(b -> {
                    assertThat(b.contact()).isEqualTo(CONTACT);
                    assertThat(b.expiresAtSeconds()).isEqualTo(clock.get() / 1000 + 3600);
                    assertThat(b.order()).isEqualTo(new Binding.Order("call-1", 1));
                    assertThat(b.source().host()).isEqualTo("192.168.35.165");
                    assertThat(b.source().port()).isEqualTo(5080);
                    assertThat(b.source().flowId()).isEqualTo(7);
                    assertThat(b.source().userAgent()).isEqualTo("eXosip/4.1.0");
                    assertThat(b.q()).isEqualTo(-1);
                });
        assertThat(lookup("34020000001320000004@3402000000").bindings()).isEmpty();
    }

    @Test
    void everyPartOfAContactIsKept() {
        Request request = request(AOR).order("call-1", 1);
        request.update.addPath("<sip:p1;lr>".getBytes(UTF_8), 0, 11).addPath("<sip:p2;lr>".getBytes(UTF_8), 0, 11);
        request.update.beginContact("sip:a".getBytes(UTF_8), 0, 5).instance("\"<urn:x>\"".getBytes(UTF_8), 0, 9);
        request.update
                .parameters(";methods=\"INVITE\";+video".getBytes(UTF_8), 0, 24)
                .q(700)
                .regId(3, false)
                .endContact(60);
        request.send();
        assertThat(lookup(AOR).bindings()).singleElement().satisfies(b -> {
            assertThat(b.source().path()).isEqualTo("<sip:p1;lr>,<sip:p2;lr>");
            assertThat(b.instance()).isEqualTo("\"<urn:x>\"");
            assertThat(b.parameters()).isEqualTo(";methods=\"INVITE\";+video");
            assertThat(b.q()).isEqualTo(700);
            assertThat(b.regId()).isEqualTo(3);
        });
    }

    @Test
    void refreshMovesExpiryAndSequence() {
        request(AOR).order("call-1", 1).contact(CONTACT, 3600).send();
        clock.addAndGet(2000);
        Outcome outcome = request(AOR).order("call-1", 2).contact(CONTACT, 3600).send();
        assertThat(outcome.result()).isEqualTo(REFRESHED);
        assertThat(lookup(AOR).bindings())
                .isEqualTo(outcome.bindings())
                .singleElement()
                .satisfies(b -> {
                    assertThat(b.expiresAtSeconds()).isEqualTo(clock.get() / 1000 + 3600);
                    assertThat(b.order().cseq()).isEqualTo(2);
                });
        assertThat(locations.bindingCount()).isEqualTo(1);
    }

    @Test
    void refreshFromAnotherFlowReplacesTheFlow() {
        request(AOR).order("call-1", 1).contact(CONTACT, 3600).send();
        request(AOR).order("call-1", 2).flow(8).contact(CONTACT, 3600).send();
        assertThat(lookup(AOR).bindings())
                .singleElement()
                .satisfies(b -> assertThat(b.source().flowId()).isEqualTo(8));
    }

    @Test
    void olderCSeqOfTheSameCallIdChangesNothing() {
        Outcome before = request(AOR).order("call-1", 5).contact(CONTACT, 3600).send();
        assertThat(request(AOR).order("call-1", 4).contact(CONTACT, 60).send().result())
                .isEqualTo(OUT_OF_ORDER);
        assertThat(request(AOR)
                        .order("call-1", 4)
                        .flow(9)
                        .contact(CONTACT, 60)
                        .send()
                        .result())
                .isEqualTo(OUT_OF_ORDER);
        assertThat(request(AOR).order("call-1", 4).contact(CONTACT, 0).send().result())
                .isEqualTo(OUT_OF_ORDER);
        assertThat(lookup(AOR).bindings()).isEqualTo(before.bindings());
    }

    @Test
    void lowerCSeqOfAnotherCallIdReplaces() {
        request(AOR).order("call-1", 5).contact(CONTACT, 3600).send();
        assertThat(request(AOR).order("call-2", 1).contact(CONTACT, 3600).send().result())
                .isEqualTo(REFRESHED);
        assertThat(lookup(AOR).bindings()).singleElement().satisfies(b -> assertThat(b.order())
                .isEqualTo(new Binding.Order("call-2", 1)));
    }

    @Test
    void equalCSeqFromTheSameFlowIsTheSameRequestOnceMore() {
        Outcome first = request(AOR).order("call-1", 5).contact(CONTACT, 3600).send();
        Outcome again = request(AOR).order("call-1", 5).contact(CONTACT, 3600).send();
        assertThat(again.result()).isEqualTo(UNCHANGED);
        assertThat(again.bindings()).isEqualTo(first.bindings());
    }

    @Test
    void equalCSeqFromAnotherFlowFails() {
        request(AOR).order("call-1", 5).contact(CONTACT, 3600).send();
        assertThat(request(AOR)
                        .order("call-1", 5)
                        .flow(9)
                        .contact(CONTACT, 3600)
                        .send()
                        .result())
                .isEqualTo(OUT_OF_ORDER);
        assertThat(request(AOR).order("call-1", 5).contact(CONTACT, 0).send().result())
                .isEqualTo(OUT_OF_ORDER);
    }

    @Test
    void severalContactsAreAllOrNothing() {
        request(AOR).order("call-1", 5).contact("sip:a@h", 3600).send();
        Outcome refused = request(AOR)
                .order("call-1", 5)
                .flow(9)
                .contact("sip:b@h", 60)
                .contact("sip:a@h", 60)
                .contact("sip:c@h", 60)
                .send();
        assertThat(refused.result()).isEqualTo(OUT_OF_ORDER);
        assertThat(lookup(AOR).contacts()).containsExactly("sip:a@h");
        Outcome done = request(AOR)
                .order("call-1", 6)
                .contact("sip:b@h", 60)
                .contact("sip:a@h", 0)
                .contact("sip:c@h", 60)
                .send();
        assertThat(done.result()).isEqualTo(REFRESHED);
        assertThat(lookup(AOR).contacts()).containsExactly("sip:b@h", "sip:c@h");
        assertThat(locations.bindingCount()).isEqualTo(2);
    }

    @Test
    void contactNamedTwiceCountsOnceAndTheLaterHolds() {
        request(AOR)
                .order("call-1", 1)
                .contact("sip:a@h", 60)
                .contact("sip:a@h", 120)
                .send();
        assertThat(lookup(AOR).bindings()).singleElement().satisfies(b -> assertThat(b.expiresAtSeconds())
                .isEqualTo(clock.get() / 1000 + 120));
        assertThat(request(AOR)
                        .order("call-1", 2)
                        .contact("sip:b@h", 60)
                        .contact("sip:b@h", 0)
                        .send()
                        .contacts())
                .containsExactly("sip:a@h");
    }

    @Test
    void zeroRemovesTheBinding() {
        request(AOR).order("call-1", 1).contact(CONTACT, 3600).send();
        Outcome outcome = request(AOR).order("call-1", 2).contact(CONTACT, 0).send();
        assertThat(outcome.result()).isEqualTo(REMOVED);
        assertThat(outcome.bindings()).isEmpty();
        assertThat(lookup(AOR).bindings()).isEmpty();
        assertThat(locations.bindingCount()).isZero();
        assertThat(locations.addressCount()).isZero();
        assertThat(request(AOR).order("call-1", 3).contact(CONTACT, 0).send().result())
                .isEqualTo(UNCHANGED);
        assertThat(request(AOR).order("call-1", 1).contact(CONTACT, 60).send().result())
                .isEqualTo(REGISTERED);
    }

    @Test
    void wildcardRemovesAllOrNothing() {
        request(AOR).order("call-1", 5).contact("sip:a@h", 3600).send();
        request(AOR).order("call-2", 9).contact("sip:b@h", 3600).send();
        assertThat(request(AOR).order("call-2", 9).all().send().result()).isEqualTo(OUT_OF_ORDER);
        assertThat(lookup(AOR).contacts()).containsExactly("sip:a@h", "sip:b@h");
        assertThat(request(AOR).order("call-2", 10).all().send().result()).isEqualTo(REMOVED);
        assertThat(lookup(AOR).bindings()).isEmpty();
        assertThat(request(AOR).order("call-2", 11).all().send().result()).isEqualTo(UNCHANGED);
    }

    @Test
    void fetchWritesNothing() {
        request(AOR).order("call-1", 5).contact(CONTACT, 3600).send();
        Outcome outcome = request(AOR).order("call-1", 1).send();
        assertThat(outcome.result()).isEqualTo(UNCHANGED);
        assertThat(outcome.contacts()).containsExactly(CONTACT);
    }

    @Test
    void moreContactsThanAllowedAreRefused() {
        request(AOR)
                .order("call-1", 1)
                .most(2, false)
                .contact("sip:a@h", 60)
                .contact("sip:b@h", 90)
                .send();
        assertThat(request(AOR)
                        .order("call-1", 2)
                        .most(2, false)
                        .contact("sip:c@h", 60)
                        .send()
                        .result())
                .isEqualTo(TOO_MANY_CONTACTS);
        assertThat(lookup(AOR).contacts()).containsExactly("sip:a@h", "sip:b@h");
        assertThat(request(AOR)
                        .order("call-1", 3)
                        .most(2, false)
                        .contact("sip:c@h", 60)
                        .contact("sip:a@h", 0)
                        .send()
                        .contacts())
                .containsExactly("sip:b@h", "sip:c@h");
    }

    @Test
    void oldestContactMakesRoomWhenSoConfigured() {
        request(AOR).order("call-1", 1).most(2, true).contact("sip:a@h", 60).send();
        clock.addAndGet(1000);
        request(AOR).order("call-2", 1).most(2, true).contact("sip:b@h", 60).send();
        clock.addAndGet(1000);
        assertThat(request(AOR)
                        .order("call-3", 1)
                        .most(2, true)
                        .contact("sip:c@h", 60)
                        .send()
                        .contacts())
                .containsExactly("sip:b@h", "sip:c@h");
    }

    @Test
    void outboundBindingIsKnownByInstanceAndRegId() {
        request(AOR)
                .order("call-1", 1)
                .outbound("sip:a@10.0.0.1", "\"<urn:uuid:1>\"", 1, 60)
                .send();
        request(AOR)
                .order("call-1", 2)
                .outbound("sip:a@10.0.0.1", "\"<urn:uuid:1>\"", 2, 60)
                .send();
        assertThat(lookup(AOR).bindings()).hasSize(2);
        request(AOR)
                .order("call-1", 3)
                .outbound("sip:a@10.9.9.9", "\"<urn:uuid:1>\"", 2, 60)
                .send();
        assertThat(lookup(AOR).contacts()).containsExactly("sip:a@10.0.0.1", "sip:a@10.9.9.9");
        request(AOR)
                .order("call-2", 1)
                .outbound("sip:a@10.9.9.9", "\"<urn:uuid:2>\"", 2, 60)
                .send();
        assertThat(lookup(AOR).bindings()).hasSize(3);
    }

    @Test
    void whatIsOutOfTimeIsNotShown() throws Exception {
        request(AOR)
                .order("call-1", 5)
                .contact("sip:a@h", 2)
                .contact("sip:b@h", 100)
                .send();
        passSeconds(2);
        assertThat(lookup(AOR).contacts()).containsExactly("sip:b@h");
        // An expired binding orders no request any more.
        assertThat(request(AOR).order("call-1", 4).contact("sip:a@h", 60).send().result())
                .isEqualTo(REFRESHED);
    }

    @Test
    void registrationAfterTheTimeIsOverIsAFirstOne() throws Exception {
        request(AOR).order("call-1", 5).contact(CONTACT, 2).send();
        passSeconds(2);
        assertThat(request(AOR).order("call-1", 6).contact(CONTACT, 60).send().result())
                .isEqualTo(REGISTERED);
        assertThat(lookup(AOR).bindings()).hasSize(1);
    }

    @Test
    void operatorRemovesWhateverTheOrder() {
        request(AOR)
                .order("call-1", 5)
                .contact("sip:a@h", 60)
                .contact("sip:b@h", 60)
                .send();
        CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        LocationService.Completion completion =
                (result, removed) -> outcome.complete(new Outcome(result, Binding.listOf(removed)));
        locations.remove(AOR.getBytes(UTF_8), 0, AOR.length(), new Bindings(), Runnable::run, completion);
        assertThat(outcome.join().result()).isEqualTo(REMOVED);
        assertThat(outcome.join().contacts()).containsExactly("sip:a@h", "sip:b@h");
        assertThat(lookup(AOR).bindings()).isEmpty();
        assertThat(events).containsExactly("removed " + AOR + " 2");
    }

    @Test
    void pagesListEveryAddressOnce() throws Exception {
        Set<String> expected = new TreeSet<>();
        for (int i = 0; i < 250; i++) {
            String aor = "user" + i + "@example.com";
            expected.add(aor);
            request(aor).order("call", 1).contact("sip:x@h", 60).send();
        }
        List<String> seen = new ArrayList<>();
        boolean[] more = {true};
        for (int pages = 0; more[0] && pages < 100; pages++) {
            String after = seen.isEmpty() ? "" : seen.get(seen.size() - 1);
            CountDownLatch end = new CountDownLatch(1);
            int before = seen.size();
            locations.page(after.getBytes(UTF_8), 0, after.length(), new LocationService.PageRequest() {
                @Override
                public int limit() {
                    return 40;
                }

                @Override
                public Executor loop() {
                    return Runnable::run;
                }

                @Override
                public void entry(Bindings bindings) {
                    seen.add(bindings.aor());
                }

                @Override
                public void end(LocationResult result, boolean mayFollow) {
                    more[0] = mayFollow;
                    end.countDown();
                }
            });
            assertThat(end.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(seen.size() - before).isLessThanOrEqualTo(40);
        }
        assertThat(seen).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void parallelUpdatesOfOneAddressLoseNone() throws Exception {
        int writers = 50;
        CountDownLatch go = new CountDownLatch(1);
        List<Thread> threads = new ArrayList<>();
        List<LocationResult> results = java.util.Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < writers; i++) {
            int me = i;
            threads.add(new Thread(() -> {
                try {
                    go.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                for (int n = 1; n <= 3; n++) {
                    results.add(request(AOR)
                            .order("call-" + me, n)
                            .flow(me)
                            .contact("sip:user@host" + me, 3600)
                            .send()
                            .result());
                }
            }));
        }
        threads.forEach(Thread::start);
        go.countDown();
        for (Thread thread : threads) {
            thread.join(30_000);
        }
        assertThat(results).hasSize(3 * writers).allMatch(LocationResult::isSuccess);
        assertThat(results.stream().filter(r -> r == REGISTERED)).hasSize(1);
        assertThat(lookup(AOR).bindings())
                .hasSize(writers)
                .allMatch(b -> b.order().cseq() == 3);
        assertThat(locations.bindingCount()).isEqualTo(writers);
    }
}
