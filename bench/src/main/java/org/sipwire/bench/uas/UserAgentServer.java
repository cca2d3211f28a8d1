/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.uas;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.sipwire.codec.ResponseWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipRequest;
import org.sipwire.transaction.RequestContext;
import org.sipwire.transaction.ServerTransaction;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.TransactionUser;

/**
 * A callee (RFC 3261 section 8.2). The user part of the Request-URI says how it takes a call:
 *
 * <pre>
 *   busy      180, then 486
 *   ring      180, and nothing more until CANCEL or the caller's patience ends
 *   late      nothing for a while: the layer's 100 comes first (section 17.2.1), then 180 and 200
 *   any other 180, then 200, which is sent again until its ACK arrives (section 13.3.1.4)
 * </pre>
 *
 * OPTIONS, MESSAGE and BYE get 200. Called on the loops of its stack, several at a time.
 */
final class UserAgentServer implements TransactionUser {

    private static final long ANSWER_AFTER_MILLIS = 100;
    private static final long LATE_MILLIS = 500;
    private static final long T1_MILLIS = 500;
    private static final long T2_MILLIS = 4000;
    private static final long GIVE_UP_MILLIS = 64 * T1_MILLIS;
    private static final String ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, MESSAGE";

    /** Calls answered 200 whose ACK is awaited, by Call-ID. */
    private final Map<String, Long> unacknowledged = new ConcurrentHashMap<>();

    private SipStack stack;

    @Override
    public void onStart(SipStack started) {
        stack = started;
    }

    @Override
    public void onRequest(SipRequest request, RequestContext context) {
        switch (request.method()) {
            case INVITE -> invite(request, context);
            case ACK -> unacknowledged.remove(request.callId().toString());
            case OPTIONS, MESSAGE, BYE -> answer(context, 200);
            case CANCEL -> answer(context, 481);
            default -> answer(context, 501);
        }
    }

    private static void answer(RequestContext context, int status) {
        ServerTransaction transaction = context.accept();
        if (transaction != null) {
            context.response(status).header(SipHeader.ALLOW, ALLOW);
            transaction.respond();
        }
    }

    private void invite(SipRequest request, RequestContext context) {
        ServerTransaction transaction = context.accept();
        if (transaction == null) {
            return;
        }
        String user = request.uri().user().toString();
        String callId = request.callId().toString();
        int loop = context.loopIndex();
        long handle = transaction.handle();
        transaction.defer();
        if (user.equals("late")) {
            stack.schedule(loop, () -> respond(handle, 180), LATE_MILLIS);
            stack.schedule(loop, () -> accept(handle, callId), LATE_MILLIS + ANSWER_AFTER_MILLIS);
            return;
        }
        context.response(180);
        transaction.respond();
        switch (user) {
            case "ring" -> {}
            case "busy" -> stack.schedule(loop, () -> respond(handle, 486), ANSWER_AFTER_MILLIS);
            default -> stack.schedule(loop, () -> accept(handle, callId), ANSWER_AFTER_MILLIS);
        }
    }

    /** Responds if the call still waits for it: it may be cancelled meanwhile. */
    private void respond(long handle, int status) {
        ServerTransaction transaction = stack.serverTransaction(handle);
        if (transaction != null && transaction.isPending()) {
            transaction.response(status);
            transaction.respond();
        }
    }

    private void accept(long handle, String callId) {
        ServerTransaction transaction = stack.serverTransaction(handle);
        if (transaction != null && transaction.isPending()) {
            unacknowledged.put(callId, handle);
            ok(transaction);
            again(handle, callId, T1_MILLIS, T1_MILLIS);
        }
    }

    /** "The 2xx response is passed to the transport with an interval that starts at T1 seconds and doubles until it reaches T2." */
    private void again(long handle, String callId, long waitMillis, long sinceMillis) {
        stack.schedule(
                stack.loopOf(handle),
                () -> {
                    ServerTransaction transaction = stack.serverTransaction(handle);
                    if (transaction == null || sinceMillis >= GIVE_UP_MILLIS) {
                        unacknowledged.remove(callId, handle);
                    } else if (unacknowledged.containsKey(callId)) {
                        ok(transaction);
                        long next = Math.min(2 * waitMillis, T2_MILLIS);
                        again(handle, callId, next, sinceMillis + next);
                    }
                },
                waitMillis);
    }

    private static void ok(ServerTransaction transaction) {
        ResponseWriter response = transaction.response(200);
        response.header(SipHeader.CONTACT, "<sip:uas@127.0.0.1>").header(SipHeader.ALLOW, ALLOW);
        transaction.respond();
    }

    /** Calls whose ACK is awaited. On any thread. */
    int unacknowledgedCalls() {
        return unacknowledged.size();
    }
}
