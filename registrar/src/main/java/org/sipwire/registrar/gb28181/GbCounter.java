/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

/** What a platform counts. Shared. */
public enum GbCounter {
    /** Keep-alives taken. */
    KEEPALIVES,
    /** Keep-alives and messages of devices that are not registered, or not from where they are: answered 404. */
    STRANGERS,
    /** Bodies of devices taken for processing. */
    MESSAGES,
    /** Bodies that are no MANSCDP, answered 400. */
    UNREADABLE,
    /** Bodies with markup that had to be repaired. */
    REPAIRED,
    /** Devices that moved to another address, which they could prove. */
    MOVES,
    /** Devices that became offline by silence. */
    KEEPALIVE_TIMEOUTS,
    /** Requests sent to devices. */
    SENT,
    /** Requests that a device refused. */
    REFUSED,
    /** Requests that a device never took or never answered. */
    TIMEOUTS,
    /** Devices that became online. */
    ONLINE,
    /** Devices that became offline, for whatever reason. */
    OFFLINE,
    /** Devices that were registered before this process began. */
    REMEMBERED,
    /** Devices that were let in again by a keep-alive from another port of their address. */
    READMITTED,
    /** Catalogues published. */
    CATALOGS,
    /** Alarms taken. */
    ALARMS,
    /** Messages answered 503 since the device's own loop is too far behind. */
    SHED
}
