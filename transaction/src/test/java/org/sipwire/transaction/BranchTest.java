/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.sipwire.codec.AsciiView;

class BranchTest {

    private static final StackKeys KEYS = new StackKeys(1, 2);

    private static String next(Branch branch) {
        byte[] text = new byte[Branch.LENGTH + 3];
        assertThat(branch.write(text, 3)).isEqualTo(text.length);
        return new String(text, 3, Branch.LENGTH, StandardCharsets.US_ASCII);
    }

    private static int owner(String branch) {
        byte[] text = branch.getBytes(StandardCharsets.US_ASCII);
        return Branch.owner(new AsciiView().wrap(text, 0, text.length));
    }

    @Test
    void branchBeginsWithTheCookieAndCarriesItsLoop() {
        for (int loop : new int[] {0, 3, 16, 255}) {
            String branch = next(new Branch(loop, KEYS));
            assertThat(branch).startsWith("z9hG4bK-sw").hasSize(Branch.LENGTH);
            assertThat(owner(branch)).isEqualTo(loop);
        }
    }

    @Test
    void branchesAreUniqueOverLoopsNumbersAndStacks() {
        Set<String> seen = new HashSet<>();
        for (int loop = 0; loop < 4; loop++) {
            Branch branch = new Branch(loop, KEYS);
            Branch other = new Branch(loop, new StackKeys(3, 4));
            for (int i = 0; i < 1_000; i++) {
                assertThat(seen.add(next(branch))).isTrue();
                assertThat(seen.add(next(other))).isTrue();
            }
        }
    }

    @Test
    void branchOfAnotherStackHasNoOwner() {
        assertThat(owner("z9hG4bK776asdhds")).isEqualTo(-1);
        assertThat(owner("z9hG4bK-xx03-000000000000002a-7b1f0c55d2e3904c")).isEqualTo(-1);
        assertThat(owner("z9hG4bK-swzz-000000000000002a-7b1f0c55d2e3904c")).isEqualTo(-1);
        assertThat(Branch.owner(new AsciiView())).isEqualTo(-1);
    }

    @Test
    void loopThatHasNoTwoDigitsIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Branch(256, KEYS));
    }
}
