/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import java.util.Arrays;

/**
 * Which addresses-of-record were registered over which connection, for those whose bindings go with it. Confined to one event loop.
 *
 * <p>An open-addressing map from flow ids to octets of addresses-of-record: one for each flow but for a PBX's, about 90 B each.
 */
final class FlowBindings {

    private static final int INITIAL = 64;
    private static final byte[][] NONE = {};

    private long[] ids = new long[INITIAL];
    /** A {@code byte[]} for one address-of-record, a {@code byte[][]} for several. */
    private Object[] aors = new Object[INITIAL];

    private int size;

    /** Notes an address-of-record unless it is noted. Allocates nothing then. */
    void add(long id, AddressOfRecord aor) {
        if (2 * size >= ids.length) {
            resize(2 * ids.length);
        }
        int place = place(id);
        if (ids[place] == 0) {
            ids[place] = id;
            aors[place] = octets(aor);
            size++;
        } else if (aors[place] instanceof byte[] one) {
            if (!same(one, aor)) {
                aors[place] = new byte[][] {one, octets(aor)};
            }
        } else {
            byte[][] several = (byte[][]) aors[place];
            for (byte[] one : several) {
                if (same(one, aor)) {
                    return;
                }
            }
            byte[][] more = Arrays.copyOf(several, several.length + 1);
            more[several.length] = octets(aor);
            aors[place] = more;
        }
    }

    private static byte[] octets(AddressOfRecord aor) {
        return Arrays.copyOfRange(aor.array(), aor.offset(), aor.offset() + aor.length());
    }

    private static boolean same(byte[] octets, AddressOfRecord aor) {
        return Arrays.equals(octets, 0, octets.length, aor.array(), aor.offset(), aor.offset() + aor.length());
    }

    /** Forgets a flow and gives what was noted for it. */
    byte[][] remove(long id) {
        int place = place(id);
        if (ids[place] == 0) {
            return NONE;
        }
        Object found = aors[place];
        close(place);
        return found instanceof byte[] one ? new byte[][] {one} : (byte[][]) found;
    }

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

    /** Empties a place and moves up what was put further on because of it. */
    private void close(int hole) {
        int mask = ids.length - 1;
        int open = hole;
        for (int place = open + 1 & mask; ids[place] != 0; place = place + 1 & mask) {
            if ((place - home(ids[place]) & mask) >= (place - open & mask)) {
                ids[open] = ids[place];
                aors[open] = aors[place];
                open = place;
            }
        }
        ids[open] = 0;
        aors[open] = null;
        size--;
        if (ids.length > INITIAL && 8 * size < ids.length) {
            resize(ids.length / 2);
        }
    }

    private void resize(int length) {
        long[] oldIds = ids;
        Object[] oldAors = aors;
        ids = new long[length];
        aors = new Object[length];
        for (int i = 0; i < oldIds.length; i++) {
            if (oldIds[i] != 0) {
                int place = place(oldIds[i]);
                ids[place] = oldIds[i];
                aors[place] = oldAors[i];
            }
        }
    }
}
