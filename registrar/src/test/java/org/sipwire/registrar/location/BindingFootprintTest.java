/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.location;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** What a binding costs, all in: record, slot, tag and wheel entry, measured on the heap after collection. */
class BindingFootprintTest {

    private static final int BINDINGS = 1_000_000;
    private static final int LIMIT = 300;

    private static long usedHeap() throws InterruptedException {
        long used = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            used = Math.min(
                    used,
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }
        return used;
    }

    @Test
    void millionDevicesTakeAtMostThreeHundredOctetsEach() throws Exception {
        long before = usedHeap();
        InMemoryLocationService locations = new InMemoryLocationService();
        BindingUpdate update = new BindingUpdate();
        LocationService.Completion ignore = (result, current) -> {};
        byte[] aor = "34020000001320000000@3402000000".getBytes(US_ASCII);
        byte[] contact = "sip:34020000001320000000@192.168.100.100:50600;transport=udp".getBytes(US_ASCII);
        byte[] callId = "1838763823@192.168.100.100".getBytes(US_ASCII);
        byte[] host = "192.168.100.100".getBytes(US_ASCII);
        byte[] agent = "IP Camera".getBytes(US_ASCII);
        assertThat(contact).hasSize(60);
        for (int i = 0; i < BINDINGS; i++) {
            for (int digit = 19, rest = i; digit > 13; digit--, rest /= 10) {
                aor[digit] = (byte) ('0' + rest % 10);
                contact[digit + 4] = aor[digit];
            }
            update.begin(aor, 0, aor.length, System.currentTimeMillis()).request(callId, 0, callId.length, 2);
            update.flow(0, 50_600, i + 1).source(host, 0, host.length).userAgent(agent, 0, agent.length);
            update.beginContact(contact, 0, contact.length).endContact(3600);
            locations.update(update, ignore);
        }
        assertThat(locations.bindingCount()).isEqualTo(BINDINGS);
        long each = (usedHeap() - before) / BINDINGS;
        System.out.println("a binding takes " + each + " B, all in, of " + BINDINGS);
        assertThat(each).isLessThanOrEqualTo(LIMIT);
        assertThat(locations.addressCount()).isEqualTo(BINDINGS);
    }
}
