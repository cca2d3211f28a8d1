/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import static org.sipwire.registrar.RegistrarCounter.BAD_EXTENSION;
import static org.sipwire.registrar.RegistrarCounter.BAD_REQUEST;
import static org.sipwire.registrar.RegistrarCounter.CHALLENGED;
import static org.sipwire.registrar.RegistrarCounter.FETCHED;
import static org.sipwire.registrar.RegistrarCounter.FIRST_HOP_LACKS_OUTBOUND;
import static org.sipwire.registrar.RegistrarCounter.FORBIDDEN;
import static org.sipwire.registrar.RegistrarCounter.INTERVAL_TOO_BRIEF;
import static org.sipwire.registrar.RegistrarCounter.NOT_FOUND;
import static org.sipwire.registrar.RegistrarCounter.NOT_SERVED;
import static org.sipwire.registrar.RegistrarCounter.OUT_OF_ORDER;
import static org.sipwire.registrar.RegistrarCounter.THROTTLED;
import static org.sipwire.registrar.RegistrarCounter.TOO_MANY_CONTACTS;
import static org.sipwire.registrar.RegistrarCounter.UNAVAILABLE;
import static org.sipwire.registrar.RegistrarCounter.UNCHANGED;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.Executor;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.ResponseWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipRequest;
import org.sipwire.codec.SipUri;
import org.sipwire.registrar.auth.AuthCounter;
import org.sipwire.registrar.auth.DigestAuthenticator;
import org.sipwire.registrar.location.BindingUpdate;
import org.sipwire.registrar.location.Bindings;
import org.sipwire.registrar.location.LocationResult;
import org.sipwire.registrar.location.LocationService;
import org.sipwire.transaction.LoopCounters;
import org.sipwire.transaction.RequestContext;
import org.sipwire.transaction.ServerTransaction;
import org.sipwire.transport.Flow;

/**
 * Handles REGISTER on one event loop: RFC 3261 §10.3, its eight steps in eight methods. Confined to the loop.
 *
 * <p>The steps that need no secret come before the third, so that a malformed request is told what is wrong with it, and what needs the
 * user comes after: 1 domain, 2 extensions, 5 address-of-record, 3 who, 4 may he, 6 and 7 contacts, 8 answer. What is refused before
 * the request is accepted is answered without state: the same request would be refused the same way again.
 *
 * <p>A refresh allocates nothing. Owned by the {@link Registrar}.
 */
final class RegisterHandler {

    /** By the result of {@link DigestAuthenticator#verify}. */
    private static final AuthCounter[] AUTH_OUTCOMES = AuthCounter.values();

    /** What Retry-After says while a store is away, in seconds. */
    private static final int STORE_RETRY_SECONDS = 5;

    /** How a writer ends a header field and, without a body, the message. */
    private static final String END_OF_MESSAGE = "\r\nContent-Length: 0\r\n\r\n";

    private final RegistrarConfig config;
    private final LocationService locations;
    private final RegistrationListener listener;
    private final DigestAuthenticator authenticator;
    private final LoopCounters counters;
    private final RegistrarLoop loop;

    private final OptionTags tags = new OptionTags();
    private final ContactReader contacts;
    private final RegisterAnswer answer;
    private final BindingUpdate update = new BindingUpdate();
    private final AddressOfRecord aor = new AddressOfRecord();
    private final Reply reply = new Reply();
    private final Executor executor;
    private final ArrayDeque<RegisterRequest> spare = new ArrayDeque<>();
    private final byte[][] domains;
    private final byte[] canonicalHost;
    /** Borrowed, for what is refused before its address-of-record was read. */
    private SipRequest current;

    private byte[] aorOctets = new byte[256];
    private final byte[] host = new byte[Flow.MAX_HOST_TEXT];

