/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import org.sipwire.codec.manscdp.Manscdp;

/**
 * Hears of what happens to a {@link DeviceAgent} and carries out what its platform commands. Called on the agent's loop, after the request
 * was answered 200; a method must not block. All arguments are Shared.
 */
public interface DeviceAgentListener {

    /** Why a registration does not stand. */
    enum Loss {
        /** The platform cannot be reached or does not answer. */
        NO_RESPONSE,
        /** The platform does not take the password. */
        WRONG_PASSWORD,
        /** The platform refused for another reason. */
        REFUSED,
        /** Keep-alives were not answered, or refused: the platform does not know this device any more. */
        KEEPALIVES_LOST,
        /** The connection is lost. */
        FLOW_LOST
    }

    /**
     * The registration stands; also called after each refresh.
     *
     * @param expiresSeconds how long it stands
     * @param date what the platform's clock said, {@code yyyy-MM-ddTHH:mm:ss.SSS} in Beijing time as a rule; empty when it did not. A
     *     camera without another clock sets its own by it
     */
    default void onRegistered(long expiresSeconds, String date) {}

    /**
     * The registration does not stand. The agent goes on trying.
     *
     * @param status the SIP status of a refusal, else 0
     */
    default void onLost(Loss why, int status) {}

    /** The agent was closed and has said so to its platform. */
    default void onUnregistered() {}

    /** Carries out a command; the result is answered where the standard wants one (recording, guard, alarm, home position). */
    default boolean onControl(Manscdp.DeviceControl control) {
        return false;
    }

    /** Takes new configuration. */
    default boolean onConfigure(Manscdp.DeviceConfig config) {
        return false;
    }

    /** A broadcast is announced; who agrees invites its source next. */
    default boolean onBroadcast(Manscdp.Broadcast broadcast) {
        return false;
    }

    /** The platform wants a stream: {@link DeviceInvite#accept} or {@link DeviceInvite#reject} it, now or later. */
    default void onInvite(DeviceInvite invite) {
        invite.reject(488);
    }

    /** The platform has acknowledged the answer: media may flow. */
    default void onPlaying(DeviceInvite invite) {}

    /** The platform controls a playback: a MANSRTSP message as it came. */
    default void onMediaControl(DeviceInvite invite, String mansrtsp) {}

    /** The stream is over, by whichever side. */
    default void onEnded(DeviceInvite invite) {}

    /** Any other body that the platform sent, such as the answer to an alarm. */
    default void onMessage(Manscdp message) {}
}
