/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ManscdpPeekTest {
    private static final String KEEPALIVE = "<?xml version=\"1.0\" encoding=\"GB2312\" ?>\n<Notify>\n"
            + "    <CmdType>Keepalive</CmdType>\n    <SN>539</SN>\n    <DeviceID>34020000001320000002</DeviceID>\n"
            + "    <Status>OK</Status>\n</Notify>\n";

    private final ManscdpPeek peek = new ManscdpPeek();

    @Test
    void keepaliveTellsItsDevice() {
        assertThat(peek(KEEPALIVE)).isTrue();
        assertThat(peek.root()).isEqualTo(ManscdpRoot.NOTIFY);
        assertThat(peek.cmdType()).isEqualTo(CmdType.KEEPALIVE);
        assertThat(peek.sn()).isEqualTo(539);
        assertThat(peek.deviceIdText()).isEqualTo("34020000001320000002");
        assertThat(peek.deviceIdLength()).isEqualTo(20);
    }

    @Test
    void deviceIdOfAPartIsNotTheSenders() {
        assertThat(peek("<Notify><CmdType>Keepalive</CmdType><Info><DeviceID>1</DeviceID></Info><SN>2</SN></Notify>"))
                .isTrue();
        assertThat(peek.sn()).isEqualTo(2);
        assertThat(peek.hasDeviceId()).isFalse();
        assertThat(peek.deviceIdText()).isEmpty();
    }

    @Test
    void orderAttributesCommentsAndEmptyElementsDoNotMatter() {
        assertThat(peek("\ufeff<!--<Query>--><Notify a=\"b\"><x/><DeviceID >64</DeviceID><!-- > --><y>t</y>"
                        + "<SN> 128 </SN><CmdType>MobilePosition</CmdType></Notify>"))
                .isTrue();
        assertThat(peek.cmdType()).isEqualTo(CmdType.MOBILE_POSITION);
        assertThat(peek.sn()).isEqualTo(128);
        assertThat(peek.deviceIdText()).isEqualTo("64");
    }

    @Test
    void unknownCommandIsKnownToBeOne() {
        assertThat(peek("<Notify><CmdType>Heartbeat</CmdType><SN>1</SN></Notify>"))
                .isTrue();
        assertThat(peek.cmdType()).isEqualTo(CmdType.UNKNOWN);
        assertThat(peek("<Notify><SN>1</SN></Notify>")).isFalse();
        assertThat(peek("<Other><CmdType>Keepalive</CmdType></Other>")).isFalse();
    }

    @Test
    void serialNumberThatIsNoNumberIsAbsent() {
        assertThat(peek("<Notify><CmdType>Keepalive</CmdType><SN>12a</SN></Notify>"))
                .isTrue();
        assertThat(peek.sn()).isEqualTo(-1);
        assertThat(peek("<Notify><CmdType>Keepalive</CmdType><SN>9999999999999999999</SN></Notify>"))
                .isTrue();
        assertThat(peek.sn()).isEqualTo(-1);
    }

    @ParameterizedTest
    @EnumSource(CmdType.class)
    void everyCommandIsFoundByItsBytes(CmdType type) {
        byte[] name = ("xx" + type.element() + "xx").getBytes(StandardCharsets.US_ASCII);
        assertThat(CmdType.find(name, 2, name.length - 4)).isEqualTo(type);
        assertThat(CmdType.find(type.element() + "s")).isEqualTo(CmdType.UNKNOWN);
    }

    @Test
    void peekAllocatesNothing() {
        byte[] body = KEEPALIVE.getBytes(StandardCharsets.US_ASCII);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long sum = 0;
        long allocated = Long.MAX_VALUE;
        for (int round = 0; round < 5; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 20_000; i++) {
                sum += peek.peek(body, 0, body.length)
                        ? peek.sn() + peek.cmdType().ordinal()
                        : 0;
            }
            allocated = Math.min(allocated, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(sum).isPositive();
        assertThat(allocated / 20_000).isZero();
    }

    private boolean peek(String body) {
        byte[] bytes = ("<<" + body).getBytes(StandardCharsets.UTF_8);
        return peek.peek(bytes, 2, bytes.length - 2);
    }
}
