/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ManscdpWriterTest {
    private static final String ID = "34020000001320000003";

    @Test
    void catalogQueryIsTheCapturedOneOctetForOctet() {
        String expected = "<?xml version=\"1.0\"?>\r\n<Query>\r\n<CmdType>Catalog</CmdType>\r\n<SN>1</SN>\r\n<DeviceID>"
                + ID + "</DeviceID>\r\n</Query>\r\n";
        ManscdpWriter writer = new ManscdpWriter().catalogQuery(1, ID);
        assertThat(new String(writer.toByteArray(), StandardCharsets.US_ASCII)).isEqualTo(expected);
        assertThat(writer.length()).isEqualTo(125);
    }

    @Test
    void textIsGb18030UnderTheLabelThatEquipmentKnows() {
        byte[] body = new ManscdpWriter()
                .write(new Manscdp.PresetList(1, ID, List.of(new Manscdp.Preset("1", "预置点 <&> 萳"))))
                .toByteArray();
        String text = new String(body, Charset.forName("GB18030"));
        assertThat(text).startsWith("<?xml version=\"1.0\" encoding=\"GB2312\"?>\r\n<Response>");
        assertThat(text).contains("<PresetName>预置点 &lt;&amp;&gt; 萳</PresetName>");
    }

    @Test
    void commandWithTextNamesItsEncoding() {
        byte[] body = new ManscdpWriter(ManscdpCharset.UTF_8)
                .write(new Manscdp.DeviceConfig(1, ID, Map.of("BasicParam", Map.of("Name", "大门口"))))
                .toByteArray();
        assertThat(new String(body, StandardCharsets.UTF_8))
                .startsWith("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<Control>")
                .contains("<Name>大门口</Name>");
    }

    @Test
    void alarmResetPutsItsParametersIntoInfo() {
        String body = text(
                new Manscdp.DeviceControl(18, ID, ControlCommand.ALARM, "ResetAlarm", Map.of("AlarmMethod", "2"), -1));
        assertThat(body)
                .contains("<AlarmCmd>ResetAlarm</AlarmCmd>\r\n<Info>\r\n<AlarmMethod>2</AlarmMethod>\r\n</Info>");
    }

    @Test
    void editionOf2022SpellsTheIFrameAndTheExtraInfo() {
        Manscdp.DeviceControl control = new Manscdp.DeviceControl(1, ID, ControlCommand.I_FRAME, "Send", Map.of(), 5);
        byte[] body = new ManscdpWriter().edition2022(true).write(control).toByteArray();
        assertThat(new String(body, StandardCharsets.US_ASCII))
                .contains("<IFrameCmd>Send</IFrameCmd>")
                .contains("<ExtraInfo>\r\n<ControlPriority>5</ControlPriority>\r\n</ExtraInfo>");
        assertThat(new ManscdpReader().read(body, 0, body.length)).isEqualTo(control);
        assertThat(text(control)).contains("<IFameCmd>Send</IFameCmd>").contains("<Info>");
    }

    @Test
    void emptyCatalogueHasNoList() {
        assertThat(text(new Manscdp.Catalog(ManscdpRoot.RESPONSE, 5, ID, 0, List.of())))
                .doesNotContain("DeviceList");
    }

    @Test
    void unreadableCannotBeWritten() {
        Manscdp unreadable = new Manscdp.Unreadable(ManscdpError.EMPTY, ManscdpRoot.NOTIFY, CmdType.UNKNOWN, -1, "");
        ManscdpWriter writer = new ManscdpWriter();
        assertThatThrownBy(() -> writer.write(unreadable)).isInstanceOf(IllegalArgumentException.class);
    }

    static Stream<Manscdp> everyCommand() {
        Map<String, String> zoom = new LinkedHashMap<>();
        for (String name : List.of("Length", "Width", "MidPointX", "MidPointY", "LengthX", "LengthY")) {
            zoom.put(name, "10");
        }
        return Stream.of(
                new Manscdp.Keepalive(43, ID, "OK", List.of()),
                new Manscdp.Keepalive(43, ID, "ERROR", List.of("1", "2")),
                new Manscdp.Alarm(9, ID, 1, 5, "2023-08-09T07:38:35", "视频动检", Double.NaN, Double.NaN, 2, 1),
                new Manscdp.Alarm(9, ID, 4, 2, "2023-08-09T07:38:35", "", 116.5, 39.25, -1, -1),
                new Manscdp.MediaStatus(8, ID, Manscdp.MediaStatus.FILE_SENT),
                new Manscdp.Broadcast(10017, "34020000002000000001", ID),
                new Manscdp.MobilePosition(
                        1, ID, List.of(new Manscdp.Position(ID, "2017-05-19T10:27:58", 116.3, 39.9, 0, 0, 0))),
                new Manscdp.MobilePosition(
                        1,
                        ID,
                        List.of(
                                new Manscdp.Position("1", "2017-05-19T10:27:58", 116.3, 39.9, 0, 0, Double.NaN),
                                new Manscdp.Position("2", "", 1, 2, 3, 4, 5))),
                new Manscdp.Catalog(
                        ManscdpRoot.RESPONSE,
                        5,
                        ID,
                        9,
                        List.of(
                                CatalogItem.channel("34020000001310000001", "大门口", ID),
                                CatalogItem.of(Map.of(
                                        CatalogField.DEVICE_ID,
                                        "2",
                                        CatalogField.PTZ_TYPE,
                                        "3",
                                        CatalogField.STATUS,
                                        "OFF")))),
                new Manscdp.Catalog(
                        ManscdpRoot.NOTIFY,
                        5,
                        ID,
                        1,
                        List.of(CatalogItem.of(Map.of(CatalogField.DEVICE_ID, "2", CatalogField.EVENT, "OFF")))),
                new Manscdp.DeviceInfo(9, ID, "OK", "IP CAMERA", "Hikvision", "DS-2CD", "V5.5.85", 1),
                new Manscdp.DeviceStatus(
                        9,
                        ID,
                        "OK",
                        "ONLINE",
                        "OK",
                        "",
                        "ON",
                        "OFF",
                        "2024-05-17T14:24:54",
                        List.of(new Manscdp.AlarmState("3", "ONDUTY"))),
                new Manscdp.RecordInfo(
                        18,
                        ID,
                        "n",
                        2,
                        List.of(new Manscdp.Recording(ID, "n", "f", "a", "s", "e", 0, "time", "r", 263_094_272L))),
                new Manscdp.ConfigDownload(1, ID, "OK", Map.of("BasicParam", Map.of("Name", "摄像机"))),
                new Manscdp.PresetList(1, ID, List.of(new Manscdp.Preset("1", "预置点 1"))),
                new Manscdp.Result(CmdType.ALARM, 1, ID, "OK"),
                new Manscdp.Result(CmdType.CATALOG, 1, ID, "OK"),
                new Manscdp.Result(CmdType.BROADCAST, 1, ID, "ERROR"),
                new Manscdp.Query(CmdType.RECORD_INFO, 18, ID, Map.of("StartTime", "2024-05-01T00:00:00")),
                new Manscdp.Query(CmdType.PTZ_POSITION, 18, ID, Map.of()),
                new Manscdp.DeviceControl(16, ID, ControlCommand.PTZ, "A50F000800640020", Map.of(), 5),
                new Manscdp.DeviceControl(16, ID, ControlCommand.TELE_BOOT, "Boot", Map.of(), -1),
                new Manscdp.DeviceControl(16, ID, ControlCommand.RECORD, "StopRecord", Map.of(), -1),
                new Manscdp.DeviceControl(16, ID, ControlCommand.GUARD, "SetGuard", Map.of(), -1),
                new Manscdp.DeviceControl(16, ID, ControlCommand.ALARM, "ResetAlarm", Map.of("AlarmMethod", "2"), -1),
                new Manscdp.DeviceControl(16, ID, ControlCommand.I_FRAME, "Send", Map.of(), -1),
                new Manscdp.DeviceControl(16, ID, ControlCommand.DRAG_ZOOM_IN, "", zoom, -1),
                new Manscdp.DeviceControl(16, ID, ControlCommand.HOME_POSITION, "", Map.of("Enabled", "1"), -1),
                new Manscdp.DeviceConfig(1, ID, Map.of("BasicParam", Map.of("HeartBeatInterval", "60"))),
                new Manscdp.Other(ManscdpRoot.NOTIFY, "UploadSnapShotFinished", 1, ID, Map.of("SessionID", "x")),
                new Manscdp.Other(ManscdpRoot.RESPONSE, "Vendor", 1, ID, Map.of("A/B", "1")));
    }

    @ParameterizedTest
    @MethodSource("everyCommand")
    void everyCommandIsReadAsItWasWritten(Manscdp message) {
        for (ManscdpCharset charset : List.of(ManscdpCharset.GB18030, ManscdpCharset.UTF_8)) {
            byte[] body = new ManscdpWriter(charset).write(message).toByteArray();
            assertThat(new ManscdpReader().read(body, 0, body.length)).isEqualTo(message);
            ManscdpPeek peek = new ManscdpPeek();
            assertThat(peek.peek(body, 0, body.length)).isTrue();
            assertThat(peek.cmdType()).isEqualTo(message.cmdType());
            assertThat(peek.sn()).isEqualTo(message.sn());
        }
    }

    /** What comes from a caller's map must not end an element and begin another. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "1", "A/", "/A", "A//B", "A B", "A>", "A/><B", "-A", "A#x", "A/#2", "A&amp;", "A\n", "A:B", "\uD800"
            })
    void nameThatIsNoElementsIsRefused(String name) {
        Manscdp other = new Manscdp.Other(ManscdpRoot.NOTIFY, "Vendor", 1, ID, Map.of(name, "1"));
        assertThatIllegalArgumentException().isThrownBy(() -> text(other)).withMessageContaining("name of an element");
    }

    @Test
    void nameOfAnElementMayBeChinese() {
        Manscdp other =
                new Manscdp.Other(ManscdpRoot.NOTIFY, "\u62A5\u8B66", 1, ID, Map.of("\u8BBE\u5907/\u540D\u79F0", "x"));
        for (ManscdpCharset charset : List.of(ManscdpCharset.GB18030, ManscdpCharset.UTF_8)) {
            byte[] body = new ManscdpWriter(charset).write(other).toByteArray();
            assertThat(new ManscdpReader().read(body, 0, body.length)).isEqualTo(other);
        }
    }

    @Test
    void itemIsSmallAndComparesByItsFields() {
        CatalogItem item = CatalogItem.channel("34020000001310000001", "IPCamera 01", ID);
        assertThat(item.packedLength()).isLessThan(200);
        assertThat(item.with(Map.of(CatalogField.STATUS, "OFF")).isOn()).isFalse();
        assertThat(item.with(Map.of(CatalogField.STATUS, "")).isOn()).isTrue();
        assertThat(item.isSameDevice(item.with(Map.of(CatalogField.NAME, "x")))).isTrue();
        assertThat(item.isSameDevice(CatalogItem.channel("2", "IPCamera 01", ID)))
                .isFalse();
        assertThat(item.with(Map.of(CatalogField.PASSWORD, "secret")).toString())
                .doesNotContain("secret");
        assertThat(CatalogItem.of(item.fields())).isEqualTo(item).hasSameHashCodeAs(item);
    }

    private static String text(Manscdp message) {
        return new String(new ManscdpWriter().write(message).toByteArray(), StandardCharsets.US_ASCII);
    }
}
