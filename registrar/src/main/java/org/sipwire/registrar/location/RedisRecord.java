/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

/**
 * A record as Redis holds it. Static.
 *
 * <pre>
 *   +--------+------------+--------+-------------------------------------------------+
 *   | format |  version   | number |  the bindings' words of a {@link PackedRecord},  |
 *   | 1 B    |  8 B       | 2 B    |  each 8 B, lowest octet first                   |
 *   +--------+------------+--------+-------------------------------------------------+
 * </pre>
 *
 * <p>The version is random and new with every write, so comparing it compares the record.
 */
final class RedisRecord {

    static final byte FORMAT = 1;
    static final int VERSION = 1;
    static final int VERSION_LENGTH = 8;
    private static final int COUNT = 9;
    private static final int WORDS = 11;

    private RedisRecord() {}

    static byte[] encode(long[] record, long version) {
        int first = PackedRecord.firstBinding(record);
        byte[] value = new byte[WORDS + (record.length - first << 3)];
        value[0] = FORMAT;
        PackedRecord.LITTLE.set(value, VERSION, version);
        value[COUNT] = (byte) PackedRecord.count(record);
        value[COUNT + 1] = (byte) (PackedRecord.count(record) >>> 8);
        for (int i = first; i < record.length; i++) {
            PackedRecord.LITTLE.set(value, WORDS + (i - first << 3), record[i]);
        }
        return value;
    }

    /** The record of a value, or null when there is none or it is not ours. */
    static long[] decode(byte[] key, int keyLength, byte[] value) {
        if (value == null || value.length < WORDS || value[0] != FORMAT || (value.length - WORDS & 7) != 0) {
            return null;
        }
        int words = value.length - WORDS >>> 3;
        int count = value[COUNT] & 0xFF | (value[COUNT + 1] & 0xFF) << 8;
        long[] record = PackedRecord.create(0, key, keyLength, words, count, null);
        PackedRecord.copyIn(value, WORDS, words << 3, record, PackedRecord.firstBinding(record));
        return record;
    }

    /** The version of a value; empty for none. */
    static byte[] version(byte[] value) {
        if (value == null || value.length < WORDS) {
            return new byte[0];
        }
        byte[] version = new byte[VERSION_LENGTH];
        System.arraycopy(value, VERSION, version, 0, VERSION_LENGTH);
        return version;
    }

    /** The last second at which a binding of the record ends. */
    static long latestExpiry(long[] record) {
        long latest = 0;
        int binding = PackedRecord.firstBinding(record);
        for (int i = PackedRecord.count(record); i > 0; i--) {
            latest = Math.max(latest, PackedRecord.expiresAt(record[binding]));
            binding += PackedRecord.bindingWords(record, binding);
        }
        return latest;
    }
}