    RegisterHandler(RegistrarLoop loop, DigestAuthenticator authenticator) {
        this.loop = loop;
        this.authenticator = authenticator;
        config = loop.registrar().config();
        locations = loop.registrar().locations();
        listener = loop.registrar().listener();
        counters = loop.counters();
        executor = loop;
        Gruu gruu = loop.registrar().newGruu();
        contacts = new ContactReader(config, gruu);
        answer = new RegisterAnswer(config, gruu);
        domains = config.domains().stream().map(RegistrarConfig::octets).toArray(byte[][]::new);
        canonicalHost = config.canonicalHost() == null ? null : RegistrarConfig.octets(config.canonicalHost());
    }

    /** A REGISTER that matched no transaction. */
    void onRegister(SipRequest request, RequestContext context) {
        reply.to(context).gbVersion(request.has(SipHeader.X_GB_VER) ? config.gbVersion() : null);
        aor.wrap(aorOctets, 0, 0);
        current = request;
        if (!refusesDomain(request)
                && !refusesExtensions(request)
                && !refusesAddress(request)
                && !refusesBody(request)
                && !refusesSender(request)) {
            onAuthenticated(request);
        }
        current = null;
    }

    private void onAuthenticated(SipRequest request) {
        if (!refusesOwner() && !redirects() && !refusesContacts(request)) {
            commit(request);
        }
    }

    // Step 1: the registrar inspects the Request-URI to determine whether it has access to bindings for the domain
    // identified in it.
    private boolean refusesDomain(SipRequest request) {
        SipUri uri = request.uri();
        if (!uri.isSip()) {
            // RFC 3261 §8.2.2.1: if the Request-URI uses a scheme not supported by the UAS, it SHOULD reject the
            // request with a 416.
            return refuse(416, NOT_SERVED);
        }
        if (serves(uri) || config.allows(RegistrarConfig.Leniency.ANY_REQUEST_URI)) {
            return false;
        }
        return refuse(404, NOT_FOUND);
    }

    private boolean serves(SipUri uri) {
        for (byte[] domain : domains) {
            if (uri.host().equalsIgnoreCase(domain)) {
                return true;
            }
        }
        return domains.length == 0;
    }

    // Step 2: the registrar MUST process the Require header field values as described for UASs in Section 8.2.2.
    private boolean refusesExtensions(SipRequest request) {
        if (tags.understandsAll(request)) {
            return false;
        }
        // RFC 3261 §8.2.2.3: it MUST respond by 420 (Bad Extension) and MUST add an Unsupported with those it does not
        // understand.
        ResponseWriter writer = reply.begin(420);
        tags.writeUnsupported(request, writer);
        return refuse(writer, BAD_EXTENSION);
    }

    // Step 3: a registrar SHOULD authenticate the UAC.
    private boolean refusesSender(SipRequest request) {
        if (authenticator == null) {
            return false;
        }
        long begun = loop.authenticating().begin();
        int result = authenticator.verify(request, reply.flow(), reply.nanoTime());
        if (result != DigestAuthenticator.NO_CREDENTIALS) {
            loop.authenticating().end(begun);
        }
        if (result == DigestAuthenticator.ACCEPTED) {
            reply.flow().vouch();
            return false;
        }
        if (result == DigestAuthenticator.PENDING) {
            suspend(request);
            return true;
        }
        return refuseSender(result);
    }

    private boolean refuseSender(int result) {
        int status = authenticator.status(result);
        if (status == 401) {
            // A registration begins without credentials, and lives on by old ones: neither is worth a word.
            boolean usual = result == DigestAuthenticator.NO_CREDENTIALS || result == DigestAuthenticator.STALE;
            ResponseWriter writer = reply.begin(401);
            authenticator.writeChallenge(writer, DigestAuthenticator.isStale(result));
            return refuse(writer, CHALLENGED, usual ? null : AUTH_OUTCOMES[result].outcome());
        }
        RegistrarCounter counter = result == DigestAuthenticator.MALFORMED
                ? BAD_REQUEST
                : result == DigestAuthenticator.UNAVAILABLE ? UNAVAILABLE : THROTTLED;
        String reason = result == DigestAuthenticator.THROTTLED ? counter.outcome() : AUTH_OUTCOMES[result].outcome();
        if (status == 0) {
            counters.increment(counter);
            report(reason, 0);
            return true;
        }
        ResponseWriter writer = reply.begin(status);
        if (status == 503) {
            writer.header(SipHeader.RETRY_AFTER, authenticator.retryAfterSeconds());
        }
        return refuse(writer, counter, reason);
    }

