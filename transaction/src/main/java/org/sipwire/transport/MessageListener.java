/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport;

/**
 * Looks at the messages that cross the wire: for traces, captures and counters of one's own. Every method is called on the flow's event
 * loop and must neither block nor keep what it is given.
 *
 * <p>What it sees are the octets as they were received, before anything is parsed, malformed ones included, and as they were given to the
 * socket; what TLS encrypts is shown in the clear. Keep-alives of a few octets are not messages. An exception is caught and counted.
 *
 * <p>All arguments are Borrowed: valid until the method returns.
 */
public interface MessageListener {

    /** One message, or what should have been one, came in. */
    void onReceived(byte[] bytes, int offset, int length, Flow flow);

    /** One message is with the socket. */
    void onSent(byte[] bytes, int offset, int length, Flow flow);
}
