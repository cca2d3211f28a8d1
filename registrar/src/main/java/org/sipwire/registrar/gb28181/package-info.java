/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A GB/T 28181 platform: devices, liveness, catalogues. State of a device is confined to the loop of its flow.
 */
package org.sipwire.registrar.gb28181;
