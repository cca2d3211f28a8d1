/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.util.List;
import org.sipwire.codec.manscdp.Manscdp;

/**
 * Takes what comes of a query or command. Called on the home loop of the device, or on the caller's thread when there is no such device;
 * a method must not block.
 */
@FunctionalInterface
public interface Answer {

    /** How an exchange ended. */
    enum Kind {
        /** All that was asked for has come, or the 200 that is all the answer there is. */
        COMPLETE,
        /** A list ended by silence before as many items came as were announced. */
        PARTIAL,
        /** The device answered the request itself with an error: {@link Outcome#status}. */
        REFUSED,
        /** The device took the request and did not answer it in time. */
        TIMEOUT,
        /** The device did not even take the request. */
        NO_RESPONSE,
        /** The device is not there: unknown, unregistered or offline. */
        OFFLINE,
        /** There is too much in the air towards this device. */
        BUSY
    }

    /**
     * What came of it.
     *
     * @param status the SIP status of the request, 0 when there was none
     * @param parts the bodies of the answer, in the order they came; empty unless it is complete or partial
     *
     * <p>Shared.
     */
    record Outcome(Kind kind, int status, List<Manscdp> parts) {
        /** Copies the parts. */
        public Outcome {
            parts = List.copyOf(parts);
        }

        /** Whether there is an answer, be it a part of one. */
        public boolean isAnswered() {
            return kind == Kind.COMPLETE || kind == Kind.PARTIAL;
        }

        static Outcome of(Kind kind) {
            return new Outcome(kind, 0, List.of());
        }
    }

    /** The exchange is over. Called once. */
    void onDone(Outcome outcome);

    /**
     * A list grows.
     *
     * @param received items so far
     * @param expected items announced, which is a hint; -1 when none were
     */
    default void onProgress(int received, int expected) {}
}
