/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipRequest;
import org.sipwire.codec.SipResponse;

/** 20 % loss, 5 % duplication and reordering: every transaction ends as RFC 3261 says, and none ends twice. */
class TransactionLossTest {

    private static final byte[] TARGET = "sip:34020000002000000001@3402000000".getBytes(StandardCharsets.US_ASCII);

    /** What became of one call or registration. */
    private static final class Fate {
        int seenByServer;
        int provisionals;
        int successes;
        int failures;
        int lastStatus;
        int timeouts;
        int cancelsSeen;
        int acksSeen;
        int ackTimeouts;
        boolean answered200;
        long serverHandle;

        int endings() {
            return (successes > 0 ? 1 : 0) + failures + timeouts;
        }
    }

    private final Map<String, Fate> fates = new HashMap<>();
    private LossyNetwork network;

    private Fate fate(Object id) {
        return fates.computeIfAbsent(id.toString(), key -> new Fate());
    }

    private long send(SipMethod method, String id, long cseq, String toTag) {
        RequestWriter writer = network.client()
                .request()
                .begin(method, TARGET)
                .header(SipHeader.MAX_FORWARDS, 70)
                .header(SipHeader.FROM, "<sip:34020000001320000001@3402000000>;tag=f" + id)
                .header(SipHeader.TO, "<sip:34020000001320000001@3402000000>" + toTag)
                .header(SipHeader.CALL_ID, id)
                .header(SipHeader.CSEQ, cseq + " " + method);
        return network.client().send(network.toServer(), writer, id);
    }

    /** The client: acknowledges every 2xx, and counts. */
    private final class Client implements TransactionUser {
        @Override
        public void onRequest(SipRequest request, RequestContext context) {
            throw new AssertionError("the server sends no request");
        }

        @Override
        public void onResponse(SipResponse response, ClientTransaction transaction) {
            Fate fate = fate(transaction.attachment());
            int status = response.status();
            if (status < 200) {
                fate.provisionals++;
            } else if (status < 300) {
                fate.successes++;
                if (transaction.method() == SipMethod.INVITE) {
                    send(
                            SipMethod.ACK,
                            transaction.attachment().toString(),
                            1,
                            ";tag=" + response.to().tag());
                }
            } else {
                fate.failures++;
            }
            fate.lastStatus = Math.max(fate.lastStatus, status);
        }

        @Override
        public void onTimeout(ClientTransaction transaction) {
            fate(transaction.attachment()).timeouts++;
        }

        @Override
        public void onTransportError(ClientTransaction transaction) {
            throw new AssertionError("nothing breaks here");
        }
    }

    /** The server: answers as the Call-ID says, and repeats a 2xx until its ACK comes (§13.3.1.4). */
    private final class Server implements TransactionUser {
        @Override
        public void onRequest(SipRequest request, RequestContext context) {
            String id = request.callId().toString();
            Fate fate = fate(id);
            if (request.method() == SipMethod.ACK) {
                fate.acksSeen++;
                return;
            }
            fate.seenByServer++;
            ServerTransaction transaction = context.accept();
            long handle = transaction.handle();
            fate.serverHandle = handle;
            if (request.method() == SipMethod.REGISTER) {
                if (id.hashCode() % 10 == 0) {
                    network.after(700, () -> respond(handle, 200));
                } else {
                    transaction.response(200);
                    transaction.respond();
                }
            } else {
                network.after(50, () -> respond(handle, 180));
                if (id.startsWith("answered")) {
                    network.after(2_000, () -> succeed(id, 500));
                } else if (id.startsWith("busy")) {
                    network.after(2_000, () -> respond(handle, 486));
                }
            }
        }

        private void respond(long handle, int status) {
            ServerTransaction transaction = network.server().serverTransaction(handle);
            if (transaction != null && transaction.isPending()) {
                transaction.response(status);
                transaction.respond();
            }
        }

        private void succeed(String id, long interval) {
            Fate fate = fate(id);
            ServerTransaction transaction = network.server().serverTransaction(fate.serverHandle);
            if (transaction == null || fate.acksSeen > 0 || !fate.answered200 && !transaction.isPending()) {
                return;
            }
            fate.answered200 = true;
            transaction.response(200);
            transaction.respond();
            network.after(interval, () -> succeed(id, Math.min(2 * interval, 4_000)));
        }

        @Override
        public void onCancel(ServerTransaction invite) {
            fates.values().stream()
                    .filter(fate -> fate.serverHandle == invite.handle())
                    .forEach(fate -> fate.cancelsSeen++);
        }

        @Override
        public void onTimeout(ServerTransaction transaction) {
            fates.values().stream()
                    .filter(fate -> fate.serverHandle == transaction.handle())
                    .forEach(fate -> fate.ackTimeouts++);
        }

        @Override
        public void onTransportError(ServerTransaction transaction) {
            throw new AssertionError("nothing breaks here");
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void registersAndCallsEndAsTheRfcSaysAndNoneTwice(long seed) {
        network = new LossyNetwork(seed, new Client(), new Server());
        for (int i = 0; i < 10_000; i++) {
            String id = "register-" + i;
            network.after(i * 6L, () -> send(SipMethod.REGISTER, id, 1, ""));
        }
        String[] kinds = {"answered-", "busy-", "cancelled-"};
        for (int i = 0; i < 2_000; i++) {
            String id = kinds[i % 3] + i;
            network.after(i * 30L, () -> call(id));
        }
        network.run(60_000 + 250_000);

        assertThat(network.client().liveTransactions()).isZero();
        assertThat(network.server().liveTransactions()).isZero();
        assertThat(fates).hasSize(12_000);
        fates.forEach((id, fate) -> {
            assertThat(fate.endings()).as("%s ends once", id).isEqualTo(1);
            assertThat(fate.seenByServer).as("%s is seen once", id).isLessThanOrEqualTo(1);
            if (id.startsWith("register")) {
                assertThat(fate.successes + fate.timeouts).as(id).isEqualTo(1);
            } else if (fate.timeouts == 0) {
                int expected = id.startsWith("answered") ? 200 : id.startsWith("busy") ? 486 : 487;
                assertThat(fate.lastStatus).as(id).isEqualTo(expected);
                assertThat(fate.cancelsSeen).as(id).isEqualTo(expected == 487 ? 1 : 0);
            }
        });
        long timeouts =
                fates.values().stream().filter(fate -> fate.timeouts > 0).count();
        long unacknowledged =
                fates.values().stream().filter(fate -> fate.ackTimeouts > 0).count();
        assertThat(timeouts).as("0.36^11 of the registers, 0.2^7 of the calls").isLessThan(5);
        assertThat(unacknowledged).isLessThan(5);
        assertThat(network.lost()).isGreaterThan(network.passed() / 6);
        assertThat(network.duplicated()).isGreaterThan(network.passed() / 40);
        assertThat(network.reordered()).isGreaterThan(network.passed() / 40);
        assertThat(network.serverCounters.get(TransactionCounter.REQUEST_RETRANSMISSIONS_RECEIVED))
                .isGreaterThan(1_000);
    }

    private void call(String id) {
        long handle = send(SipMethod.INVITE, id, 1, "");
        if (id.startsWith("cancelled")) {
            network.after(1_000, () -> {
                ClientTransaction transaction = network.client().clientTransaction(handle);
                transaction.cancel();
            });
        }
    }
}
