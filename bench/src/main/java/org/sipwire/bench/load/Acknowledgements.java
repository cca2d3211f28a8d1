/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

/** Hears of each REGISTER that was answered by the 200 it asked for. Called on the run's event loop. */
@FunctionalInterface
public interface Acknowledgements {

    /**
     * A registration was granted, or taken away as asked.
     *
     * @param aor the user with the domain
     * @param expiresSeconds what was asked for; 0 when the registration was taken away
     * @param callId the Call-ID; of two cycles of one run, the later has the one that is greater as text
     * @param sentNanos {@link System#nanoTime} when the request that was granted was first sent
     * @param acknowledgedNanos the same when its 200 had come
     */
    void acknowledged(String aor, int expiresSeconds, String callId, long sentNanos, long acknowledgedNanos);
}
