/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sipwire.registrar.gb28181.SocketDevice;
import org.sipwire.transport.Transport;

/** {@code /v1/devices} of a whole server, against a device that speaks by a raw socket. */
@Timeout(60)
class DevicesApiTest {
    private static final String DEVICE = "34020000001110000001";
    private static final String CHANNEL = "34020000001310000001";

    private final HttpClient client = HttpClient.newHttpClient();
    private RegistrarServer server;
    private SocketDevice device;

    @BeforeEach
    void register() throws Exception {
        start("--gb-catalog", "false");
        device = connect(DEVICE);
        assertThat(device.registers(3600)).startsWith("SIP/2.0 200 ");
    }

    @AfterEach
    void close() throws Exception {
        device.close();
        server.close();
    }

    private void start(String... more) throws Exception {
        startOn("udp://127.0.0.1:0", "memory", more);
    }

    private void startOn(String listen, String store, String... more) throws Exception {
        String[] common = {
            "--listen",
            listen,
            "--http",
            "127.0.0.1:0",
            "--store",
            store,
            "--threads",
            "2",
            "--realm",
            "34020000",
            "--password",
            "12345678",
            "--gb28181",
            "34020000002000000001"
        };
        String[] all = java.util.Arrays.copyOf(common, common.length + more.length);
        System.arraycopy(more, 0, all, common.length, more.length);
        server = RegistrarServer.start(OptionSources.read(all, Map.of()));
    }

