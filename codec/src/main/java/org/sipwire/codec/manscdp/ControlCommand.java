/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

/** What a DeviceControl can command (GB/T 28181-2016 A.2.3; 2022 where said). Shared. */
public enum ControlCommand {
    PTZ("PTZCmd", false),
    TELE_BOOT("TeleBoot", false),
    RECORD("RecordCmd", true),
    GUARD("GuardCmd", true),
    ALARM("AlarmCmd", true),
    /** The standard of 2016 spells it IFameCmd, that of 2022 IFrameCmd; both are read. */
    I_FRAME("IFameCmd", false),
    DRAG_ZOOM_IN("DragZoomIn", false),
    DRAG_ZOOM_OUT("DragZoomOut", false),
    HOME_POSITION("HomePosition", true),
    /** 2022. */
    PTZ_PRECISE("PTZPreciseCtrl", false),
    /** 2022. */
    DEVICE_UPGRADE("DeviceUpgrade", true),
    /** 2022. */
    FORMAT_SD_CARD("FormatSDCard", true),
    /** 2022. */
    TARGET_TRACK("TargetTrack", false),
    /** None of them. */
    UNKNOWN("", false);

    private static final ControlCommand[] VALUES = values();

    private final String element;
    private final boolean answered;

    ControlCommand(String element, boolean answered) {
        this.element = element;
        this.answered = answered;
    }

    /** The element's name in the edition of 2016. */
    public String element() {
        return element;
    }

    /** Whether a Response with a Result follows the 200; the others are answered by the 200 alone. */
    public boolean isAnswered() {
        return answered;
    }

    /** The command of that element name, or {@link #UNKNOWN}. */
    public static ControlCommand find(String element) {
        if (element.equals("IFrameCmd")) {
            return I_FRAME;
        }
        for (ControlCommand command : VALUES) {
            if (command.element.equals(element)) {
                return command;
            }
        }
        return UNKNOWN;
    }
}
