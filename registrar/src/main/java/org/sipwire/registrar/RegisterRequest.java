/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import java.util.Arrays;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.HeaderValues;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipRequest;
import org.sipwire.codec.SipUri;
import org.sipwire.registrar.location.Bindings;
import org.sipwire.registrar.location.LocationResult;
import org.sipwire.registrar.location.LocationService;
import org.sipwire.transport.Flow;

/**
 * What of a REGISTER is needed to answer it once the location service has taken it: at once for bindings in memory, later for others.
 * Confined to its loop, which keeps a few and uses them again. Owned by the handler.
 */
final class RegisterRequest implements LocationService.Completion {

    private final RegisterHandler handler;
    private byte[] path = new byte[256];
    private int pathLength;
    private byte[] aorOctets = new byte[128];
    private final AddressOfRecord aor = new AddressOfRecord();
    private byte[] authenticationInfo;
    private String gbVersion;
    private long granted;
    private boolean outbound;
    private boolean gruu;
    private boolean secure;
    private int contacts;
    private boolean deferred;
    private boolean done;
    private long handle;
    private long begunNanos;
    private Flow flow;

    RegisterRequest(RegisterHandler handler) {
        this.handler = handler;
    }

    void begin(SipRequest request, AddressOfRecord to, ContactReader reader, byte[] info) {
        if (aorOctets.length < to.length()) {
            aorOctets = new byte[to.length() * 2];
        }
        System.arraycopy(to.array(), to.offset(), aorOctets, 0, to.length());
        aor.wrap(aorOctets, 0, to.length());
        granted = reader.granted();
        outbound = reader.isOutbound();
        gruu = reader.wantsGruu();
        secure = request.to().uri().scheme() == SipUri.Scheme.SIPS;
        contacts = reader.contacts();
        authenticationInfo = info;
        deferred = false;
        done = false;
        gbVersion = gbVersion(request);
        keepPath(request);
    }

    private static String gbVersion(SipRequest request) {
        int version = request.first(SipHeader.X_GB_VER);
        return version < 0 || request.valueLength(version) > 16
                ? null
                : request.value(version, new AsciiView()).toString();
    }

    private void keepPath(SipRequest request) {
        pathLength = 0;
        if (request.has(SipHeader.PATH)) {
            HeaderValues values = request.values(SipHeader.PATH);
            while (values.next()) {
                if (path.length < pathLength + values.length() + 2) {
                    path = Arrays.copyOf(path, 2 * (pathLength + values.length() + 2));
                }
                if (pathLength > 0) {
                    path[pathLength++] = ',';
                    path[pathLength++] = ' ';
                }
                System.arraycopy(values.array(), values.offset(), path, pathLength, values.length());
                pathLength += values.length();
            }
        }
    }

    /** The service did not answer at once: from now on this belongs to the transaction. */
    void defer(long transaction, Flow shared) {
        deferred = true;
        handle = transaction;
        flow = shared;
    }

    /** When the location service was asked, by {@link org.sipwire.transaction.LoopHistogram#begin}. */
    void asked(long nanos) {
        begunNanos = nanos;
    }

    @Override
    public void completed(LocationResult result, Bindings current) {
        done = true;
        handler.onStored(begunNanos);
        if (deferred) {
            handler.onCommitted(this, result, current);
        } else {
            handler.onCommittedAtOnce(this, result, current);
        }
    }

    void end() {
        flow = null;
        authenticationInfo = null;
    }

    boolean isDone() {
        return done;
    }

    long handle() {
        return handle;
    }

    Flow flow() {
        return flow;
    }

    AddressOfRecord aor() {
        return aor;
    }

    byte[] path() {
        return path;
    }

    int pathLength() {
        return pathLength;
    }

    /** The seconds granted, 0 for a removal, -1 for a look at the bindings. */
    long granted() {
        return granted;
    }

    boolean isOutbound() {
        return outbound;
    }

    /** True when the contacts of the answer are to have GRUUs (RFC 5627). */
    boolean wantsGruu() {
        return gruu;
    }

    /** True when the address-of-record is a SIPS URI. */
    boolean isSecure() {
        return secure;
    }

    int contacts() {
        return contacts;
    }

    /** The value of X-GB-Ver, or null. */
    String gbVersion() {
        return gbVersion;
    }

    /** The value of Authentication-Info for the 200, or null. */
    byte[] authenticationInfo() {
        return authenticationInfo;
    }
}
