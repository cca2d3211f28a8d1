/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.util.List;
import org.sipwire.codec.manscdp.CatalogItem;
import org.sipwire.codec.manscdp.Manscdp;

/**
 * Hears of devices. Called on the home loop of the device, after its message was answered; a method must not block. All arguments are
 * Shared.
 */
public interface DeviceListener {

    /** The device registered, or came back. */
    default void onOnline(DeviceSnapshot device) {}

    /** The device is taken for gone. */
    default void onOffline(DeviceSnapshot device, OfflineReason reason) {}

    /** Its catalogue was published anew: by an answer, or by a change that it told. */
    default void onCatalog(DeviceSnapshot device, List<CatalogItem> items) {}

    /** An alarm; the answer that the standard asks for has been sent. */
    default void onAlarm(String deviceId, Manscdp.Alarm alarm) {}

    /** Positions, asked for or not. */
    default void onPosition(String deviceId, Manscdp.MobilePosition positions) {}

    /** A media session is over at the device's side. */
    default void onMediaStatus(String deviceId, Manscdp.MediaStatus status) {}

    /** Any other body that nobody waits for. */
    default void onMessage(String deviceId, Manscdp message) {}
}
