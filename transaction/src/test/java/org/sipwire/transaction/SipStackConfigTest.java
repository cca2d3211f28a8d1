/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SipStackConfigTest {

    private static SipStackConfig.Builder builder() {
        return SipStackConfig.builder().listen("udp://127.0.0.1:0");
    }

    @Test
    void asManyTransactionsAsTheHeapHasRoomForUnlessTold() {
        long fitting = Runtime.getRuntime().maxMemory() / SipStackConfig.HEAP_OF_A_TRANSACTION;
        long slots = TransactionTable.MAX_SLOTS / 2;
        assertThat(builder().threads(256).build().transactionCapacity())
                .isEqualTo((int) Math.min(fitting, 256 * slots));
        assertThat(builder().build().transactionCapacity()).isEqualTo((int) Math.min(fitting, slots));
        assertThat(builder().transactionCapacity(7).build().transactionCapacity())
                .isEqualTo(7);
    }

    @Test
    void noTransactionsAtAllAreAnError() {
        assertThatThrownBy(() -> builder().transactionCapacity(0).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("transactionCapacity");
    }
}
