/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.capture;

import java.util.List;

/**
 * What a capture file holds.
 *
 * <p>Shared.
 *
 * @param messages the SIP messages in the order in which they were complete
 * @param packets packets in the file
 * @param undecoded packets that end within their headers
 * @param notes what the reader has to say of the file, one sentence each: that it ends within a record, that segments are missing
 */
public record Capture(List<CapturedMessage> messages, long packets, long undecoded, List<String> notes) {
    /** Takes copies of the lists. */
    public Capture {
        messages = List.copyOf(messages);
        notes = List.copyOf(notes);
    }
}
