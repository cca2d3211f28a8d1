/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.sipwire.codec.manscdp.Manscdp;
import org.sipwire.transport.Transport;

/** SUBSCRIBE and NOTIFY (GB/T 28181-2016 9.11) by raw sockets. */
@Timeout(60)
class SubscriptionTest {
    private static final String DEVICE = "34020000001110000001";

    private final PlatformServer server =
            new PlatformServer(Gb28181Config.of(PlatformServer.PLATFORM).withCatalogOnRegister(false));
    private final BlockingQueue<Answer.Outcome> outcomes = new LinkedBlockingQueue<>();
    private SocketDevice device;

    @BeforeEach
    void register() throws Exception {
        device = new SocketDevice(DEVICE, Transport.UDP, server.port(Transport.UDP));
        device.registers(3600);
        assertThat(server.event()).isEqualTo("online " + DEVICE);
    }

    @AfterEach
    void close() throws Exception {
        device.close();
        server.close();
    }

    @Test
    void subscriptionIsRefreshedInItsDialogAndCancelledWithItsEventId() throws Exception {
        server.platform.commands().subscribePosition(DEVICE, 5, 2, outcomes::add);
        String first = device.receive("SUBSCRIBE");
        assertThat(first).contains("<CmdType>MobilePosition</CmdType>").contains("<Interval>5</Interval>");
        assertThat(SocketDevice.header(first, "Expires")).isEqualTo("2");
        assertThat(SocketDevice.header(first, "Contact"))
                .isEqualTo("<sip:34020000002000000001@127.0.0.1:" + server.port(Transport.UDP) + ">");
        device.send(accepted(first));
        assertThat(outcome().kind()).isEqualTo(Answer.Kind.COMPLETE);

        String refresh = device.receive("SUBSCRIBE");
        assertThat(refresh).startsWith("SUBSCRIBE sip:" + DEVICE + "@10.0.0.9:5060 SIP/2.0");
        assertThat(SocketDevice.header(refresh, "Call-ID")).isEqualTo(SocketDevice.header(first, "Call-ID"));
        assertThat(SocketDevice.header(refresh, "To")).endsWith(";tag=1051246918");
        assertThat(SocketDevice.header(refresh, "CSeq")).isEqualTo("2 SUBSCRIBE");
        device.send(accepted(refresh));

        server.platform.commands().subscribePosition(DEVICE, 5, 0, outcomes::add);
        String cancel = device.receive("SUBSCRIBE");
        while (!SocketDevice.header(cancel, "Expires").equals("0")) {
            device.send(accepted(cancel));
            cancel = device.receive("SUBSCRIBE");
        }
        assertThat(SocketDevice.header(cancel, "Event")).isEqualTo(SocketDevice.header(first, "Event"));
        assertThat(SocketDevice.header(cancel, "Call-ID")).isEqualTo(SocketDevice.header(first, "Call-ID"));
        device.send(accepted(cancel));
    }

    @Test
    void deviceThatCannotRefreshGetsANewDialog() throws Exception {
        server.platform.commands().subscribeAlarm(DEVICE, 2, outcomes::add);
        String first = device.receive("SUBSCRIBE");
        device.send(accepted(first));
        String refresh = device.receive("SUBSCRIBE");
        device.send(SocketDevice.response(refresh, "481 Subscription Does Not Exist", ""));
        String again = device.receive("SUBSCRIBE");
        device.send(accepted(again));
        assertThat(SocketDevice.header(again, "Call-ID")).isNotEqualTo(SocketDevice.header(first, "Call-ID"));
        assertThat(SocketDevice.header(again, "Event")).isEqualTo(SocketDevice.header(first, "Event"));
        assertThat(SocketDevice.header(again, "To")).doesNotContain("tag=");
    }

    @Test
    void terminatedSubscriptionIsMadeAgain() throws Exception {
        server.platform.commands().subscribeCatalog(DEVICE, 3600, outcomes::add);
        String first = device.receive("SUBSCRIBE");
        device.send(accepted(first));
        assertThat(outcome().kind()).isEqualTo(Answer.Kind.COMPLETE);
        String end = device.request(
                        "NOTIFY",
                        SocketDevice.header(first, "Call-ID"),
                        "",
                        "Event: Catalog\r\nSubscription-State: terminated;reason=timeout\r\n")
                .replace("Content-Type: Application/MANSCDP+xml\r\n", "");
        assertThat(device.exchange(end)).startsWith("SIP/2.0 200 ");
        String again = device.receive("SUBSCRIBE");
        device.send(accepted(again));
        assertThat(SocketDevice.header(again, "Call-ID")).isNotEqualTo(SocketDevice.header(first, "Call-ID"));
    }

    @Test
    void refusedSubscriptionIsTold() throws Exception {
        server.platform.commands().subscribeAlarm(DEVICE, 3600, outcomes::add);
        device.send(SocketDevice.response(device.receive("SUBSCRIBE"), "489 Bad Event", ""));
        Answer.Outcome outcome = outcome();
        assertThat(outcome.kind()).isEqualTo(Answer.Kind.REFUSED);
        assertThat(outcome.status()).isEqualTo(489);
    }

    @Test
    void notificationIsTakenByItsBodyWhateverItsEvent() throws Exception {
        String body = "<Notify><DeviceID>" + DEVICE + "</DeviceID><CmdType>MobilePosition</CmdType><SN>128</SN>"
                + "<Time>2017-05-19T10:27:58</Time><Longitude>116.336</Longitude><Latitude>39.942</Latitude></Notify>";
        String extra = "Event: Catalog\r\nSubscription-State: active;expires=1000000\r\n";
        assertThat(device.exchange(device.request("NOTIFY", "n1", body, extra))).startsWith("SIP/2.0 200 ");
        assertThat(((Manscdp.MobilePosition) server.body()).positions())
                .extracting(Manscdp.Position::longitude)
                .containsExactly(116.336);
    }

    private static String accepted(String subscribe) {
        return SocketDevice.response(
                subscribe,
                "200 OK",
                "Contact: <sip:" + DEVICE + "@10.0.0.9:5060>\r\nExpires: " + SocketDevice.header(subscribe, "Expires")
                        + "\r\n");
    }

    private Answer.Outcome outcome() throws InterruptedException {
        Answer.Outcome outcome = outcomes.poll(10, TimeUnit.SECONDS);
        assertThat(outcome).isNotNull();
        return outcome;
    }
}
