/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.capture;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * The records of a capture file, one after the other: pcap in either order of octets, with microseconds or nanoseconds; pcapng; either of
 * them packed by gzip.
 *
 * <p>A length is never believed before it is bounded, and nothing beyond one record is kept. One thread.
 */
final class CaptureFile {
    private static final int PCAP_MICROS = 0xA1B2C3D4;
    private static final int PCAP_NANOS = 0xA1B23C4D;
    private static final int SECTION = 0x0A0D0D0A;
    private static final int ORDER = 0x1A2B3C4D;
    private static final int MAX_RECORD = 16 * 1024 * 1024;
    private static final int INTERFACE_BLOCK = 1;
    private static final int PACKET_BLOCK = 2;
    private static final int SIMPLE_BLOCK = 3;
    private static final int ENHANCED_BLOCK = 6;
    private static final int OPTION_RESOLUTION = 9;
    private static final int OPTION_OFFSET = 14;

    private final InputStream in;
    private final List<Interface> interfaces = new ArrayList<>();
    private final boolean sections;
    private ByteOrder order = ByteOrder.BIG_ENDIAN;
    private boolean nanos;
    private ByteBuffer packet;
    private int linkType;
    private long timeMicros;
    private boolean cut;
    private String trouble;

    /** One interface of a pcapng section; a resolution above 127 is a power of two. */
    private record Interface(int linkType, long snapLength, int resolution, long offsetSeconds) {
        long micros(long stamp) {
            long offset = offsetSeconds * 1_000_000L;
            if (resolution > 127) {
                return offset + (long) (stamp * 1e6 / Math.pow(2, resolution & 127));
            }
            long scaled = stamp;
            for (int i = resolution; i > 6; i--) {
                scaled = Long.divideUnsigned(scaled, 10);
            }
            for (int i = resolution; i < 6; i++) {
                scaled *= 10;
            }
            return offset + scaled;
        }
    }

    /** Reads the file's header. */
    CaptureFile(InputStream stream) throws IOException {
        InputStream plain = new BufferedInputStream(stream, 1 << 16);
        plain.mark(4);
        byte[] magic = plain.readNBytes(2);
        plain.reset();
        if (magic.length == 2 && magic[0] == 0x1F && magic[1] == (byte) 0x8B) {
            plain = new BufferedInputStream(new GZIPInputStream(plain), 1 << 16);
        }
        in = plain;
        byte[] first = in.readNBytes(4);
        if (first.length < 4) {
            throw new CaptureException(first.length == 0 ? "the file is empty" : "the file is too short for a capture");
        }
        int number = ByteBuffer.wrap(first).getInt();
        sections = number == SECTION;
        if (sections) {
            try {
                section();
            } catch (EOFException e) {
                throw new CaptureException("the file ends within its header");
            }
        } else {
            header(number);
        }
    }

    private void header(int number) throws IOException {
        int swapped = Integer.reverseBytes(number);
        boolean little = swapped == PCAP_MICROS || swapped == PCAP_NANOS;
        nanos = number == PCAP_NANOS || swapped == PCAP_NANOS;
        if (!little && number != PCAP_MICROS && number != PCAP_NANOS) {
            throw new CaptureException("this is neither a pcap nor a pcapng file");
        }
        order = little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        byte[] rest = in.readNBytes(20);
        if (rest.length < 20) {
            throw new CaptureException("the file ends within its header");
        }
        linkType = ByteBuffer.wrap(rest).order(order).getInt(16) & 0x03FF_FFFF;
    }

    /** Goes to the next packet; false at the end, and where the file is damaged: {@link #trouble} says so then. */
    boolean next() throws IOException {
        try {
            return sections ? nextBlock() : nextRecord();
        } catch (EOFException e) {
            trouble = "the file ends within a record: it was cut off, or is still being written";
            return false;
        }
    }

    /** What is wrong with the file, or null. */
    String trouble() {
        return trouble;
    }

    /** The packet from position to limit. Owned by the caller. */
    ByteBuffer packet() {
        return packet;
    }

    int linkType() {
        return linkType;
    }

    long timeMicros() {
        return timeMicros;
    }

    /** Whether the packet was longer than what was captured of it. */
    boolean isCut() {
        return cut;
    }

    // ---------------------------------------------------------------------------------------------------------- pcap

    private boolean nextRecord() throws IOException {
        byte[] head = in.readNBytes(16);
        if (head.length == 0) {
            return false;
        }
        if (head.length < 16) {
            throw new EOFException();
        }
        ByteBuffer record = ByteBuffer.wrap(head).order(order);
        long fraction = record.getInt(4) & 0xFFFF_FFFFL;
        timeMicros = (record.getInt(0) & 0xFFFF_FFFFL) * 1_000_000L + (nanos ? fraction / 1000 : fraction);
        int captured = record.getInt(8);
        cut = captured != record.getInt(12);
        if (captured < 0 || captured > MAX_RECORD) {
            trouble = "the file is damaged: a record of " + (captured & 0xFFFF_FFFFL) + " octets";
            return false;
        }
        packet = ByteBuffer.wrap(read(captured));
        return true;
    }

