/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

/**
 * The transactions of each connection, so that a lost one tells its own and no other is looked at. Confined to one
 * event loop.
 *
 * <p>An open-addressing map from {@link org.sipwire.transport.Flow#id()} to the head of a list that runs through the
 * links of the {@link TransactionSlab}'s extended slots. UDP flows are not in it: they cannot be lost.
 */
final class FlowIndex {

    private static final int INITIAL = 64;
    /** The link of a slot that is on no list any more. */
    private static final int OFF = -2;

    private final TransactionSlab slab;
    private long[] ids = new long[INITIAL];
    private int[] heads = new int[INITIAL];
    private int size;

    FlowIndex(TransactionSlab slab) {
        this.slab = slab;
    }

    /** Puts an extended slot into the list of a flow. */
    void add(long id, int extension) {
        if (2 * size >= ids.length) {
            resize(2 * ids.length);
        }
        int place = place(id);
        int head = TransactionSlab.NONE;
        if (ids[place] == id) {
            head = heads[place];
            slab.previousOfFlow(head, extension);
        } else {
            ids[place] = id;
            size++;
        }
        slab.nextOfFlow(extension, head);
        slab.previousOfFlow(extension, TransactionSlab.NONE);
        heads[place] = extension;
    }

    /** Takes an extended slot out of the list of a flow, if it is still there. */
    void remove(long id, int extension) {
        int next = slab.nextOfFlow(extension);
        if (next == OFF) {
            return;
        }
        slab.nextOfFlow(extension, OFF);
        int previous = slab.previousOfFlow(extension);
        if (next != TransactionSlab.NONE) {
            slab.previousOfFlow(next, previous);
        }
        if (previous != TransactionSlab.NONE) {
            slab.nextOfFlow(previous, next);
            return;
        }
        int place = place(id);
        assert ids[place] == id && heads[place] == extension;
        if (next != TransactionSlab.NONE) {
            heads[place] = next;
        } else {
            removeId(place);
        }
    }

    /** An extended slot of the flow, or {@link TransactionSlab#NONE}. */
    int first(long id) {
        int place = place(id);
        return ids[place] == id ? heads[place] : TransactionSlab.NONE;
    }

    /** The flows that have transactions. */
    int size() {
        return size;
    }

    private int home(long id) {
        return (int) (id * 0x9E3779B97F4A7C15L >>> 33) & ids.length - 1;
    }

    /** Where the id is, or where it would be put. No id is 0. */
    private int place(long id) {
        int place = home(id);
        while (ids[place] != 0 && ids[place] != id) {
            place = place + 1 & ids.length - 1;
        }
        return place;
    }

    private void removeId(int hole) {
        int mask = ids.length - 1;
        size--;
        int place = hole;
        int open = hole;
        while (true) {
            place = place + 1 & mask;
            if (ids[place] == 0) {
                ids[open] = 0;
                break;
            }
            if ((place - home(ids[place]) & mask) >= (place - open & mask)) {
                ids[open] = ids[place];
                heads[open] = heads[place];
                open = place;
            }
        }
        if (ids.length > INITIAL && 8 * size < ids.length) {
            resize(ids.length / 2);
        }
    }

    private void resize(int length) {
        long[] oldIds = ids;
        int[] oldHeads = heads;
        ids = new long[length];
        heads = new int[length];
        for (int i = 0; i < oldIds.length; i++) {
            if (oldIds[i] != 0) {
                int place = place(oldIds[i]);
                ids[place] = oldIds[i];
                heads[place] = oldHeads[i];
            }
        }
    }
}