    /** The credentials are not at hand: the request is accepted and kept, and goes on when they come. */
    private void suspend(SipRequest request) {
        if (!reply.accept()) {
            counters.increment(UNAVAILABLE);
            return;
        }
        reply.transaction().defer();
        SuspendedRegister suspended = new SuspendedRegister(
                request, reply.transaction().handle(), reply.flow().toShared());
        long nowMillis = reply.nowMillis();
        authenticator.resume((self, result) -> {
            ServerTransaction transaction = loop.transaction(suspended.handle());
            if (transaction == null) {
                return;
            }
            reply.to(transaction, suspended.flow(), nowMillis).unproven(suspended.octets());
            SipRequest again = suspended.parse();
            if (refusesAddress(again)) {
                return;
            }
            if (result == DigestAuthenticator.ACCEPTED) {
                suspended.flow().vouch();
                onAuthenticated(again);
            } else {
                refuseSender(result);
            }
        });
    }

    // Step 4: the registrar SHOULD determine if the authenticated user is authorized to modify registrations for this
    // address-of-record.
    private boolean refusesOwner() {
        if (authenticator == null || config.allows(RegistrarConfig.Leniency.USERNAME_UNLIKE_AOR)) {
            return false;
        }
        AsciiView user = authenticator.username();
        boolean owns = sameOctets(user, aor.userLength()) || sameOctets(user, aor.length());
        // If the authenticated user is not authorized, the registrar MUST return a 403 (Forbidden).
        if (owns || !config.thirdParties().isEmpty() && config.thirdParties().contains(user.toUtf8())) {
            return false;
        }
        return refuse(403, FORBIDDEN);
    }

    // GB/T 28181-2022 9.1.2.3: a redirecting server answers an authenticated REGISTER with a 302 that names the target
    // and for how long.
    private boolean redirects() {
        if (config.redirect() == null) {
            return false;
        }
        ResponseWriter writer = reply.begin(302);
        writer.headerStart(SipHeader.CONTACT)
                .put((byte) '<')
                .put(config.redirect())
                .put((byte) '>')
                .headerEnd();
        writer.header(SipHeader.EXPIRES, config.defaultExpires());
        return refuse(writer, RegistrarCounter.REDIRECTED);
    }

    private boolean sameOctets(AsciiView user, int length) {
        return user.length() == length
                && Arrays.equals(
                        user.array(),
                        user.offset(),
                        user.offset() + length,
                        aor.array(),
                        aor.offset(),
                        aor.offset() + length);
    }

    // Step 5: the registrar extracts the address-of-record from the To. If it is not valid for the domain, it MUST send
    // a 404.
    private boolean refusesAddress(SipRequest request) {
        SipUri to = request.to().uri();
        // All URI parameters MUST be removed, and any escaped characters MUST be converted to their unescaped form:
        // writeAddressOfRecord.
        if (to.error() != 0 || !to.isSip() || !to.user().isPresent()) {
            return refuse(404, NOT_FOUND);
        }
        // RFC 5627 §3.1: a GRUU is no address-of-record, though it looks like one without its parameters.
        if (to.parametersLength() > 0 && to.hasParameter("gr")) {
            return refuse(404, NOT_FOUND);
        }
        if (canonicalHost == null && !serves(to)) {
            return refuse(404, NOT_FOUND);
        }
        wrapAddress(to);
        return false;
    }

