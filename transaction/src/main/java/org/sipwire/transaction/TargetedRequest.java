/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.sipwire.transport.Destination;
import org.sipwire.transport.netty.ServerLocator.Target;
import org.sipwire.transport.netty.ServerLocator.Targets;

/**
 * A request on its way to a {@link Destination}: one client transaction after the other, until a target answers or none is left (RFC 3263
 * §4.3). Confined to its loop.
 *
 * <p>Owned by the stack until its user was told the end.
 */
public final class TargetedRequest {

    private final RequestSender sender;
    private final int loop;
    private final RequestSource source;
    private final Object attachment;
    private final Targets targets;
    /** Targets that failed a short while ago: they are tried when all others have failed. */
    private final Deque<Target> later = new ArrayDeque<>();

    private Target target;
    private long handle;
    private boolean cancelled;

    TargetedRequest(RequestSender sender, int loop, RequestSource source, Object attachment, Targets targets) {
        this.sender = sender;
        this.loop = loop;
        this.source = source;
        this.attachment = attachment;
        this.targets = targets;
    }

    /** The handle of the transaction there is now, 0 when there is none: an address is looked up or a connection opened. */
    public long handle() {
        return handle;
    }

    /** Sends the request to no other target, and cancels it as {@link ClientTransaction#cancel} does. */
    public void cancel() {
        cancelled = true;
        ClientTransaction now = handle <= 0 ? null : sender.transaction(handle);
        if (now != null) {
            now.cancel();
        }
    }

    /** What the user gave. */
    Object attachment() {
        return attachment;
    }

    /** Begins with the next target. */
    void tryNext() {
        handle = 0;
        if (cancelled) {
            sender.unreachable(attachment, new IOException("the request was cancelled"));
            return;
        }
        targets.next((found, cause) -> {
            if (found == null && later.isEmpty()) {
                sender.unreachable(attachment, cause);
            } else if (found != null && sender.hasFailedLately(loop, found)) {
                later.add(found);
                tryNext();
            } else {
                attempt(found != null ? found : later.poll());
            }
        });
    }

    private void attempt(Target to) {
        target = to;
        sender.attempt(loop, to, source, this, (begun, cause) -> {
            handle = begun;
            if (begun < 0) {
                handle = 0;
                failed(cause);
            }
        });
    }

    /** No transaction began with this target. */
    private void failed(IOException cause) {
        sender.hasFailed(loop, target, 0);
        if (!cancelled && hasMore()) {
            tryNext();
        } else {
            sender.unreachable(attachment, cause);
        }
    }

    /**
     * The transaction with this target failed. Goes on with the next one if there may be one.
     *
     * @param seconds how long the target wants to be left alone, 0 when it did not say
     * @return false when there is none: the user is to be told
     */
    boolean goesOn(long seconds) {
        sender.hasFailed(loop, target, seconds);
        if (cancelled || !hasMore()) {
            return false;
        }
        tryNext();
        return true;
    }

    private boolean hasMore() {
        return targets.hasMore() || !later.isEmpty();
    }
}
