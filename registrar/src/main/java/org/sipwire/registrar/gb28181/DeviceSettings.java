/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.util.Objects;
import org.sipwire.codec.manscdp.ManscdpCharset;

/**
 * What one device needs unlike others. Shared.
 *
 * @param charset what bodies to it are written in, and what its own are read as; {@link ManscdpCharset#AUTO} writes GB18030 and lets the
 *     octets of each body of the device decide
 * @param toTag whether requests to it have a tag in To outside a dialog, which RFC 3261 §8.1.1.2 forbids: Hikvision platforms answer
 *     PresetQuery only so, while others choke on it
 */
public record DeviceSettings(ManscdpCharset charset, boolean toTag) {
    /** What the standards say. */
    public static final DeviceSettings DEFAULT = new DeviceSettings(ManscdpCharset.AUTO, false);

    /** Checks that nothing is missing. */
    public DeviceSettings {
        Objects.requireNonNull(charset, "charset");
    }
}
