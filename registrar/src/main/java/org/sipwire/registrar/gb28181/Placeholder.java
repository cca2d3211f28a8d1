/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

/** Placeholder until the package has its first type. */
final class Placeholder {
    private Placeholder() {}
}
