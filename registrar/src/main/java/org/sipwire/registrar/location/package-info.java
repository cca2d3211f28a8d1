/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Location services: where an address-of-record is reached. Shared by all loops; completions come on the caller's loop.
 */
package org.sipwire.registrar.location;
