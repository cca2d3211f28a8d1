/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.util.Locale;

/**
 * A PTZCmd, the eight octets that move a camera (GB/T 28181-2016 A.3), checked when it is made.
 *
 * <pre>
 *   A5  0F  01  08  00  64  00  21
 *   |   |   |   |   |   |   |   +-- sum of the seven before it, modulo 256
 *   |   |   |   |   |   |   +------ high nibble: zoom speed 0..15; low nibble: bits 8..11 of the address
 *   |   |   |   |   |   +---------- tilt speed 0..255, or a number
 *   |   |   |   |   +-------------- pan speed 0..255
 *   |   |   |   +------------------ instruction, here up
 *   |   |   +---------------------- bits 0..7 of the address
 *   |   +-------------------------- high nibble: version 0; low nibble: (A + 5 + version) modulo 16
 *   +------------------------------ begin
 * </pre>
 *
 * <p>Shared.
 */
public final class PtzCommand {
    /** Where a camera turns; combine one of each axis. */
    public enum Move {
        RIGHT(0x01, 0x02),
        LEFT(0x02, 0x01),
        DOWN(0x04, 0x08),
        UP(0x08, 0x04),
        ZOOM_IN(0x10, 0x20),
        ZOOM_OUT(0x20, 0x10);

        private final int bit;
        private final int opposite;

        Move(int bit, int opposite) {
            this.bit = bit;
            this.opposite = opposite;
        }
    }

    private static final int BEGIN = 0xa5;
    private static final int VERSION = 0x0f;

    private final int address;
    private final int instruction;
    private final int data1;
    private final int data2;
    private final int data3;

    private PtzCommand(int address, int instruction, int data1, int data2, int data3) {
        this.address = check("address", address, 0xfff);
        this.instruction = check("instruction", instruction, 0xff);
        this.data1 = check("data1", data1, 0xff);
        this.data2 = check("data2", data2, 0xff);
        this.data3 = check("data3", data3, 0xf);
    }

    /** Stands still. */
    public static PtzCommand stop() {
        return new PtzCommand(0, 0, 0, 0, 0);
    }

    /**
     * Turns until stopped.
     *
     * @param panSpeed 0..255 for left and right
     * @param tiltSpeed 0..255 for up and down
     * @param zoomSpeed 0..15
     * @throws IllegalArgumentException for opposite directions or a speed out of range
     */
    public static PtzCommand move(int panSpeed, int tiltSpeed, int zoomSpeed, Move... directions) {
        int bits = 0;
        for (Move direction : directions) {
            if ((bits & direction.opposite) != 0) {
                throw new IllegalArgumentException(direction + " against its opposite");
            }
            bits |= direction.bit;
        }
        return new PtzCommand(0, bits, panSpeed, tiltSpeed, zoomSpeed);
    }

    /** Opens (44) or closes (48) the iris at a speed. */
    public static PtzCommand iris(boolean open, int speed) {
        return new PtzCommand(0, open ? 0x44 : 0x48, 0, speed, 0);
    }

    /** Focuses far (41) or near (42) at a speed. */
    public static PtzCommand focus(boolean far, int speed) {
        return new PtzCommand(0, far ? 0x41 : 0x42, speed, 0, 0);
    }

    /** Stores where the camera looks as preset 1..255. */
    public static PtzCommand setPreset(int number) {
        return preset(0x81, number);
    }

    /** Looks where preset 1..255 looks. */
    public static PtzCommand callPreset(int number) {
        return preset(0x82, number);
    }

    /** Forgets preset 1..255. */
    public static PtzCommand deletePreset(int number) {
        return preset(0x83, number);
    }

    private static PtzCommand preset(int instruction, int number) {
        if (number == 0) {
            throw new IllegalArgumentException("presets count from 1");
        }
        return new PtzCommand(0, instruction, 0, number, 0);
    }

    /** Adds a preset to a cruise track (84). */
    public static PtzCommand addCruisePoint(int track, int preset) {
        return new PtzCommand(0, 0x84, track, preset, 0);
    }

    /** Takes a preset out of a cruise track; preset 0 deletes the track (85). */
    public static PtzCommand deleteCruisePoint(int track, int preset) {
        return new PtzCommand(0, 0x85, track, preset, 0);
    }

    /** Sets the speed of a cruise track, 0..4095 (86). */
    public static PtzCommand cruiseSpeed(int track, int speed) {
        return new PtzCommand(0, 0x86, track, speed & 0xff, check("speed", speed, 0xfff) >> 8);
    }

    /** Sets how long a cruise stays at a preset, 0..4095 s (87). */
    public static PtzCommand cruiseStay(int track, int seconds) {
        return new PtzCommand(0, 0x87, track, seconds & 0xff, check("seconds", seconds, 0xfff) >> 8);
    }

    /** Starts a cruise (88); any stop ends it. */
    public static PtzCommand startCruise(int track) {
        return new PtzCommand(0, 0x88, track, 0, 0);
    }

    /** Starts a scan (89, 0), sets its left (1) or right (2) border. */
    public static PtzCommand scan(int group, int step) {
        return new PtzCommand(0, 0x89, group, check("step", step, 2), 0);
    }

    /** Sets the speed of a scan, 0..4095 (8A). */
    public static PtzCommand scanSpeed(int group, int speed) {
        return new PtzCommand(0, 0x8a, group, speed & 0xff, check("speed", speed, 0xfff) >> 8);
    }

    /** Switches an auxiliary: 1 is the wiper (8C on, 8D off). */
    public static PtzCommand auxiliary(int number, boolean on) {
        return new PtzCommand(0, on ? 0x8c : 0x8d, number, 0, 0);
    }

    /**
     * Reads 16 hexadecimal digits.
     *
     * @throws IllegalArgumentException when they are none, or begin, version or check octet is wrong
     */
    public static PtzCommand parse(String hex) {
        if (!hex.matches("[0-9A-Fa-f]{16}")) {
            throw new IllegalArgumentException("not 16 hexadecimal digits: " + hex);
        }
        int[] octets = new int[8];
        int sum = 0;
        for (int i = 0; i < 8; i++) {
            octets[i] = Integer.parseInt(hex, 2 * i, 2 * i + 2, 16);
            sum += i < 7 ? octets[i] : 0;
        }
        if (octets[0] != BEGIN || octets[1] != VERSION || octets[7] != (sum & 0xff)) {
            throw new IllegalArgumentException("begin, version or check octet is wrong: " + hex);
        }
        return new PtzCommand(octets[2] | (octets[6] & 0xf) << 8, octets[3], octets[4], octets[5], octets[6] >> 4);
    }

    /** The same to a camera at an address 0..4095 behind one device; equipment of one camera takes 0 and 1. */
    public PtzCommand at(int newAddress) {
        return new PtzCommand(newAddress, instruction, data1, data2, data3);
    }

    private static int check(String what, int value, int most) {
        if (value < 0 || value > most) {
            throw new IllegalArgumentException(what + " is not within 0.." + most + ": " + value);
        }
        return value;
    }

    /** The 16 hexadecimal digits. */
    @Override
    public String toString() {
        int sixth = data3 << 4 | address >> 8;
        int sum = BEGIN + VERSION + (address & 0xff) + instruction + data1 + data2 + sixth;
        return String.format(
                Locale.ROOT,
                "%02X%02X%02X%02X%02X%02X%02X%02X",
                BEGIN,
                VERSION,
                address & 0xff,
                instruction,
                data1,
                data2,
                sixth,
                sum & 0xff);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PtzCommand && other.toString().equals(toString());
    }

    @Override
    public int hashCode() {
        return toString().hashCode();
    }
}
