/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntFunction;
import org.sipwire.codec.manscdp.CmdType;
import org.sipwire.codec.manscdp.ControlCommand;
import org.sipwire.codec.manscdp.Manscdp;
import org.sipwire.registrar.gb28181.Exchange.Expect;

/**
 * What a platform can ask and command. Every method may be called on any thread, does not block, and tells its {@link Answer} once how it
 * ended. A {@code target} is the device itself or one of its channels. Shared.
 *
 * <p>Queries end with an answer of the device. Of the commands, those of record, guard, alarm, home position and configuration have one
 * too; the others end with the 200 to the request.
 */
public final class DeviceCommands {
    private final Gb28181Platform platform;
    private final Gb28181Config.Timing timing;

    DeviceCommands(Gb28181Platform platform) {
        this.platform = platform;
        this.timing = platform.config().timing();
    }

    // ------------------------------------------------------------------------------------------------------ queries

    /** Asks for the catalogue again; a complete answer replaces what is known. */
    public void catalog(String deviceId, Answer answer) {
        on(deviceId, answer, (loop, device) -> loop.catalog(device, "", "", answer));
    }

    /** Asks for maker, model and firmware. */
    public void deviceInfo(String deviceId, String target, Answer answer) {
        ask(deviceId, sn -> Queries.plain(CmdType.DEVICE_INFO, sn, target), one(), answer);
    }

    /** Asks how the device is. */
    public void deviceStatus(String deviceId, String target, Answer answer) {
        ask(deviceId, sn -> Queries.plain(CmdType.DEVICE_STATUS, sn, target), one(), answer);
    }

    /**
     * Asks for recordings of a channel.
     *
     * @param from {@code yyyy-MM-ddTHH:mm:ss}, Beijing time
     * @param type time, alarm, manual or all
     */
    public void recordings(String deviceId, String channel, String from, String to, String type, Answer answer) {
        Expect list = new Expect(Integer.MAX_VALUE, timing.firstPartSeconds());
        ask(deviceId, sn -> Queries.recordings(sn, channel, from, to, type), list, answer);
    }

    /** Asks for configuration: BasicParam, VideoParamOpt; several are joined by a slash and answered one by one. */
    public void configuration(String deviceId, String target, String types, Answer answer) {
        Expect blocks = new Expect(types.split("/").length, timing.answerSeconds());
        ask(deviceId, sn -> Queries.configuration(sn, target, types), blocks, answer);
    }

    /** Asks for the presets of a camera. */
    public void presets(String deviceId, String channel, Answer answer) {
        ask(deviceId, sn -> Queries.plain(CmdType.PRESET_QUERY, sn, channel), one(), answer);
    }

    /** Asks anything else that one body answers: commands of 2022, of vendors. */
    public void query(String deviceId, CmdType type, String target, Map<String, String> parameters, Answer answer) {
        ask(deviceId, sn -> new Manscdp.Query(type, sn, target, parameters), one(), answer);
    }

    // ----------------------------------------------------------------------------------------------------- commands

    /** Moves a camera. */
    public void ptz(String deviceId, String channel, PtzCommand command, Answer answer) {
        control(deviceId, channel, ControlCommand.PTZ, command.toString(), Map.of(), answer);
    }

    /** Restarts the device. */
    public void reboot(String deviceId, Answer answer) {
        control(deviceId, deviceId, ControlCommand.TELE_BOOT, "Boot", Map.of(), answer);
    }

    /** Starts or stops recording. */
    public void record(String deviceId, String channel, boolean start, Answer answer) {
        control(deviceId, channel, ControlCommand.RECORD, start ? "Record" : "StopRecord", Map.of(), answer);
    }

    /** Arms or disarms; many devices give alarms only when armed. */
    public void guard(String deviceId, String target, boolean set, Answer answer) {
        control(deviceId, target, ControlCommand.GUARD, set ? "SetGuard" : "ResetGuard", Map.of(), answer);
    }

    /**
     * Ends an alarm; after one of method 2 the device gives no other before.
     *
     * @param parameters AlarmMethod and AlarmType, or none
     */
    public void resetAlarm(String deviceId, String target, Map<String, String> parameters, Answer answer) {
        control(deviceId, target, ControlCommand.ALARM, "ResetAlarm", parameters, answer);
    }

    /** Has the camera send a whole picture at once. */
    public void iFrame(String deviceId, String channel, Answer answer) {
        control(deviceId, channel, ControlCommand.I_FRAME, "Send", Map.of(), answer);
    }

