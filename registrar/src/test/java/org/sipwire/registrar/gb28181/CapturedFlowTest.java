/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sipwire.codec.manscdp.CatalogItem;
import org.sipwire.transport.Transport;

/** The captured flow, and what follows it, by raw sockets against the whole platform. */
@Timeout(60)
class CapturedFlowTest {
    private static final String DEVICE = "34020000001320000003";

    private final PlatformServer server = new PlatformServer();

    @AfterEach
    void close() {
        server.close();
    }

    @ParameterizedTest
    @EnumSource(
            value = Transport.class,
            names = {"UDP", "TCP"})
    void capturedDeviceRegistersAndGivesItsCatalogue(Transport transport) throws Exception {
        try (SocketDevice device = new SocketDevice(DEVICE, transport, server.port(transport))) {
            device.send(device.register(3600));
            String challenge = device.receive();
            assertThat(challenge).startsWith("SIP/2.0 401 ");
            assertThat(SocketDevice.header(challenge, "WWW-Authenticate"))
                    .startsWith("Digest realm=\"34020000\"")
                    .contains("nonce=\"")
                    .contains("algorithm=MD5");
            assertThat(SocketDevice.header(challenge, "Via"))
                    .contains("rport=" + device.port())
                    .contains("received=127.0.0.1");
            assertThat(SocketDevice.header(challenge, "To")).contains(";tag=");

            device.answer(challenge, PlatformServer.PASSWORD);
            device.send(device.register(3600));
            String registered = device.receive();
            assertThat(registered).startsWith("SIP/2.0 200 ");
            assertThat(SocketDevice.header(registered, "Contact")).contains("sip:" + DEVICE + "@192.168.35.165:5080");
            assertThat(SocketDevice.header(registered, "Expires")).isEqualTo("3600");
            assertThat(SocketDevice.header(registered, "Date"))
                    .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}");

            String query = device.receive();
            assertThat(query)
                    .startsWith("MESSAGE sip:" + DEVICE + "@192.168.35.165:5080 SIP/2.0\r\nVia: SIP/2.0/" + transport);
            assertThat(query.replaceAll("(?s)\r\n\r\n.*", "").lines().map(line -> line.replaceAll("[ :].*", "")))
                    .containsExactly(
                            "MESSAGE",
                            "Via",
                            "From",
                            "To",
                            "Call-ID",
                            "CSeq",
                            "Content-Type",
                            "Max-Forwards",
                            "User-Agent",
                            "Date",
                            "Content-Length");
            assertThat(SocketDevice.header(query, "From")).startsWith("<sip:34020000002000000001@3402000000>;tag=");
            assertThat(SocketDevice.header(query, "To")).isEqualTo("<sip:" + DEVICE + "@192.168.35.165:5080>");
            assertThat(SocketDevice.header(query, "Content-Type")).isEqualToIgnoringCase("Application/MANSCDP+xml");
            assertThat(query)
                    .endsWith(
                            "\r\n\r\n<?xml version=\"1.0\"?>\r\n<Query>\r\n<CmdType>Catalog</CmdType>\r\n<SN>1</SN>\r\n<DeviceID>"
                                    + DEVICE + "</DeviceID>\r\n</Query>\r\n");
            device.send(SocketDevice.ok(query));

            String sn = SocketDevice.element(query, "SN");
            assertThat(device.exchange(device.message(
                            device.catalogPart(sn, 3, "34020000001310000002", "南门", "34020000001310000003", "北门"))))
                    .startsWith("SIP/2.0 200 ");
            assertThat(device.exchange(device.message(device.catalogPart(sn, 3, "34020000001310000001", "大门口"))))
                    .startsWith("SIP/2.0 200 ");
            assertThat(server.event()).isEqualTo("online " + DEVICE);
            assertThat(server.event()).isEqualTo("catalog " + DEVICE + " COMPLETE 3");
            assertThat(server.platform.registry().catalog(DEVICE))
                    .extracting(CatalogItem::name)
                    .containsExactly("南门", "北门", "大门口");

            assertThat(device.exchange(device.message(SocketDevice.keepalive(DEVICE, 43))))
                    .startsWith("SIP/2.0 200 ");
            DeviceSnapshot snapshot = server.platform.registry().find(DEVICE);
            assertThat(snapshot.online()).isTrue();
            assertThat(snapshot.channels()).isEqualTo(3);
            assertThat(snapshot.userAgent()).isEqualTo("eXosip/4.1.0");
            assertThat(snapshot.address().port()).isEqualTo(device.port());
            assertThat(server.platform.count(GbCounter.KEEPALIVES)).isEqualTo(1);
        }
    }

    @Test
    void catalogueQueryIsSentAgainOverUdpUntilTheDeviceAnswers() throws Exception {
        try (SocketDevice device = new SocketDevice(DEVICE, Transport.UDP, server.port(Transport.UDP))) {
            device.registers(3600);
            String query = device.receive();
            assertThat(device.receive()).isEqualTo(query);
            device.send(SocketDevice.ok(query));
        }
    }

    @Test
    void secondRegistrationAsksNoCatalogueAgain() throws Exception {
        try (SocketDevice device = new SocketDevice(DEVICE, Transport.UDP, server.port(Transport.UDP))) {
            device.registers(3600);
            String query = device.receive("MESSAGE");
            device.send(SocketDevice.ok(query));
            device.exchange(device.message(device.catalogPart(SocketDevice.element(query, "SN"), 0)));
            device.registers(3600);
            assertThat(device.exchange(device.message(SocketDevice.keepalive(DEVICE, 1))))
                    .startsWith("SIP/2.0 200 ");
            assertThat(server.platform.registry().find(DEVICE).catalog()).isEqualTo(CatalogState.COMPLETE);
            assertThat(server.platform.count(GbCounter.SENT)).isEqualTo(1);
        }
    }
}
