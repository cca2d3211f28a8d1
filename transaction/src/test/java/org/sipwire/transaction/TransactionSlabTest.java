/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.sipwire.codec.SipMethod;
import org.sipwire.transaction.TransactionSlab.Kind;

class TransactionSlabTest {

    private final TransactionSlab slab = new TransactionSlab();

    @Test
    void columnsOfASlotAreItsOwn() {
        int one = slab.acquireBrief();
        int other = slab.acquireExtended();
        slab.init(one, Kind.NON_INVITE_SERVER, SipMethod.REGISTER, false, 11, 111);
        slab.init(other, Kind.INVITE_CLIENT, SipMethod.INVITE, true, 22, 222);
        slab.state(one, 2);
        slab.state(other, 4);
        slab.set(other, TransactionSlab.CANCELLED);
        assertThat(slab.kind(one)).isEqualTo(Kind.NON_INVITE_SERVER);
        assertThat(slab.method(one)).isEqualTo(SipMethod.REGISTER);
        assertThat(slab.isReliable(one)).isFalse();
        assertThat(slab.state(one)).isEqualTo(2);
        assertThat(slab.hash(one)).isEqualTo(11);
        assertThat(slab.key(one)).isEqualTo(111);
        assertThat(slab.has(one, TransactionSlab.CANCELLED)).isFalse();
        assertThat(slab.extension(one)).isEqualTo(TransactionSlab.NONE);
        assertThat(slab.kind(other)).isEqualTo(Kind.INVITE_CLIENT);
        assertThat(slab.method(other)).isEqualTo(SipMethod.INVITE);
        assertThat(slab.isReliable(other)).isTrue();
        assertThat(slab.state(other)).isEqualTo(4);
        assertThat(slab.key(other)).isEqualTo(222);
        assertThat(slab.has(other, TransactionSlab.CANCELLED)).isTrue();
        assertThat(slab.extension(other)).isEqualTo(other);
    }

    @Test
    void generationTellsAReusedSlot() {
        int slot = slab.acquireBrief();
        slab.init(slot, Kind.NON_INVITE_SERVER, SipMethod.REGISTER, false, 0, 1);
        int generation = slab.generation(slot);
        assertThat(slab.isLive(slot, generation)).isTrue();
        slab.release(slot);
        assertThat(slab.isLive(slot, generation)).isFalse();
        assertThat(slab.acquireBrief()).isEqualTo(slot);
        assertThat(slab.isLive(slot, generation)).isFalse();
        assertThat(slab.isLive(-1, generation)).isFalse();
        assertThat(slab.isLive(1 << 23, generation)).isFalse();
    }

    @Test
    void deferredTransactionBorrowsColumnsAndGivesThemBack() {
        int slot = slab.acquireBrief();
        slab.init(slot, Kind.NON_INVITE_SERVER, SipMethod.MESSAGE, false, 0, 1);
        int extension = slab.acquireExtended();
        slab.borrowExtension(slot, extension);
        assertThat(slab.extension(slot)).isEqualTo(extension);
        assertThat(slab.owner(extension)).isEqualTo(slot);
        assertThat(slab.message(slot)).isEqualTo(ByteLog.NONE);
        slab.returnExtension(slot);
        slab.release(extension);
        assertThat(slab.extension(slot)).isEqualTo(TransactionSlab.NONE);
        slab.message(slot, 99);
        assertThat(slab.message(slot)).isEqualTo(99);
    }

    @Test
    void slotsAreUniqueWhileInUseAndChunksAreGivenBack() {
        Random random = new Random(6);
        Map<Integer, Long> keys = new HashMap<>();
        List<Integer> slots = new ArrayList<>();
        Set<Integer> ever = new HashSet<>();
        for (int i = 0; i < 60_000; i++) {
            boolean wide = random.nextInt(4) == 0;
            int slot = wide ? slab.acquireExtended() : slab.acquireBrief();
            long key = random.nextLong();
            slab.init(slot, wide ? Kind.INVITE_SERVER : Kind.NON_INVITE_SERVER, SipMethod.UNKNOWN, false, i, key);
            assertThat(keys.put(slot, key)).as("slot %d is free", slot).isNull();
            slots.add(slot);
            ever.add(slot);
            if (i % 3 == 0) {
                Collections.swap(slots, random.nextInt(slots.size()), slots.size() - 1);
                int gone = slots.remove(slots.size() - 1);
                assertThat(slab.key(gone)).isEqualTo(keys.remove(gone));
                slab.release(gone);
            }
        }
        assertThat(ever.size()).isLessThan(60_000);
        long peak = slab.footprint();
        for (int slot : slots) {
            assertThat(slab.key(slot)).isEqualTo(keys.get(slot));
            slab.release(slot);
        }
        assertThat(slab.footprint()).isLessThan(peak / 4);
    }
}
