/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.sipwire.registrar.gb28181.Answer;
import org.sipwire.registrar.gb28181.DeviceCommands;
import org.sipwire.registrar.gb28181.PtzCommand;
import org.sipwire.registrar.gb28181.PtzCommand.Move;

/** Reads the commands of {@code POST /v1/devices/{id}/control}. Without state; a refusal is an {@link IllegalArgumentException}. */
final class DeviceControls {
    private static final Pattern NUMBERS = Pattern.compile("\\d{1,3}");
    private static final int DEFAULT_SPEED = 100;
    private static final int DEFAULT_ZOOM = 8;
    private static final int MAX_SPEED = 255;
    private static final int MAX_ZOOM = 15;
    private static final int MAX_PIXELS = 100_000;

    private DeviceControls() {}

    /** A command that was read. */
    interface Control {
        void send(DeviceCommands commands, String deviceId, Answer answer);
    }

    static Control read(String id, JsonFields fields) {
        String target = fields.id("channel", id);
        String command = fields.word(
                "command",
                null,
                List.of(
                        "ptz",
                        "stop",
                        "focus",
                        "iris",
                        "preset",
                        "cruise",
                        "scan",
                        "auxiliary",
                        "reboot",
                        "record",
                        "guard",
                        "resetalarm",
                        "iframe",
                        "dragzoom",
                        "homeposition"));
        return switch (command) {
            case "reboot" -> (commands, device, answer) -> commands.reboot(device, answer);
            case "record" -> {
                boolean on = fields.flag("on");
                yield (commands, device, answer) -> commands.record(device, target, on, answer);
            }
            case "guard" -> {
                boolean on = fields.flag("on");
                yield (commands, device, answer) -> commands.guard(device, target, on, answer);
            }
            case "resetalarm" -> {
                Map<String, String> parameters = new LinkedHashMap<>();
                if (fields.has("method")) {
                    parameters.put("AlarmMethod", fields.text("method", null, NUMBERS));
                }
                if (fields.has("type")) {
                    parameters.put("AlarmType", fields.text("type", null, NUMBERS));
                }
                yield (commands, device, answer) -> commands.resetAlarm(device, target, parameters, answer);
            }
            case "iframe" -> (commands, device, answer) -> commands.iFrame(device, target, answer);
            case "dragzoom" -> dragZoom(target, fields);
            case "homeposition" -> homePosition(target, fields);
            default -> {
                PtzCommand read = ptz(command, fields);
                PtzCommand ptz = fields.has("address") ? read.at(fields.number("address", 0, 0, 0xfff)) : read;
                yield (commands, device, answer) -> commands.ptz(device, target, ptz, answer);
            }
        };
    }

    private static Control dragZoom(String target, JsonFields fields) {
        boolean in = fields.word("zoom", null, List.of("in", "out")).equals("in");
        String[] names = {"length", "width", "midX", "midY", "lengthX", "lengthY"};
        int[] box = new int[names.length];
        for (int i = 0; i < names.length; i++) {
            box[i] = fields.number(names[i], -1, 0, MAX_PIXELS);
        }
        return (commands, device, answer) -> commands.dragZoom(device, target, in, box, answer);
    }

    private static Control homePosition(String target, JsonFields fields) {
        boolean on = fields.flag("on");
        int seconds = on ? fields.number("resetTime", 60, 1, 86_400) : 0;
        int preset = on ? fields.number("preset", 0, 1, MAX_SPEED) : 0;
        return (commands, device, answer) -> commands.homePosition(device, target, on, seconds, preset, answer);
    }

    private static PtzCommand ptz(String command, JsonFields fields) {
        return switch (command) {
            case "stop" -> PtzCommand.stop();
            case "focus" ->
                PtzCommand.focus(
                        fields.word("direction", null, List.of("far", "near")).equals("far"), speed(fields, "speed"));
            case "iris" ->
                PtzCommand.iris(
                        fields.word("direction", null, List.of("open", "close")).equals("open"),
                        speed(fields, "speed"));
            case "preset" -> preset(fields);
            case "cruise" -> cruise(fields);
            case "scan" -> scan(fields);
            case "auxiliary" -> PtzCommand.auxiliary(fields.number("number", -1, 1, MAX_SPEED), fields.flag("on"));
            default -> fields.has("code") ? PtzCommand.parse(fields.text("code")) : move(fields);
        };
    }

    private static int speed(JsonFields fields, String name) {
        return fields.number(name, DEFAULT_SPEED, 0, MAX_SPEED);
    }

    private static PtzCommand move(JsonFields fields) {
        List<Move> moves = new ArrayList<>();
        if (fields.has("pan")) {
            moves.add(fields.word("pan", null, List.of("left", "right")).equals("left") ? Move.LEFT : Move.RIGHT);
        }
        if (fields.has("tilt")) {
            moves.add(fields.word("tilt", null, List.of("up", "down")).equals("up") ? Move.UP : Move.DOWN);
        }
        if (fields.has("zoom")) {
            moves.add(fields.word("zoom", null, List.of("in", "out")).equals("in") ? Move.ZOOM_IN : Move.ZOOM_OUT);
        }
        if (moves.isEmpty()) {
            throw new IllegalArgumentException("'ptz' needs one of pan, tilt, zoom and code");
        }
        int pan = speed(fields, "panSpeed");
        int tilt = speed(fields, "tiltSpeed");
        int zoom = fields.number("zoomSpeed", DEFAULT_ZOOM, 0, MAX_ZOOM);
        boolean zooms = moves.contains(Move.ZOOM_IN) || moves.contains(Move.ZOOM_OUT);
        boolean pans = moves.contains(Move.LEFT) || moves.contains(Move.RIGHT);
        boolean tilts = moves.contains(Move.UP) || moves.contains(Move.DOWN);
        return PtzCommand.move(pans ? pan : 0, tilts ? tilt : 0, zooms ? zoom : 0, moves.toArray(Move[]::new));
    }

    private static PtzCommand preset(JsonFields fields) {
        String action = fields.word("action", null, List.of("set", "call", "delete"));
        int number = fields.number("number", 0, 1, MAX_SPEED);
        return switch (action) {
            case "set" -> PtzCommand.setPreset(number);
            case "call" -> PtzCommand.callPreset(number);
            default -> PtzCommand.deletePreset(number);
        };
    }

    private static PtzCommand cruise(JsonFields fields) {
        String action = fields.word("action", null, List.of("add", "delete", "speed", "stay", "start"));
        int track = fields.number("track", -1, 0, MAX_SPEED);
        return switch (action) {
            case "add" -> PtzCommand.addCruisePoint(track, fields.number("preset", 0, 1, MAX_SPEED));
            case "delete" -> PtzCommand.deleteCruisePoint(track, fields.number("preset", 0, 0, MAX_SPEED));
            case "speed" -> PtzCommand.cruiseSpeed(track, fields.number("value", -1, 0, 0xfff));
            case "stay" -> PtzCommand.cruiseStay(track, fields.number("value", -1, 0, 0xfff));
            default -> PtzCommand.startCruise(track);
        };
    }

    private static PtzCommand scan(JsonFields fields) {
        String action = fields.word("action", null, List.of("start", "left", "right", "speed"));
        int group = fields.number("group", -1, 0, MAX_SPEED);
        return switch (action) {
            case "left" -> PtzCommand.scan(group, 1);
            case "right" -> PtzCommand.scan(group, 2);
            case "speed" -> PtzCommand.scanSpeed(group, fields.number("value", -1, 0, 0xfff));
            default -> PtzCommand.scan(group, 0);
        };
    }
}