    private void wrapAddress(SipUri to) {
        int room = to.length() + (canonicalHost == null ? 0 : canonicalHost.length);
        if (aorOctets.length < room) {
            aorOctets = new byte[room * 2];
        }
        int length = to.writeAddressOfRecord(aorOctets, 0);
        if (canonicalHost != null) {
            length -= to.host().length();
            System.arraycopy(canonicalHost, 0, aorOctets, length, canonicalHost.length);
            length += canonicalHost.length;
        }
        aor.wrap(aorOctets, 0, length);
    }

    private boolean refusesBody(SipRequest request) {
        if (request.bodyLength() == 0 || config.allows(RegistrarConfig.Leniency.ANY_BODY)) {
            return false;
        }
        // RFC 3261 §8.2.3: a body that is not understood and not optional MUST be rejected with 415, and Accept lists
        // what is
        // understood: here nothing.
        ResponseWriter writer = reply.begin(415).header(SipHeader.ACCEPT, "");
        return refuse(writer, NOT_SERVED);
    }

    // Steps 6 and 7, the part that needs no bindings: what the contacts ask for, and whether it is proper.
    private boolean refusesContacts(SipRequest request) {
        long cseq = request.cseq().number();
        update.begin(aor.array(), aor.offset(), aor.length(), reply.nowMillis());
        update.request(
                request.callId().array(),
                request.callId().offset(),
                request.callId().length(),
                cseq);
        Flow flow = reply.flow();
        update.flow(flow.transport().ordinal(), flow.remotePort(), flow.id());
        update.source(host, 0, flow.writeRemoteHost(host, 0));
        int agent = request.first(SipHeader.USER_AGENT);
        if (agent >= 0) {
            update.userAgent(request.array(), request.valueOffset(agent), request.valueLength(agent));
        }
        update.maxContacts(config.maxContacts(), config.overflow() == RegistrarConfig.Overflow.REPLACE_OLDEST);
        int status = contacts.read(request, aor, tags.supported(request), update);
        if (status == 0) {
            return false;
        }
        ResponseWriter writer = reply.begin(status);
        if (status == 423) {
            // RFC 3261 §10.3 step 7: this response MUST contain a Min-Expires with the minimum the registrar is willing
            // to honor.
            writer.header(SipHeader.MIN_EXPIRES, config.minExpires());
        }
        return refuse(
                writer,
                switch (status) {
                    case 403 -> FORBIDDEN;
                    case 423 -> INTERVAL_TOO_BRIEF;
                    case 439 -> FIRST_HOP_LACKS_OUTBOUND;
                    default -> BAD_REQUEST;
                });
    }

    // Steps 6 and 7, the part that needs the bindings: order, change, all or nothing. The location service is the judge
    // of both.
    private void commit(SipRequest request) {
        if (!reply.accept()) {
            counters.increment(UNAVAILABLE);
            return;
        }
        RegisterRequest pending = spare.poll();
        if (pending == null) {
            pending = new RegisterRequest(this);
        }
        pending.begin(request, aor, contacts, authenticationInfo());
        pending.asked(loop.storing().begin());
        locations.update(update.loop(executor), pending);
        if (pending.isDone()) {
            recycle(pending);
        } else {
            ServerTransaction transaction = reply.transaction();
            transaction.defer();
            pending.defer(transaction.handle(), reply.flow().toShared());
        }
    }

    /** The value of Authentication-Info for the 200, taken now: later the authenticator is about another request. Null for none. */
    private byte[] authenticationInfo() {
        if (authenticator == null || !loop.registrar().hasAuthenticationInfo()) {
            return null;
        }
        ResponseWriter writer = reply.begin(200);
        authenticator.writeAuthenticationInfo(writer);
        int from = writer.headOffset() + writer.headLength() + SipHeader.AUTHENTICATION_INFO.bytes().length + 2;
        int to = writer.end() - END_OF_MESSAGE.length();
        return to <= from ? null : Arrays.copyOfRange(writer.array(), from, to);
    }

