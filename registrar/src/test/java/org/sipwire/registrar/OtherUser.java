/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.sipwire.codec.RequestWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipMethod;
import org.sipwire.codec.SipRequest;
import org.sipwire.codec.SipResponse;
import org.sipwire.transaction.ClientTransaction;
import org.sipwire.transaction.RequestContext;
import org.sipwire.transaction.ServerTransaction;
import org.sipwire.transaction.TransactionLayer;
import org.sipwire.transaction.TransactionUser;
import org.sipwire.transport.Flow;

/** The user beside a registrar: answers what the registrar does not, as a test plans it, and sends requests of its own. */
final class OtherUser implements TransactionUser {

    static final int LATER = 3;

    TransactionLayer layer;
    /** What is done with the next request: answered 200, 486 or 180 first, or later. */
    int plan;

    final List<FakeFlow> lost = new ArrayList<>();
    private final Set<Long> waiting = new LinkedHashSet<>();
    private final List<String> requests = new ArrayList<>();
    private final Set<Object> open = new LinkedHashSet<>();
    private int sent;

    /** Server transactions that wait for an answer. */
    int pending() {
        return waiting.size();
    }

    /** Requests of this side of which nothing final was heard. */
    int unfinished() {
        return open.size();
    }

    @Override
    public void onRequest(SipRequest request, RequestContext context) {
        if (request.method() == SipMethod.ACK) {
            return;
        }
        ServerTransaction transaction = context.accept();
        boolean invite = request.method() == SipMethod.INVITE;
        if (plan >= 2) {
            if (invite && plan == 2) {
                transaction.response(180);
                transaction.respond();
            } else if (!invite && plan == 2) {
                respond(transaction, 200);
                return;
            }
            waiting.add(transaction.handle());
            transaction.defer();
        } else {
            respond(transaction, plan == 0 ? 200 : 486);
        }
    }

    private static void respond(ServerTransaction transaction, int status) {
        transaction.response(status);
        transaction.respond();
    }

    /** Answers one that waits. */
    void answerOne(int pick, int status) {
        if (waiting.isEmpty()) {
            return;
        }
        Long handle = List.copyOf(waiting).get(pick % waiting.size());
        waiting.remove(handle);
        ServerTransaction transaction = layer.serverTransaction(handle);
        if (transaction != null && transaction.isPending()) {
            respond(transaction, status);
        }
    }

    @Override
    public void onCancel(ServerTransaction invite) {
        waiting.remove(invite.handle());
    }

    @Override
    public void onTimeout(ServerTransaction transaction) {
        waiting.remove(transaction.handle());
    }

    @Override
    public void onTransportError(ServerTransaction transaction) {
        waiting.remove(transaction.handle());
    }

    // ---- requests of this side ----------------------------------------------------------------------------

    void send(Flow flow, SipMethod method) {
        Integer number = ++sent;
        RequestWriter writer =
                layer.request().begin(method, "sip:alice@192.0.2.1:5060".getBytes(StandardCharsets.US_ASCII));
        writer.header(SipHeader.MAX_FORWARDS, 70)
                .header(SipHeader.FROM, "<sip:example.com>;tag=here")
                .header(SipHeader.TO, "<sip:alice@example.com>")
                .header(SipHeader.CALL_ID, "out-" + number)
                .header(SipHeader.CSEQ, "1 " + method);
        open.add(number);
        assertThat(layer.send(flow, writer, number)).isPositive();
    }

    /** A response to one of the requests sent, or null. */
    String response(int pick, int status) {
        if (requests.isEmpty()) {
            return null;
        }
        StringBuilder response = new StringBuilder("SIP/2.0 " + status + " Whatever\r\n");
        requests.get(pick % requests.size()).lines().forEach(line -> {
            if (line.matches("(Via|From|Call-ID|CSeq):.*")) {
                response.append(line).append("\r\n");
            } else if (line.startsWith("To:")) {
                response.append(line).append(";tag=there\r\n");
            }
        });
        return response.append("Content-Length: 0\r\n\r\n").toString();
    }

    @Override
    public void onResponse(SipResponse response, ClientTransaction transaction) {
        if (response.status() >= 200) {
            // A 2xx to INVITE is shown again when it comes again.
            boolean first = open.remove(transaction.attachment());
            assertThat(first || response.status() < 300 && transaction.method() == SipMethod.INVITE)
                    .isTrue();
        }
    }

    @Override
    public void onTimeout(ClientTransaction transaction) {
        assertThat(open.remove(transaction.attachment())).isTrue();
    }

    @Override
    public void onTransportError(ClientTransaction transaction) {
        assertThat(open.remove(transaction.attachment())).isTrue();
    }

    /** Takes the responses that were sent; requests, which are this side's, are noted. */
    List<String> take(FakeFlow[] flows) {
        List<String> responses = new ArrayList<>();
        for (FakeFlow flow : flows) {
            for (String text : flow.sent) {
                if (text.startsWith("SIP/2.0 ")) {
                    responses.add(text);
                } else if (requests.size() < 16) {
                    requests.add(text);
                }
            }
            flow.sent.clear();
        }
        return responses;
    }

    /** The same of connections that are lost too: what ended one may stand behind a good request, and an INVITE is answered to where it came from. */
    List<String> takeAll(FakeFlow[] flows) {
        List<String> responses = take(flows);
        responses.addAll(take(lost.toArray(new FakeFlow[0])));
        return responses;
    }
}
