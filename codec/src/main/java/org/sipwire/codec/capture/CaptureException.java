/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.capture;

import java.io.IOException;

/** A file is no capture, or one that cannot be read: the message is one line that says why. */
public final class CaptureException extends IOException {
    private static final long serialVersionUID = 1L;

    CaptureException(String message) {
        super(message);
    }
}