    private byte[] read(int length) throws IOException {
        byte[] octets = in.readNBytes(length);
        if (octets.length < length) {
            throw new EOFException();
        }
        return octets;
    }

    // -------------------------------------------------------------------------------------------------------- pcapng

    private boolean nextBlock() throws IOException {
        while (true) {
            byte[] head = in.readNBytes(4);
            if (head.length == 0) {
                return false;
            }
            if (head.length < 4) {
                throw new EOFException();
            }
            int type = ByteBuffer.wrap(head).order(order).getInt();
            if (type == SECTION) {
                section();
                continue;
            }
            ByteBuffer body = body(ByteBuffer.wrap(read(4)).order(order).getInt());
            if (body == null) {
                return false;
            }
            try {
                if (isPacket(type, body)) {
                    return true;
                }
            } catch (IndexOutOfBoundsException | java.nio.BufferUnderflowException | IllegalArgumentException e) {
                trouble = "the file is damaged: a block of type " + type + " is too short for what it says it holds";
                return false;
            }
        }
    }

    /** The body of a block whose total length is given, without the length at its end; null when that cannot be. */
    private ByteBuffer body(int total) throws IOException {
        if (total < 12 || total > MAX_RECORD || (total & 3) != 0) {
            trouble = "the file is damaged: a block of " + (total & 0xFFFF_FFFFL) + " octets";
            return null;
        }
        byte[] octets = read(total - 8);
        return ByteBuffer.wrap(octets, 0, total - 12).slice().order(order);
    }

    private void section() throws IOException {
        byte[] head = read(8);
        ByteBuffer big = ByteBuffer.wrap(head);
        int magic = big.getInt(4);
        if (magic != ORDER && magic != Integer.reverseBytes(ORDER)) {
            throw new CaptureException("this is no pcapng file: its section header names no order of octets");
        }
        order = magic == ORDER ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        int total = big.order(order).getInt(0);
        if (total < 28 || total > MAX_RECORD) {
            throw new CaptureException("the section header says it has " + (total & 0xFFFF_FFFFL) + " octets");
        }
        read(total - 12);
        interfaces.clear();
    }

    private boolean isPacket(int type, ByteBuffer body) {
        switch (type) {
            case INTERFACE_BLOCK -> addInterface(body);
            case ENHANCED_BLOCK -> {
                return take(body.getInt(0), stamp(body, 4), body.getInt(12), body.getInt(16), body, 20);
            }
            case PACKET_BLOCK -> {
                return take(body.getShort(0) & 0xFFFF, stamp(body, 4), body.getInt(12), body.getInt(16), body, 20);
            }
            case SIMPLE_BLOCK -> {
                int original = body.getInt(0);
                int captured = Math.min(original, body.limit() - 4);
                if (!interfaces.isEmpty() && interfaces.get(0).snapLength > 0) {
                    captured = (int) Math.min(captured, interfaces.get(0).snapLength);
                }
                return take(0, 0, captured, original, body, 4);
            }
            default -> {
                // Statistics, names, comments: nothing that carries a packet.
            }
        }
        return false;
    }

    private static long stamp(ByteBuffer body, int at) {
        return (long) body.getInt(at) << 32 | body.getInt(at + 4) & 0xFFFF_FFFFL;
    }

    private boolean take(int index, long stamp, int captured, int original, ByteBuffer body, int at) {
        if (captured < 0) {
            throw new IllegalArgumentException("a packet of " + (captured & 0xFFFF_FFFFL) + " octets");
        }
        Interface from = interfaces.get(index);
        linkType = from.linkType;
        timeMicros = from.micros(stamp);
        cut = captured != original;
        byte[] octets = new byte[Math.min(captured, body.limit() - at)];
        body.position(at).get(octets);
        packet = ByteBuffer.wrap(octets);
        return true;
    }

    private void addInterface(ByteBuffer body) {
        int resolution = 6;
        long offset = 0;
        for (int at = 8; at + 4 <= body.limit(); ) {
            int option = body.getShort(at) & 0xFFFF;
            int length = body.getShort(at + 2) & 0xFFFF;
            if (option == 0) {
                break;
            }
            if (option == OPTION_RESOLUTION && length == 1) {
                resolution = body.get(at + 4) & 0xFF;
            } else if (option == OPTION_OFFSET && length == 8) {
                offset = body.getLong(at + 4);
            }
            at += 4 + (length + 3 & ~3);
        }
        interfaces.add(new Interface(body.getShort(0) & 0xFFFF, body.getInt(4) & 0xFFFF_FFFFL, resolution, offset));
    }
}
