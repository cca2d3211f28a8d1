/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ListeningPointTest {

    @ParameterizedTest
    @CsvSource({
        "udp://0.0.0.0:5060, UDP, 0.0.0.0, 5060",
        "TCP://127.0.0.1:0, TCP, 127.0.0.1, 0",
        "tls://sip.example.org, TLS, sip.example.org, 5061",
        "udp://[::1]:5060, UDP, ::1, 5060",
        "tcp://[2001:db8::1], TCP, 2001:db8::1, 5060",
        "ws://0.0.0.0:8080/, WS, 0.0.0.0, 8080",
        "wss://localhost, WSS, localhost, 443"
    })
    void textIsRead(String text, Transport transport, String host, int port) {
        ListeningPoint point = ListeningPoint.parse(text);
        assertThat(point).isEqualTo(new ListeningPoint(transport, host, port));
        assertThat(ListeningPoint.parse(point.toString())).isEqualTo(point);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0.0.0.0:5060       | it must look like udp://0.0.0.0:5060",
                "sctp://0.0.0.0     | unknown transport 'sctp': one of udp, tcp, tls, ws, wss is needed",
                "udp://:5060        | the host is missing, 0.0.0.0 means every IPv4 address",
                "udp://             | the host is missing, 0.0.0.0 means every IPv4 address",
                "udp://h:65536      | the port must be a number within 0..65535",
                "udp://h:-1         | the port must be a number within 0..65535",
                "udp://h:           | the port must be a number within 0..65535",
                "udp://h:99999999999| the port must be a number within 0..65535",
                "udp://[::1]5060    | the port must be a number within 0..65535",
                "udp://::1:5060     | an IPv6 address must stand in brackets, as in udp://[::1]:5060",
                "udp://[::1:5060    | the bracket of the IPv6 address is not closed",
                "udp://[host]:5060  | only an IPv6 address stands in brackets",
                "udp://u@h:5060     | nothing but a host and a port may follow udp://",
                "udp://h:5060/x     | nothing but a host and a port may follow udp://"
            })
    void badTextIsOneLineThatSaysWhy(String text, String why) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ListeningPoint.parse(text))
                .withMessage("listening point '" + text + "': " + why);
    }

    @Test
    void transportsHaveTheirRfcProperties() {
        assertThat(Transport.UDP.isReliable()).isFalse();
        assertThat(Transport.TCP.isReliable()).isTrue();
        assertThat(Transport.TLS.defaultPort()).isEqualTo(5061);
        assertThat(Transport.parse("wSs")).isEqualTo(Transport.WSS);
        assertThat(Transport.WSS.isSecure() && Transport.WSS.isWebSocket()).isTrue();
        assertThat(Transport.WS.viaToken()).isEqualTo("WS");
    }

    @Test
    void ioEnginesAreReadByTheirOption() {
        for (IoEngine engine : IoEngine.values()) {
            assertThat(IoEngine.parse(engine.option())).isEqualTo(engine);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> IoEngine.parse("kqueue"))
                .withMessage("unknown I/O engine 'kqueue': one of auto, epoll, io_uring, nio is needed");
    }
}
