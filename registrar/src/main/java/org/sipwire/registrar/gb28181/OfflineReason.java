/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

/** Why a device is offline. Shared. */
public enum OfflineReason {
    /** It was silent for interval x count. */
    KEEPALIVE_TIMEOUT,
    /** Its registration ran out. */
    EXPIRED,
    /** It took its registration back, or an operator did. */
    UNREGISTERED,
    /** The connection it registered over is lost. */
    FLOW_LOST,
    /** It answered a request 403 with the warning that it is not registered here. */
    LOST_REGISTRATION
}
