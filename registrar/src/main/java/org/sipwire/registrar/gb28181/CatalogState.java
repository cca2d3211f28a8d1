/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

/** How far a device's catalogue is known. Shared. */
public enum CatalogState {
    /** It was never answered. */
    NONE,
    /** Parts are coming in. */
    COLLECTING,
    /** Fewer items came than were announced, and none for a while. */
    PARTIAL,
    /** All that was announced has come. */
    COMPLETE
}
