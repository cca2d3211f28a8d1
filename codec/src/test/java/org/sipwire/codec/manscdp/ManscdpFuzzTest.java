/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Coverage-guided fuzzing of the reader of bodies, as that of the parser: with JAZZER_FUZZ=1 in the environment, else a plain test. */
class ManscdpFuzzTest {

    /** Where fuzzing begins. */
    static Stream<byte[]> bodies() {
        String head = "<?xml version=\"1.0\" encoding=\"GB2312\"?>\r\n";
        String id = "<SN>17</SN><DeviceID>34020000001320000001</DeviceID>";
        return Stream.of(
                        "<Notify><CmdType>Keepalive</CmdType>" + id + "<Status>OK</Status><Info/></Notify>",
                        "<Response><CmdType>Catalog</CmdType>" + id + "<SumNum>2</SumNum><DeviceList Num=\"1\"><Item>"
                                + "<DeviceID>34020000001310000001</DeviceID><Name>大门口</Name><Longitude>120.5</Longitude>"
                                + "<Status>ON</Status><Info><PTZType>3</PTZType></Info></Item></DeviceList></Response>",
                        "<Notify><CmdType>Alarm</CmdType>" + id + "<AlarmPriority>1</AlarmPriority><AlarmMethod>5"
                                + "</AlarmMethod><AlarmTime>2023-08-09T07:38:35</AlarmTime></Notify>",
                        "<Control><CmdType>DeviceControl</CmdType>" + id
                                + "<PTZCmd>A50F4D1000001021</PTZCmd></Control>",
                        "<Query><CmdType>RecordInfo</CmdType>" + id + "<StartTime>&lt;&#x41;</StartTime></Query>",
                        "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
                        "<Notify><CmdType>MobilePosition</CmdType>" + id + "<Name>A & B</Notify>")
                .flatMap(xml -> Stream.of(
                        xml.getBytes(StandardCharsets.UTF_8), (head + xml).getBytes(Charset.forName("GB18030"))));
    }

    @MethodSource("bodies")
    @FuzzTest(maxDuration = "10m")
    void anyBodyIsARecordThatCanBeWrittenOrANamedError(byte[] input) {
        if (input == null) {
            return;
        }
        byte[] body = input.clone();
        ManscdpReader reader = new ManscdpReader();
        Manscdp record = reader.read(body, 0, body.length);
        assertThat(record.cmdType()).isNotNull();
        assertThat(body).isEqualTo(input);
        ManscdpPeek peek = new ManscdpPeek();
        if (peek.peek(body, 0, body.length)) {
            assertThat(peek.deviceIdOffset() + peek.deviceIdLength()).isLessThanOrEqualTo(body.length);
        }
        if (!(record instanceof Manscdp.Unreadable)) {
            ManscdpWriter written = new ManscdpWriter().write(record);
            Manscdp again = reader.read(written.array(), written.offset(), written.length());
            // Escapes make it longer; control characters, which are dropped, may make another command of it.
            assertThat(again instanceof Manscdp.Unreadable refused ? refused.error() : ManscdpError.TOO_LONG)
                    .isEqualTo(ManscdpError.TOO_LONG);
        }
    }
}