    void onStored(long begunNanos) {
        loop.storing().end(begunNanos);
    }

    void onCommittedAtOnce(RegisterRequest request, LocationResult result, Bindings current) {
        respond(request, result, current);
    }

    void onCommitted(RegisterRequest request, LocationResult result, Bindings current) {
        ServerTransaction transaction = loop.transaction(request.handle());
        if (transaction != null) {
            aor.wrap(
                    request.aor().array(), request.aor().offset(), request.aor().length());
            reply.to(transaction, request.flow(), loop.registrar().nowMillis())
                    .gbVersion(request.gbVersion() != null ? config.gbVersion() : null);
            respond(request, result, current);
        }
        recycle(request);
    }

    private void recycle(RegisterRequest request) {
        request.end();
        spare.push(request);
    }

    // Step 8: the registrar returns a 200 (OK). It MUST contain Contact values enumerating all current bindings.
    private void respond(RegisterRequest request, LocationResult result, Bindings current) {
        switch (result) {
            case OUT_OF_ORDER ->
                // RFC 3261 §10.3: the update MUST be aborted and the request fails. As for a request out of order in a
                // dialog (§12.2.2): 500.
                refuse(500, OUT_OF_ORDER);
            case TOO_MANY_CONTACTS -> refuse(403, TOO_MANY_CONTACTS);
            case UNAVAILABLE ->
                refuse(reply.begin(503).header(SipHeader.RETRY_AFTER, STORE_RETRY_SECONDS), UNAVAILABLE);
            default -> accept(request, result, current);
        }
    }

    private void accept(RegisterRequest request, LocationResult result, Bindings current) {
        ResponseWriter writer = reply.begin(200);
        answer.write(writer, current, request, reply.nowMillis());
        byte[] info = request.authenticationInfo();
        if (info != null) {
            writer.header(SipHeader.AUTHENTICATION_INFO, info, 0, info.length);
        }
        reply.send();
        current.rewind();
        Flow flow = reply.flow();
        switch (result) {
            case REGISTERED -> {
                counters.increment(RegistrarCounter.REGISTERED);
                loop.bound(flow, request.aor(), request.isOutbound());
                listener.registered(request.aor(), current, flow);
            }
            case REFRESHED -> {
                counters.increment(RegistrarCounter.REFRESHED);
                loop.bound(flow, request.aor(), request.isOutbound());
                listener.refreshed(request.aor(), current, flow);
            }
            case REMOVED -> {
                counters.increment(RegistrarCounter.REMOVED);
                listener.removed(request.aor(), flow);
            }
            default -> counters.increment(request.contacts() == 0 ? FETCHED : UNCHANGED);
        }
        if (request.gbVersion() != null && result != LocationResult.REMOVED) {
            listener.gbVersion(request.aor(), request.gbVersion(), flow);
        }
    }

    private boolean refuse(int status, RegistrarCounter counter) {
        return refuse(reply.begin(status), counter);
    }

    private boolean refuse(ResponseWriter begun, RegistrarCounter counter) {
        return refuse(begun, counter, counter == RegistrarCounter.REDIRECTED ? null : counter.outcome());
    }

    private boolean refuse(ResponseWriter begun, RegistrarCounter counter, String reason) {
        counters.increment(counter);
        if (reason != null) {
            report(reason, reply.status());
        }
        reply.send();
        return true;
    }

    /** Tells whoever collects refusals; the only one whose address was not read yet is one refused by the steps before the fifth. */
    private void report(String reason, int status) {
        if (aor.length() == 0 && current != null) {
            SipUri to = current.to().uri();
            if (to.error() == 0 && to.isSip() && to.user().isPresent()) {
                wrapAddress(to);
            }
        }
        listener.refused(aor, reason, status, reply.flow());
    }
}
