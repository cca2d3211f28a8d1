/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

/** Hears of one media session. Called on the home loop of the device; a method must not block. */
public interface MediaListener {

    /** Why a session is over. */
    enum End {
        /** The device refused it. */
        REFUSED,
        /** The device did not answer. */
        NO_RESPONSE,
        /** The device is not there. */
        OFFLINE,
        /** The device said BYE. */
        BYE,
        /** The recording was sent to its end. */
        FILE_SENT,
        /** This side ended it. */
        CLOSED
    }

    /** The device sends; null when its description could not be read. */
    void onAnswered(MediaSession session, GbSdp answer);

    /**
     * It is over. Called once.
     *
     * @param session null when there is no such device
     * @param status the SIP status of a refusal, else 0
     */
    void onEnded(MediaSession session, End how, int status);
}
