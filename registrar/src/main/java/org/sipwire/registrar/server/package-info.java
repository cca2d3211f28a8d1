/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The registrar as a process: options, HTTP endpoint, life cycle. Called by the launcher.
 */
package org.sipwire.registrar.server;