    private SocketDevice connect(String id) throws Exception {
        return new SocketDevice(id, Transport.UDP, server.boundPoints().get(0).port());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + server.httpAddress().getPort() + "/v1/devices" + path));
    }

    private HttpResponse<String> get(String path) throws Exception {
        return client.send(request(path).build(), BodyHandlers.ofString());
    }

    private CompletableFuture<HttpResponse<String>> post(String path, String json) {
        return client.sendAsync(
                request("/" + DEVICE + "/" + path)
                        .POST(BodyPublishers.ofString(json))
                        .build(),
                BodyHandlers.ofString());
    }

    private static HttpResponse<String> done(CompletableFuture<HttpResponse<String>> response) throws Exception {
        return response.get(20, TimeUnit.SECONDS);
    }

    /** The device takes the next MESSAGE. */
    private String take() throws Exception {
        String message = device.receive("MESSAGE");
        device.send(SocketDevice.ok(message));
        return message;
    }

    private void answer(String command, String query, String fields) throws Exception {
        device.exchange(device.message("<?xml version=\"1.0\" encoding=\"GB2312\"?>\n<Response>\n<CmdType>" + command
                + "</CmdType>\n<SN>" + SocketDevice.element(query, "SN") + "</SN>\n<DeviceID>"
                + SocketDevice.element(query, "DeviceID") + "</DeviceID>\n" + fields + "\n</Response>\n"));
    }

    @Test
    void devicesAreListedInPages() throws Exception {
        try (SocketDevice other = connect("34020000001110000002")) {
            other.registers(3600);
            assertThat(get("?limit=1").body())
                    .contains("\"total\":2,\"online\":2")
                    .contains("\"id\":\"" + DEVICE + "\"")
                    .contains("\"next\":\"" + DEVICE + "\"");
            assertThat(get("?limit=1&after=" + DEVICE).body()).contains("\"id\":\"34020000001110000002\"");
            assertThat(get("?limit=5").body()).contains("\"next\":null");
            assertThat(get("?limit=0").statusCode()).isEqualTo(400);
        }
    }

    @Test
    void oneDeviceAndItsStatusAreShown() throws Exception {
        assertThat(get("/" + DEVICE).body())
                .contains("\"online\":true,\"registered\":true")
                .contains("\"userAgent\":\"eXosip/4.1.0\"");
        assertThat(get("/" + DEVICE + "/status").body())
                .contains("\"online\":true")
                .contains("\"offlineAt\":\"20");
        assertThat(get("/34020000001110000099").statusCode()).isEqualTo(404);
        assertThat(get("/" + DEVICE + "/nothing").statusCode()).isEqualTo(404);
        assertThat(get("/" + DEVICE + "/control").statusCode()).isEqualTo(405);
    }

    @Test
    void catalogueIsAskedForAndShownAsATree() throws Exception {
        HttpResponse<String> asked = done(post("catalog", ""));
        assertThat(asked.statusCode()).isEqualTo(202);
        String sn = SocketDevice.element(take(), "SN");
        device.exchange(device.message(device.catalogPart(sn, 2, CHANNEL, "大门口", "34020000001310000002", "南门")));
        String href = asked.headers().firstValue("location").orElseThrow().replace("/v1/devices", "");
        // What the other loop has counted it says a moment later.
        for (int i = 0; i < 200 && get(href).body().contains("\"state\":\"pending\""); i++) {
            Thread.sleep(10);
        }
        assertThat(get(href).body()).contains("\"state\":\"complete\"").contains("\"received\":2,\"expected\":2");
        assertThat(get("/" + DEVICE + "/catalog").body())
                .contains("\"state\":\"complete\"")
                .contains("\"name\":\"大门口\"")
                .contains("\"on\":true");
        assertThat(get("/" + DEVICE + "/catalog?tree=true").body()).contains("\"items\":[{\"deviceId\":");
    }

    @Test
    void treeHangsEntriesBelowTheirParentsAndBreaksCircles() throws Exception {
        done(post("catalog", ""));
        String sn = SocketDevice.element(take(), "SN");
        String item = "<Item><DeviceID>%s</DeviceID><Name>n</Name><ParentID>%s</ParentID></Item>";
        String list = item.formatted("A", "B")
                + item.formatted("B", "A")
                + item.formatted("C", DEVICE)
                + item.formatted("D", "C")
                + item.formatted("E", "E");
        device.exchange(device.message("<?xml version=\"1.0\"?><Response><CmdType>Catalog</CmdType><SN>" + sn
                + "</SN><DeviceID>" + DEVICE + "</DeviceID><SumNum>5</SumNum><DeviceList Num=\"5\">" + list
                + "</DeviceList></Response>"));
        String tree = get("/" + DEVICE + "/catalog?tree=true").body().replaceAll("\"(name|parentId|on)\":[^,}]*,?", "");
        assertThat(tree)
                .contains("{\"deviceId\":\"A\"")
                .contains("\"deviceId\":\"C\",\"children\":[{\"deviceId\":\"D\"");
    }

    @Test
    void queryWaitsForItsAnswer() throws Exception {
        CompletableFuture<HttpResponse<String>> asked = post("deviceinfo", "{}");
        answer(
                "DeviceInfo",
                take(),
                "<Result>OK</Result><DeviceName>摄像机</DeviceName><Model>DS-2CD</Model><Channel>1</Channel>");
        HttpResponse<String> response = done(asked);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body())
                .contains("\"operation\":\"deviceinfo\",\"state\":\"complete\"")
                .contains("\"deviceName\":\"摄像机\"");
        assertThat(get("/" + DEVICE).body()).contains("\"model\":\"DS-2CD\"");
    }

    @Test
    void queryThatIsNotWaitedForIsReadLater() throws Exception {
        HttpResponse<String> asked = done(post("devicestatus?wait=0", "{\"target\":\"" + CHANNEL + "\"}"));
        assertThat(asked.statusCode()).isEqualTo(202);
        assertThat(asked.body()).contains("\"state\":\"pending\"");
        String query = take();
        assertThat(query).contains("<DeviceID>" + CHANNEL + "</DeviceID>");
        answer("DeviceStatus", query, "<Result>OK</Result><Online>ONLINE</Online><Status>OK</Status>");
        String href = asked.headers().firstValue("location").orElseThrow().replace("/v1/devices", "");
        assertThat(get(href).body()).contains("\"state\":\"complete\"").contains("\"online\":\"ONLINE\"");
        assertThat(get(href + "9").statusCode()).isEqualTo(404);
    }

    @Test
    void recordingsPresetsAndConfigurationAreShownWithoutSecrets() throws Exception {
        CompletableFuture<HttpResponse<String>> asked = post(
                "recordinfo",
                "{\"channel\":\"" + CHANNEL + "\",\"from\":\"2024-05-01T00:00:00\",\"to\":\"2024-05-02T00:00:00\"}");
        String query = take();
        assertThat(query).contains("<StartTime>2024-05-01T00:00:00</StartTime>").contains("<Type>all</Type>");
        answer(
                "RecordInfo",
                query,
                "<Name>n</Name><SumNum>1</SumNum><RecordList Num=\"1\"><Item><DeviceID>" + CHANNEL
                        + "</DeviceID><Name>n</Name><StartTime>2024-05-01T01:00:00</StartTime></Item></RecordList>");
        assertThat(done(asked).body()).contains("\"startTime\":\"2024-05-01T01:00:00\"");

        asked = post("presets", "{\"channel\":\"" + CHANNEL + "\"}");
        answer(
                "PresetQuery",
                take(),
                "<PresetList Num=\"1\"><Item><PresetID>1</PresetID><PresetName>预置点 1</PresetName></Item></PresetList>");
        assertThat(done(asked).body()).contains("\"name\":\"预置点 1\"");

        asked = post("config", "{\"types\":\"BasicParam\"}");
        query = take();
        assertThat(query).contains("<ConfigType>BasicParam</ConfigType>");
        answer(
                "ConfigDownload",
                query,
                "<Result>OK</Result><BasicParam><Name>c</Name><Password>geheim</Password>"
                        + "<HeartBeatInterval>60</HeartBeatInterval></BasicParam>");
        assertThat(done(asked).body()).contains("\"HeartBeatInterval\":\"60\"").doesNotContain("geheim");

        asked = post("configure", "{\"blocks\":{\"BasicParam\":{\"Name\":\"c2\",\"HeartBeatCount\":3}}}");
        query = take();
        assertThat(query).contains("<BasicParam>").contains("<HeartBeatCount>3</HeartBeatCount>");
        answer("DeviceConfig", query, "<Result>OK</Result>");
        assertThat(done(asked).body()).contains("\"result\":\"OK\"");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "ptz","tilt":"up"                                      | <PTZCmd>A50F000800640020</PTZCmd>
            "ptz","pan":"left","panSpeed":50,"zoom":"in"           | <PTZCmd>A50F001232008078</PTZCmd>
            "ptz","code":"A50F0102960000 4D"                       | 400
            "ptz","code":"A50F01029600004D"                        | <PTZCmd>A50F01029600004D</PTZCmd>
            "ptz"                                                  | 400
            "stop"                                                 | <PTZCmd>A50F0000000000B4</PTZCmd>
            "preset","action":"call","number":1                    | <PTZCmd>A50F008200010037</PTZCmd>
            "preset","action":"call","number":0                    | 400
            "focus","direction":"far","speed":1                    | <PTZCmd>A50F0041010000F6</PTZCmd>
            "iris","direction":"open","speed":1                    | <PTZCmd>A50F0044000100F9</PTZCmd>
            "cruise","action":"start","track":1                    | <PTZCmd>A50F00880100003D</PTZCmd>
            "scan","action":"start","group":1                      | <PTZCmd>A50F00890100003E</PTZCmd>
            "auxiliary","number":1,"on":true                       | <PTZCmd>A50F008C01000041</PTZCmd>
            "reboot"                                               | <TeleBoot>Boot</TeleBoot>
            "record","on":true                                     | <RecordCmd>Record</RecordCmd>
            "guard","on":false                                     | <GuardCmd>ResetGuard</GuardCmd>
            "resetalarm","method":2                                | <AlarmCmd>ResetAlarm</AlarmCmd>
            "iframe"                                               | <IFameCmd>Send</IFameCmd>
            "dragzoom","zoom":"in","length":1,"width":2,"midX":3,"midY":4,"lengthX":5,"lengthY":6 | <MidPointY>4</MidPointY>
            "dragzoom","zoom":"in"                                 | 400
            "homeposition","on":true,"resetTime":30,"preset":1     | <ResetTime>30</ResetTime>
            "fly"                                                  | 400
            "reboot","now":true                                    | 400
            """)
    void controlIsSentAsTheStandardWritesIt(String command, String expected) throws Exception {
        CompletableFuture<HttpResponse<String>> asked =
                post("control", "{\"channel\":\"" + CHANNEL + "\",\"command\":" + command + "}");
        if (expected.equals("400")) {
            assertThat(done(asked).statusCode()).isEqualTo(400);
            return;
        }
        String control = take();
        assertThat(control).contains("<CmdType>DeviceControl</CmdType>").contains(expected);
        if (command.matches("\"(record|guard|resetalarm|homeposition)\".*")) {
            answer("DeviceControl", control, "<Result>OK</Result>");
            assertThat(done(asked).body()).contains("\"result\":\"OK\"");
        }
        assertThat(done(asked).statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            control    | {                              | the body is not JSON
            control    | []                             | the body must be a JSON object
            control    | {}                             | 'command' is missing
            control    | {"command":"guard"}            | 'on' must be true or false
            presets    | {}                             | 'channel' is missing
            presets    | {"channel":"a<b"}              | 'channel' is not of the form
            deviceinfo | {"target":"1","x":1}           | unknown field 'x'
            recordinfo | {"channel":"1","from":"now"}   | 'from' is not of the form
            subscribe  | {"event":"weather"}            | 'event' must be one of catalog, alarm, position
            play       | {"channel":"1","host":"h"}     | 'port' must be a whole number within 1..65535
            deviceinfo?wait=99 | {}                     | wait must be a number within 0..25
            """)
    void fieldThatWillNotDoIsNamed(String operation, String body, String reason) throws Exception {
        HttpResponse<String> response = done(post(operation, body));
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.body()).contains(reason);
    }

    @Test
    void refusalOfTheDeviceIsABadGateway() throws Exception {
        CompletableFuture<HttpResponse<String>> asked = post("presets", "{\"channel\":\"" + CHANNEL + "\"}");
        device.send(SocketDevice.response(device.receive("MESSAGE"), "501 Not Implemented", ""));
        HttpResponse<String> response = done(asked);
        assertThat(response.statusCode()).isEqualTo(502);
        assertThat(response.body()).contains("the device answered 501");
    }

    @Test
    void offlineDeviceIsAConflict() throws Exception {
        device.registers(0);
        assertThat(done(post("deviceinfo", "{}")).statusCode()).isEqualTo(409);
        assertThat(get("/" + DEVICE).body()).contains("\"online\":false,\"registered\":false");
    }

    @Test
    void deviceIsForgottenOnceItIsNotRegistered() throws Exception {
        HttpRequest delete = request("/" + DEVICE).DELETE().build();
        assertThat(client.send(delete, BodyHandlers.ofString()).statusCode()).isEqualTo(409);
        device.registers(0);
        assertThat(client.send(delete, BodyHandlers.ofString()).statusCode()).isEqualTo(204);
        assertThat(device.registers(3600)).startsWith("SIP/2.0 200 ");
        assertThat(get("/" + DEVICE).body()).contains("\"online\":true");
        HttpResponse<String> other =
                client.send(request("/" + DEVICE).POST(BodyPublishers.noBody()).build(), BodyHandlers.ofString());
        assertThat(other.statusCode()).isEqualTo(405);
        assertThat(other.headers().firstValue("allow")).hasValue("GET, HEAD, DELETE");
    }

    @Test
    void subscriptionIsMadeAndCancelled() throws Exception {
        CompletableFuture<HttpResponse<String>> asked =
                post("subscribe", "{\"event\":\"position\",\"interval\":7,\"expires\":600}");
        String subscribe = device.receive("SUBSCRIBE");
        assertThat(subscribe).contains("<Interval>7</Interval>");
        device.send(SocketDevice.response(subscribe, "200 OK", "Expires: 600\r\n"));
        assertThat(done(asked).statusCode()).isEqualTo(200);
        assertThat(done(post("subscribe", "{\"event\":\"position\",\"expires\":0}"))
                        .statusCode())
                .isEqualTo(200);
        assertThat(SocketDevice.header(device.receive("SUBSCRIBE"), "Expires")).isEqualTo("0");
    }

    @Test
    void settingsOfOneDeviceChangeWhatIsSentToIt() throws Exception {
        HttpResponse<String> set = client.send(
                request("/" + DEVICE + "/settings")
                        .PUT(BodyPublishers.ofString("{\"charset\":\"utf-8\",\"toTag\":true}"))
                        .build(),
                BodyHandlers.ofString());
        assertThat(set.body()).contains("\"charset\":\"utf-8\",\"toTag\":true");
        assertThat(get("/" + DEVICE + "/settings").body()).isEqualTo(set.body());
        post("deviceinfo", "{}");
        assertThat(SocketDevice.header(take(), "To")).contains(";tag=");
    }

    @Test
    void playGivesTheAnswerOfTheDeviceAndStopSaysBye() throws Exception {
        CompletableFuture<HttpResponse<String>> asked =
                post("play", "{\"channel\":\"" + CHANNEL + "\",\"host\":\"192.168.1.9\",\"port\":30000}");
        String invite = device.receive("INVITE");
        assertThat(invite).contains("c=IN IP4 192.168.1.9\r\n").contains("m=video 30000 RTP/AVP");
        String ssrc = invite.replaceAll("(?s).*\r\ny=(\\d+)\r\n.*", "$1");
        String sdp = "v=0\r\no=- 0 0 IN IP4 192.168.6.71\r\ns=Play\r\nc=IN IP4 192.168.6.71\r\nt=0 0\r\n"
                + "m=video 9712 RTP/AVP 96\r\na=sendonly\r\na=password:12345678\r\ny=" + ssrc + "\r\n";
        device.send(SocketDevice.response(
                invite,
                "200 OK",
                "Contact: <sip:" + CHANNEL + "@192.168.6.71:5060>\r\nContent-Type: application/sdp\r\nContent-Length: "
                        + sdp.length() + "\r\n\r\n" + sdp));
        device.receive("ACK");
        HttpResponse<String> playing = done(asked);
        assertThat(playing.statusCode()).isEqualTo(200);
        assertThat(playing.body())
                .contains("\"state\":\"playing\",\"ssrc\":\"" + ssrc + "\"")
                .contains("\"host\":\"192.168.6.71\",\"port\":9712")
                .doesNotContain("12345678\"");
        assertThat(get("/" + DEVICE + "/sessions").body()).contains("\"session\":1");
        assertThat(done(post("mansrtsp", "{\"session\":1,\"method\":\"PLAY\",\"scale\":2,\"range\":\"npt=30-\"}"))
                        .statusCode())
                .isEqualTo(202);
        assertThat(device.receive("INFO")).endsWith("PLAY MANSRTSP/1.0\r\nCSeq: 1\r\nScale: 2\r\nRange: npt=30-\r\n");
        CompletableFuture<HttpResponse<String>> stopped = post("stop", "{\"session\":1}");
        device.send(SocketDevice.ok(device.receive("BYE")));
        assertThat(done(stopped).body()).contains("\"state\":\"ended\",\"end\":\"closed\"");
        assertThat(done(post("stop", "{\"session\":9}")).statusCode()).isEqualTo(404);
        assertThat(get("/" + DEVICE + "/sessions/1").body()).contains("\"state\":\"ended\"");
    }

    @Test
    void recordingIsAskedForInSecondsOfBeijingTime() throws Exception {
        post(
                "play",
                "{\"channel\":\"" + CHANNEL
                        + "\",\"host\":\"192.168.1.9\",\"port\":30000,\"transport\":\"tcp-passive\","
                        + "\"kind\":\"download\",\"from\":\"2024-05-04T14:43:16\",\"to\":\"2024-05-04T15:16:26\",\"speed\":8}");
        assertThat(device.receive("INVITE"))
                .contains("s=Download\r\n")
                .contains("t=1714804996 1714806986\r\n")
                .contains("m=video 30000 TCP/RTP/AVP")
                .contains("a=setup:passive\r\n")
                .contains("a=downloadspeed:8\r\n");
    }

    @Test
    void redirectingServerSendsTheDeviceAway() throws Exception {
        server.close();
        device.close();
        start("--gb-redirect", "sip:34020000002000000002@192.0.2.7:5060", "--gb-date", "false");
        device = connect(DEVICE);
        String redirect = device.registers(3600);
        assertThat(redirect).startsWith("SIP/2.0 302 ");
        assertThat(SocketDevice.header(redirect, "Contact")).isEqualTo("<sip:34020000002000000002@192.0.2.7:5060>");
    }

    @Test
    void devicesOutliveARestartOfTheServer(@TempDir Path folder) throws Exception {
        server.close();
        device.close();
        startOn("udp://127.0.0.1:0", "rocksdb:" + folder, "--gb-catalog", "false");
        String listen = "udp://127.0.0.1:" + server.boundPoints().get(0).port();
        device = connect(DEVICE);
        device.registers(3600);
        server.close();
        startOn(listen, "rocksdb:" + folder);
        assertThat(get("").body()).contains("\"total\":1").contains("\"registeredAt\":null");
        assertThat(device.exchange(device.message(SocketDevice.keepalive(DEVICE, 1))))
                .startsWith("SIP/2.0 200 ");
        String query = device.receive("MESSAGE");
        device.send(SocketDevice.ok(query));
        assertThat(query).contains("<CmdType>Catalog</CmdType>");
        assertThat(get("/" + DEVICE).body()).contains("\"online\":true,\"registered\":true");
    }

    @Test
    void dateCanBeSwitchedOffAndTheEditionBeNamed() throws Exception {
        server.close();
        device.close();
        start("--gb-date", "false", "--gb-catalog", "false", "--gb-version", "3.0", "--gb-keepalive", "30x4");
        device = connect(DEVICE);
        assertThat(SocketDevice.header(device.registers(3600), "Date")).isEmpty();
        assertThat(get("/" + DEVICE).body()).contains("\"keepaliveTimeout\":120");
    }
}
