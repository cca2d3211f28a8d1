/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.trace;

import java.util.Objects;
import org.sipwire.codec.capture.CapturedMessage;

/**
 * A message a trace kept.
 *
 * <p>Shared.
 *
 * @param sent true when this side sent it, false when it received it
 * @param message the message, its secrets not masked
 */
public record TracedMessage(boolean sent, CapturedMessage message) {
    /** Checks that nothing is missing. */
    public TracedMessage {
        Objects.requireNonNull(message, "message");
    }
}
