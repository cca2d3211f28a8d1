/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the figures are held against: floors, which do less than any registrar may. None of the project's own code is used here.
 */
package org.sipwire.bench.baseline;
