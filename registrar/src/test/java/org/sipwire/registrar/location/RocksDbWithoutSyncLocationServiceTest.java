/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

/** The same without waiting for the disk: a clean stop still loses nothing. */
class RocksDbWithoutSyncLocationServiceTest extends RocksDbLocationServiceTest {

    @Override
    boolean isSync() {
        return false;
    }
}