    /**
     * Zooms to a rectangle, or out of it.
     *
     * @param box the player's length and width, the rectangle's middle x and y, its length x and y; in pixels
     */
    public void dragZoom(String deviceId, String channel, boolean in, int[] box, Answer answer) {
        String[] names = {"Length", "Width", "MidPointX", "MidPointY", "LengthX", "LengthY"};
        if (box.length != names.length) {
            throw new IllegalArgumentException("a drag zoom has six numbers");
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        for (int i = 0; i < names.length; i++) {
            parameters.put(names[i], Integer.toString(box[i]));
        }
        ControlCommand command = in ? ControlCommand.DRAG_ZOOM_IN : ControlCommand.DRAG_ZOOM_OUT;
        control(deviceId, channel, command, "", parameters, answer);
    }

    /** Has the camera go back to a preset when it was left alone for some seconds, or no more. */
    public void homePosition(String deviceId, String channel, boolean on, int resetSeconds, int preset, Answer answer) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("Enabled", on ? "1" : "0");
        if (on) {
            parameters.put("ResetTime", Integer.toString(resetSeconds));
            parameters.put("PresetIndex", Integer.toString(preset));
        }
        control(deviceId, channel, ControlCommand.HOME_POSITION, "", parameters, answer);
    }

    /** Gives the device new configuration, by block as it was read. */
    public void configure(String deviceId, String target, Map<String, Map<String, String>> blocks, Answer answer) {
        ask(deviceId, sn -> new Manscdp.DeviceConfig(sn, target, blocks), one(), answer);
    }

    /** Announces a broadcast; the device answers and then invites. */
    public void broadcast(String deviceId, String channel, Answer answer) {
        ask(deviceId, sn -> new Manscdp.Broadcast(sn, platform.config().platformId(), channel), one(), answer);
    }

    /** Any command. */
    public void control(
            String deviceId,
            String target,
            ControlCommand command,
            String value,
            Map<String, String> parameters,
            Answer answer) {
        Expect expect = new Expect(command.isAnswered() ? 1 : 0, timing.answerSeconds());
        ask(deviceId, sn -> new Manscdp.DeviceControl(sn, target, command, value, parameters, -1), expect, answer);
    }

    // ------------------------------------------------------------------------------------------------ subscriptions

    /** Subscribes to changes of the catalogue for so many seconds, again and again; 0 ends it. */
    public void subscribeCatalog(String deviceId, int expiresSeconds, Answer answer) {
        subscribe(
                deviceId,
                Subscription.Kind.CATALOG,
                sn -> Queries.catalog(sn, deviceId, "", ""),
                expiresSeconds,
                answer);
    }

    /** Subscribes to alarms of every priority and method. */
    public void subscribeAlarm(String deviceId, int expiresSeconds, Answer answer) {
        subscribe(
                deviceId,
                Subscription.Kind.ALARM,
                sn -> Queries.with(
                        CmdType.ALARM,
                        sn,
                        deviceId,
                        "StartAlarmPriority",
                        "0",
                        "EndAlarmPriority",
                        "0",
                        "AlarmMethod",
                        "0"),
                expiresSeconds,
                answer);
    }

    /** Subscribes to positions, one every so many seconds. */
    public void subscribePosition(String deviceId, int intervalSeconds, int expiresSeconds, Answer answer) {
        subscribe(
                deviceId,
                Subscription.Kind.MOBILE_POSITION,
                sn -> Queries.with(
                        CmdType.MOBILE_POSITION, sn, deviceId, "Interval", Integer.toString(intervalSeconds)),
                expiresSeconds,
                answer);
    }

    private void subscribe(
            String deviceId, Subscription.Kind kind, IntFunction<Manscdp> query, int expiresSeconds, Answer answer) {
        on(
                deviceId,
                answer,
                (loop, device) -> loop.subscribe(device, kind, query.apply(device.nextSn()), expiresSeconds, answer));
    }

    // -------------------------------------------------------------------------------------------------------- media

    /**
     * Invites a channel to send its live picture or a recording to a receiver.
     *
     * @param listener told how it goes; null is not possible
     */
    public void play(
            String deviceId, String channel, GbSdp.Wish wish, GbSdp.Receiver receiver, MediaListener listener) {
        on(
                deviceId,
                outcome -> listener.onEnded(null, MediaListener.End.OFFLINE, 0),
                (loop, device) -> loop.play(device, channel, wish, receiver, listener));
    }

    // -------------------------------------------------------------------------------------------------- the way there

    private Expect one() {
        return new Expect(1, timing.answerSeconds());
    }

    private void ask(String deviceId, IntFunction<Manscdp> message, Expect expect, Answer answer) {
        on(deviceId, answer, (loop, device) -> loop.ask(device, message.apply(device.nextSn()), expect, answer));
    }

    /** A step on a device's home loop. */
    interface Step {
        void take(PlatformLoop loop, Device device);
    }

    private void on(String deviceId, Answer answer, Step step) {
        Device device = platform.registry().get(DeviceId.of(deviceId));
        if (device == null) {
            answer.onDone(Answer.Outcome.of(Answer.Kind.OFFLINE));
            return;
        }
        platform.wire().execute(device.home(), () -> step.take(platform.loop(device.home()), device));
    }
}
