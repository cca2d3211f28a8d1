/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.sipwire.codec.manscdp.CatalogItem;
import org.sipwire.codec.manscdp.Manscdp;

/**
 * What a {@link DeviceAgent} says when its platform asks. Every answer has a default but the catalogue's, which is all that a platform
 * needs to show a device.
 *
 * <p>Called on the agent's loop, after the query was answered 200; a method must not block. The agent fills in the SN of the query, so an
 * answer may leave it 0. A null says that there is no such thing here: the answer is then {@code Result} ERROR.
 */
@FunctionalInterface
public interface DeviceAnswers {

    /** The channels, in order. They go out in parts, the next after the 200 to the one before (GB/T 28181-2016 Annex N). */
    List<CatalogItem> catalog(Manscdp.Query query);

    /** What the device, or one of its channels, is. */
    default Manscdp.DeviceInfo deviceInfo(Manscdp.Query query) {
        int channels = catalog(query).size();
        return new Manscdp.DeviceInfo(0, query.deviceId(), "OK", "Sipwire", "Sipwire", "Device", "1", channels);
    }

    /** How it is. */
    default Manscdp.DeviceStatus deviceStatus(Manscdp.Query query) {
        return new Manscdp.DeviceStatus(0, query.deviceId(), "OK", "ONLINE", "OK", "", "ON", "OFF", "", List.of());
    }

    /**
     * Recordings of a channel. A gateway may have to ask another device first, so the answer may come later and on any thread.
     *
     * @param answer to be called once; a null list is an error
     */
    default void recordings(Manscdp.Query query, Consumer<List<Manscdp.Recording>> answer) {
        answer.accept(List.of());
    }

    /** The configuration by block: BasicParam and what else {@code ConfigType} of the query names, one Response for each. */
    default Map<String, Map<String, String>> configuration(Manscdp.Query query) {
        return null;
    }

    /** The presets of a camera. */
    default List<Manscdp.Preset> presets(Manscdp.Query query) {
        return List.of();
    }

    /** Where the device is now; asked for at the interval of each subscription to positions. None: nothing is notified. */
    default List<Manscdp.Position> positions() {
        return List.of();
    }

    /** Answers any other query: those of 2022. */
    default Manscdp other(Manscdp.Query query) {
        return null;
    }
}
