/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What deployed equipment does to a body, by the number of the survey, with bodies of our own. */
class ManscdpQuirksTest {
    private static final Charset GBK = Charset.forName("GBK");
    private static final Charset GB18030 = Charset.forName("GB18030");

    private final ManscdpReader reader = new ManscdpReader();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<?xml version=\"1.0\" encoding=\"GB2312\"?>\n",
                "<?xml version=\"1.0\" encoding=\"gb2312\"?>\n",
                "<?xml version=\"1.0\" encoding=\"GBK\"?>\n",
                "<?xml version=\"1.0\"?>\n",
                ""
            })
    void q01_everyGbLabelAndNoneIsReadAsGb18030(String declaration) {
        assertThat(nameOf((declaration + catalog("南门萳𠮷", "")).getBytes(GB18030)))
                .isEqualTo("南门萳𠮷");
        assertThat(nameOf((declaration + catalog("大门口", "")).getBytes(GBK))).isEqualTo("大门口");
        assertThat(reader.charset()).isEqualTo(ManscdpCharset.GB18030);
    }

    @Test
    void q02_utf8BodyOfADeviceWhoseOtherBodiesAreGb2312() {
        String declared = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
        assertThat(nameOf((declared + catalog("大门口", "")).getBytes(StandardCharsets.UTF_8)))
                .isEqualTo("大门口");
        assertThat(reader.charset()).isEqualTo(ManscdpCharset.UTF_8);
        assertThat(nameOf(catalog("大门口", "").getBytes(GBK))).isEqualTo("大门口");
    }

    @Test
    void q03_bytesDecideAgainstTheLabel() {
        String gb = "<?xml version=\"1.0\" encoding=\"GB2312\"?>";
        String utf = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
        assertThat(nameOf((gb + catalog("大门口", "")).getBytes(StandardCharsets.UTF_8)))
                .isEqualTo("大门口");
        assertThat(nameOf((utf + catalog("大门口", "")).getBytes(GBK))).isEqualTo("大门口");
    }

    @Test
    void q03_twoOctetSequencesAloneAreNoEvidenceForUtf8() {
        // The GB2312 octets of these two hanzi are valid UTF-8 as well, of two octets each.
        byte[] body = catalog("隆露", "").getBytes(GBK);
        assertThat(ManscdpCharset.of(body, 0, body.length)).isEqualTo(ManscdpCharset.GB18030);
        assertThat(nameOf(body)).isEqualTo("隆露");
    }

    @Test
    void q03_aDevicesKnownCharsetOverridesTheVerdict() {
        byte[] body = catalog("Köln", "").getBytes(StandardCharsets.UTF_8);
        Manscdp read = reader.read(body, 0, body.length, ManscdpCharset.UTF_8);
        assertThat(((Manscdp.Catalog) read).items().get(0).name()).isEqualTo("Köln");
    }

    @Test
    void q03_malformedOctetsBecomeReplacementCharactersAndLoseNoMessage() {
        byte[] body = catalog("a?b", "").getBytes(StandardCharsets.US_ASCII);
        body[new String(body, StandardCharsets.ISO_8859_1).indexOf("a?b") + 1] = (byte) 0xff;
        assertThat(nameOf(body)).isEqualTo("a\ufffdb");
        Manscdp read = reader.read(body, 0, body.length, ManscdpCharset.UTF_8);
        assertThat(((Manscdp.Catalog) read).items().get(0).name()).isEqualTo("a\ufffdb");
    }

    @Test
    void q04_standaloneBlanksAndOneLine() {
        String body = "<?xml version=\"1.0\" encoding=\"GB2312\" standalone=\"yes\" ?>" + catalog("cam", "");
        assertThat(nameOf(bytes(body))).isEqualTo("cam");
    }

    @Test
    void q05_brokenDeclarationIsCut() {
        assertThat(nameOf(bytes("<?xml version=\"1.0\"?> encoding=\"UTF-8\"?>\r\n" + catalog("cam", ""))))
                .isEqualTo("cam");
    }

    @Test
    void q06_rawAmpersandIsText() {
        assertThat(nameOf(catalog("A&B门", "").getBytes(GBK))).isEqualTo("A&B门");
        assertThat(nameOf(bytes(catalog("A&amp;B & C&nbsp;&#x41;&#0;&#1", "")))).isEqualTo("A&B & C&nbsp;A&#0;&#1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a<b", "a<b>c", "<", "a</b>c", "x>y", "<<<>>>", "a < b"})
    void q07_rawAnglesInAnAddressAreText(String address) {
        Manscdp.Catalog read = (Manscdp.Catalog) read(bytes(catalog("cam", address)));
        assertThat(read.items()).hasSize(1);
        assertThat(read.items().get(0).get(CatalogField.STATUS)).isEqualTo("ON");
        assertThat(read.items().get(0).get(CatalogField.ADDRESS)).isEqualTo(address);
    }

    @Test
    void q08_controlCharactersAreDropped() {
        assertThat(nameOf(bytes(catalog("c\u0001a\u0000m\u001f", "\u0001\u0002"))))
                .isEqualTo("cam");
    }

    @Test
    void q09_strayEndTagAndNulsLoseNoItem() {
        String body = catalog("one", "a")
                        .replace("</Item>", "</Item>\n</Item>")
                        .replace("</DeviceList>", item("two", "b") + "</DeviceList>")
                + "\u0000\u0000\u0000";
        Manscdp.Catalog read = (Manscdp.Catalog) read(bytes(body));
        assertThat(read.items()).extracting(CatalogItem::name).containsExactly("one", "two");
        assertThat(reader.repaired()).isTrue();
    }

    @Test
    void q09_documentCutShortKeepsItsWholeItems() {
        String body = catalog("one", "a").replace("</DeviceList>", item("two", "b"));
        Manscdp.Catalog read = (Manscdp.Catalog) read(bytes(body.substring(0, body.indexOf("<Address>b"))));
        assertThat(read.items()).extracting(CatalogItem::name).containsExactly("one");
    }

    @Test
    void q10_valuesAreTrimmed() {
        Manscdp read =
                read(bytes("<Notify><CmdType>\n Keepalive\r\n</CmdType><SN> 7 </SN><DeviceID>\t34020000001320000001\n"
                        + "</DeviceID><Status> OK </Status></Notify>"));
        assertThat(read).isEqualTo(new Manscdp.Keepalive(7, "34020000001320000001", "OK", List.of()));
    }

    @Test
    void q11_byteOrderMarkAndBlankLinesBeforeTheDeclaration() {
        String body = "\ufeff\r\n\r\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>" + catalog("大门口", "");
        assertThat(nameOf(body.getBytes(StandardCharsets.UTF_8))).isEqualTo("大门口");
        assertThat(nameOf(bytes("\r\n<!-- <a> -->" + catalog("cam", "")))).isEqualTo("cam");
    }

    @Test
    void q12_recordListThatBreaksOffKeepsItsWholeItemsAndElseIsANamedFailure() {
        String head = "<Response><CmdType>RecordInfo</CmdType><SN>18</SN><DeviceID>1</DeviceID><SumNum>2</SumNum>";
        String list = "<RecordList Num=\"2\"><Item><DeviceID>1</DeviceID><Name>n</Name></Item><Item><DeviceID>1</Dev";
        Manscdp.RecordInfo read = (Manscdp.RecordInfo) read(bytes(head + list));
        assertThat(read.recordings()).hasSize(1);
        assertThat(read.sumNum()).isEqualTo(2);
        assertThat(((Manscdp.Unreadable) read(bytes(head + "<RecordList><Item"))).error())
                .isEqualTo(ManscdpError.MALFORMED);
    }

    @Test
    void q13_timesWithZoneFractionAndMissingZeros() {
        LocalDateTime expected = LocalDateTime.of(2024, 5, 4, 9, 3, 6);
        assertThat(ManscdpTime.parse("2024-05-04T09:03:06")).isEqualTo(expected);
        assertThat(ManscdpTime.parse("2024-05-04T09:03:06+08:00")).isEqualTo(expected);
        assertThat(ManscdpTime.parse("2024-05-04T01:03:06Z")).isEqualTo(expected);
        assertThat(ManscdpTime.parse("2024-5-4T9:3:6")).isEqualTo(expected);
        assertThat(ManscdpTime.parse("2024-05-04 09:03:06.000")).isEqualTo(expected);
        assertThat(ManscdpTime.parse("2024-13-04T09:03:06")).isNull();
        assertThat(ManscdpTime.parse("yesterday")).isNull();
        assertThat(ManscdpTime.format(expected)).isEqualTo("2024-05-04T09:03:06");
    }

    @Test
    void q14_elementsAreTakenByNameAndNotByOrder() {
        String one = "<Response><CmdType>DeviceInfo</CmdType><SN>1</SN><DeviceID>9</DeviceID><Result>OK</Result>"
                + "<DeviceName>d</DeviceName><Manufacturer>m</Manufacturer></Response>";
        String other = "<Response><DeviceID>9</DeviceID><Manufacturer>m</Manufacturer><MaxCamera>1</MaxCamera>"
                + "<DeviceName>d</DeviceName><SN>1</SN><Result>OK</Result><CmdType>DeviceInfo</CmdType></Response>";
        assertThat(read(bytes(other))).isEqualTo(read(bytes(one)));
    }

    @Test
    void q15_configurationBlockKeepsTheNameTheDeviceGaveIt() {
        Manscdp.ConfigDownload read = (Manscdp.ConfigDownload)
                read(
                        bytes(
                                "<Response><CmdType>ConfigDownload</CmdType><SN>1</SN><DeviceID>9</DeviceID><Result>OK</Result>"
                                        + "<BasicParams><Expiration>3600</Expiration><Password>secret</Password></BasicParams></Response>"));
        assertThat(read.blocks()).isEqualTo(Map.of("BasicParams", Map.of("Expiration", "3600", "Password", "secret")));
        assertThat(read.toString()).doesNotContain("secret");
    }

    @Test
    void q16_textWhereANumberIsDueIsAnAbsentNumber() {
        Manscdp.Catalog read = (Manscdp.Catalog) read(bytes("<Response><CmdType>Catalog</CmdType><SN>x</SN><DeviceID>9"
                + "</DeviceID><SumNum>many</SumNum><DeviceList Num=\"?\"/></Response>"));
        assertThat(read).isEqualTo(new Manscdp.Catalog(ManscdpRoot.RESPONSE, -1, "9", -1, List.of()));
        Manscdp.Alarm alarm =
                (Manscdp.Alarm) read(bytes("<Notify><CmdType>Alarm</CmdType><SN>1</SN><DeviceID>9</DeviceID>"
                        + "<AlarmPriority>high</AlarmPriority><Longitude>east</Longitude></Notify>"));
        assertThat(alarm.priority()).isEqualTo(-1);
        assertThat(alarm.longitude()).isNaN();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Catalog 88884 34020000001320000003 \r\n",
                "",
                "<",
                ">",
                "<>",
                "&",
                "<html></html>",
                "</Notify>",
                "<Notify"
            })
    void q17_bodyThatIsNoXmlIsANamedFailure(String body) {
        assertThat(read(bytes(body))).isInstanceOf(Manscdp.Unreadable.class);
        assertThat(new ManscdpPeek().peek(bytes(body), 0, body.length())).isFalse();
    }

    @Test
    void q17_bodyWithoutACommandIsANamedFailure() {
        Manscdp read = read(bytes("<Notify><SN>1</SN></Notify>"));
        assertThat(((Manscdp.Unreadable) read).error()).isEqualTo(ManscdpError.NO_COMMAND);
    }

    @Test
    void q18_doctypeIsRefused() {
        byte[] body = bytes("<?xml version=\"1.0\"?><!DOCTYPE Notify [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>"
                + "<Notify><CmdType>Keepalive</CmdType><SN>1</SN><DeviceID>&e;</DeviceID></Notify>");
        assertThat(((Manscdp.Unreadable) read(body)).error()).isEqualTo(ManscdpError.DOCTYPE);
        assertThat(new ManscdpPeek().peek(body, 0, body.length)).isFalse();
        byte[] within = bytes("<Notify><!DOCTYPE x><CmdType>Keepalive</CmdType></Notify>");
        assertThat(read(within)).isEqualTo(new Manscdp.Keepalive(-1, "", "", List.of()));
    }

    @Test
    void q33_channelsWithNullsAndLiteralsAreOpaqueText() {
        CatalogItem item =
                ((Manscdp.Catalog) read(bytes(catalog("", "")))).items().get(0);
        assertThat(item.name()).isEmpty();
        assertThat(item.get(CatalogField.CIVIL_CODE)).isEqualTo("CivilCode");
    }

    @Test
    void limitsAreNamedFailures() {
        ManscdpReader small = new ManscdpReader(new ManscdpLimits(600, 4, 30, 1));
        assertThat(errorOf(small, "<Notify>" + " ".repeat(600) + "</Notify>")).isEqualTo(ManscdpError.TOO_LONG);
        assertThat(errorOf(small, "<Notify><a><b><c><d/></c></b></a></Notify>")).isEqualTo(ManscdpError.TOO_DEEP);
        assertThat(errorOf(small, "<Notify>" + "<a/>".repeat(31) + "</Notify>")).isEqualTo(ManscdpError.TOO_MANY);
        String items = "<Item><DeviceID>1</DeviceID></Item>".repeat(2);
        assertThat(errorOf(
                        small, "<Response><CmdType>Catalog</CmdType><DeviceList>" + items + "</DeviceList></Response>"))
                .isEqualTo(ManscdpError.TOO_MANY);
    }

    @Test
    void noPrefixAndNoByteOfABodyEverThrows() {
        byte[] body = catalog("A&B<门", "x<y").getBytes(GBK);
        ManscdpPeek peek = new ManscdpPeek();
        for (int length = 0; length <= body.length; length++) {
            assertThat(reader.read(body, 0, length)).isNotNull();
            peek.peek(body, 0, length);
        }
        for (int i = 0; i < body.length; i++) {
            byte[] broken = body.clone();
            for (int value : new int[] {0, '<', '>', '&', '/', '!', '?', ']', 0x80, 0xff}) {
                broken[i] = (byte) value;
                assertThat(reader.read(broken, 0, broken.length)).isNotNull();
                peek.peek(broken, 0, broken.length);
            }
        }
    }

    private static ManscdpError errorOf(ManscdpReader reader, String body) {
        return ((Manscdp.Unreadable) reader.read(bytes(body), 0, body.length())).error();
    }

    private String nameOf(byte[] body) {
        return ((Manscdp.Catalog) read(body)).items().get(0).name();
    }

    private Manscdp read(byte[] body) {
        // Not at offset zero and not at the array's end, so that a wrong bound shows.
        byte[] framed = new byte[body.length + 9];
        System.arraycopy(body, 0, framed, 4, body.length);
        Arrays.fill(framed, 4 + body.length, framed.length, (byte) '>');
        return reader.read(framed, 4, body.length);
    }

    private static byte[] bytes(String body) {
        return body.getBytes(StandardCharsets.UTF_8);
    }

    private static String catalog(String name, String address) {
        return "<Response>\n<CmdType>Catalog</CmdType>\n<SN>5</SN>\n<DeviceID>34020000001110000001</DeviceID>\n"
                + "<SumNum>1</SumNum>\n<DeviceList Num=\"1\">\n" + item(name, address) + "</DeviceList>\n</Response>\n";
    }

    private static String item(String name, String address) {
        return "<Item>\n<DeviceID>34020000001310000001</DeviceID>\n<Name>" + name + "</Name>\n"
                + "<CivilCode>CivilCode</CivilCode>\n<Address>" + address
                + "</Address>\n<Status>ON</Status>\n</Item>\n";
    }
}
