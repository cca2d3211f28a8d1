/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import java.util.function.Consumer;

/**
 * Short messages between the registrars that share a location service: how a request gets to the node that holds a device's connection.
 *
 * <p>Mail is delivered once or not at all, and in order between two nodes. It is as confidential and as trustworthy as the store. Every
 * method may be called from any thread and none waits.
 *
 * <p>Shared.
 */
public interface FleetMail {

    /** This node's number, 1..127. It may change when the store was away for longer than numbers are kept. */
    int node();

    /**
     * Sends.
     *
     * @param mail is not changed afterwards by anybody
     * @param lost called, on any thread, when it is known that nobody got it
     */
    void send(int node, byte[] mail, Runnable lost);

    /** Names who gets mail, on a thread of the store's client. Called once. */
    void receive(Consumer<byte[]> reader);
}
