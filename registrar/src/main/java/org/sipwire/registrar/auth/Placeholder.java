/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

/** Placeholder until the package has its first type. */
final class Placeholder {
    private Placeholder() {}
}
