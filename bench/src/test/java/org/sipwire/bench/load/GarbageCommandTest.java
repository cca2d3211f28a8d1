/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.ResourceLeakDetector;
import org.junit.jupiter.api.Test;

class GarbageCommandTest {

    @Test
    void theRegistrarAllocatesNothingWhereNettysDatagramsDo() throws Exception {
        ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();
        // The detector writes down who touched a buffer.
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
        try {
            assertThat(GarbageCommand.count("udp", "sipwire", 20_000).eachInBestTenth())
                    .isLessThan(1);
            assertThat(GarbageCommand.count("udp", "floor", 2_000).each()).isGreaterThan(64);
        } finally {
            ResourceLeakDetector.setLevel(level);
        }
    }
}
