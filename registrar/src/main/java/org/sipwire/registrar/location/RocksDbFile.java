/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.rocksdb.CompressionType;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * A directory of RocksDB that holds one entry an address-of-record. Confined to the thread that writes; {@link #load} and the constructor
 * run before that thread begins.
 *
 * <pre>
 *   key    octets of the address-of-record
 *   value  +--------+--------+----------------------------------------------------+
 *          | format | number |  the bindings' words of a {@link PackedRecord},     |
 *          | 1 B    | 2 B    |  each 8 B, lowest octet first, none frozen         |
 *          +--------+--------+----------------------------------------------------+
 * </pre>
 *
 * <p>One more entry, whose key begins with an octet no address-of-record has, tells that the directory is ours.
 */
final class RocksDbFile implements AutoCloseable {

    /** Takes what is loaded. */
    interface Loader {
        /**
         * One address-of-record.
         *
         * @param octets key and words, to be copied
         * @param keyLength the octets of the key, from 0
         * @param wordsAt where the words begin
         * @param words how many
         * @return false when all of it is out of time: the entry is deleted
         */
        boolean entry(byte[] octets, int keyLength, int wordsAt, int words, int count);
    }

    private static final byte[] MARK = "\0sipwire bindings".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] FORMAT = {1};
    private static final int HEAD = 3;
    private static final int DELETE_AT_ONCE = 10_000;

    private final Path directory;
    private final Options options;
    private final WriteOptions writeOptions;
    private final WriteBatch batch = new WriteBatch();
    private RocksDB database;
    private ByteBuffer key = buffer(256);
    private ByteBuffer value = buffer(4096);

    static {
        RocksDB.loadLibrary();
    }

    RocksDbFile(Path directory, boolean sync) throws LocationStoreException {
        this.directory = directory;
        options = new Options()
                .setCreateIfMissing(true)
                .setParanoidChecks(true)
                .setCompressionType(CompressionType.LZ4_COMPRESSION)
                .setWriteBufferSize(32L << 20)
                .setMaxTotalWalSize(128L << 20)
                .setRecycleLogFileNum(2)
                .setMaxBackgroundJobs(2)
                .setKeepLogFileNum(2)
                .setMaxLogFileSize(1L << 20);
        writeOptions = new WriteOptions().setSync(sync);
        try {
            open();
        } catch (LocationStoreException e) {
            close();
            throw e;
        }
    }

    private static ByteBuffer buffer(int octets) {
        return ByteBuffer.allocateDirect(octets).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void open() throws LocationStoreException {
        boolean fresh = isFresh();
        try {
            database = RocksDB.open(options, directory.toString());
            byte[] mark = database.get(MARK);
            if (mark == null && fresh) {
                database.put(writeOptions, MARK, FORMAT);
            } else if (mark == null) {
                throw new LocationStoreException(
                        directory + " is a RocksDB of another program: it holds no Sipwire bindings");
            } else if (!Arrays.equals(mark, FORMAT)) {
                throw new LocationStoreException(
                        directory + " holds bindings in a format of another Sipwire version: " + Arrays.toString(mark));
            }
        } catch (RocksDBException e) {
            throw new LocationStoreException("the bindings in " + directory + " cannot be opened: " + reason(e), e);
        }
    }

    /** True when the directory is not there or empty. */
    private boolean isFresh() throws LocationStoreException {
        try {
            if (!Files.exists(directory)) {
                Files.createDirectories(directory);
                return true;
            }
            if (!Files.isDirectory(directory)) {
                throw new LocationStoreException(directory + " is not a directory");
            }
            try (Stream<Path> files = Files.list(directory)) {
                if (files.findAny().isEmpty()) {
                    return true;
                }
            }
            if (!Files.exists(directory.resolve("CURRENT"))) {
                throw new LocationStoreException(
                        directory + " holds other files and no bindings: name an empty or a new directory");
            }
            return false;
        } catch (IOException e) {
            throw new LocationStoreException("the directory " + directory + " cannot be used: " + e, e);
        }
    }

    /** The first line of what RocksDB says. */
    static String reason(RocksDBException e) {
        String message = String.valueOf(e.getMessage());
        return message.lines().findFirst().orElse(message);
    }

    /** Reads every entry. */
    void load(Loader loader) throws LocationStoreException {
        byte[] octets = new byte[8192];
        try (ReadOptions scan = new ReadOptions().setFillCache(false).setReadaheadSize(2L << 20);
                RocksIterator entries = database.newIterator(scan)) {
            for (entries.seekToFirst(); entries.isValid(); entries.next()) {
                int keyLength = read(entries, true);
                int valueLength = read(entries, false);
                key.position(0);
                if (keyLength > 0 && key.get(0) == 0) {
                    continue;
                }
                if (octets.length < keyLength + valueLength) {
                    octets = new byte[2 * (keyLength + valueLength)];
                }
                key.get(octets, 0, keyLength);
                value.position(0);
                value.get(octets, keyLength, valueLength);
                check(octets, keyLength, valueLength);
                int count = octets[keyLength + 1] & 0xFF | (octets[keyLength + 2] & 0xFF) << 8;
                if (!loader.entry(octets, keyLength, keyLength + HEAD, valueLength - HEAD >>> 3, count)) {
                    batch.delete(Arrays.copyOf(octets, keyLength));
                    if (batch.count() == DELETE_AT_ONCE) {
                        commit();
                    }
                }
            }
            entries.status();
            commit();
        } catch (RocksDBException e) {
            throw new LocationStoreException("the bindings in " + directory + " cannot be read: " + reason(e), e);
        }
    }

    private int read(RocksIterator entries, boolean isKey) {
        ByteBuffer into = isKey ? key : value;
        into.clear();
        int length = isKey ? entries.key(into) : entries.value(into);
        if (length > into.capacity()) {
            into = buffer(length * 2);
            if (isKey) {
                key = into;
                entries.key(into);
            } else {
                value = into;
                entries.value(into);
            }
        }
        into.limit(length);
        return length;
    }

    private void check(byte[] octets, int keyLength, int valueLength) throws LocationStoreException {
        if (valueLength < HEAD || (valueLength - HEAD & 7) != 0 || octets[keyLength] != FORMAT[0]) {
            throw new LocationStoreException("the bindings in " + directory + " are damaged at "
                    + new String(octets, 0, Math.min(keyLength, 64), StandardCharsets.UTF_8)
                            .replaceAll("\\p{Cntrl}", "?"));
        }
    }

    /** Adds a record to the batch: what is stored for its address-of-record from the next {@link #commit} on. */
    void put(long[] record) throws RocksDBException {
        int keyLength = PackedRecord.keyLength(record);
        int first = PackedRecord.firstBinding(record);
        if (key.capacity() < first - PackedRecord.KEY << 3) {
            key = buffer(first << 4);
        }
        key.clear();
        for (int i = PackedRecord.KEY; i < first; i++) {
            key.putLong(record[i]);
        }
        key.position(0).limit(keyLength);
        if (PackedRecord.count(record) == 0) {
            batch.delete(key);
            return;
        }
        int octets = HEAD + (record.length - first << 3);
        if (value.capacity() < octets) {
            value = buffer(octets * 2);
        }
        value.clear();
        value.put(FORMAT[0]).putShort((short) PackedRecord.count(record));
        int binding = first;
        int next = first;
        for (int i = first; i < record.length; i++) {
            if (i == next) {
                binding = i;
                next += PackedRecord.bindingWords(record, i);
            }
            value.putLong(
                    i == binding + PackedRecord.STAMP
                            ? PackedRecord.wordOpaque(record, i) & ~PackedRecord.FROZEN_STAMP
                            : record[i]);
        }
        value.flip();
        batch.put(key, value);
    }

    /** Writes the batch and empties it, whatever comes of it. */
    void commit() throws RocksDBException {
        try {
            if (database == null) {
                // A handle that is closed must not be used: what is behind it is gone.
                throw new RocksDBException("it was closed after an error");
            }
            database.write(writeOptions, batch);
        } finally {
            batch.clear();
        }
    }

    /** Closes and opens again: RocksDB takes no write after some errors until then. */
    void reopen() throws LocationStoreException {
        if (database != null) {
            database.close();
            database = null;
        }
        open();
    }

    @Override
    public void close() {
        batch.close();
        if (database != null) {
            database.close();
        }
        writeOptions.close();
        options.close();
    }
}
