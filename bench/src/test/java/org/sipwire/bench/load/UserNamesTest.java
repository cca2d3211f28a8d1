/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class UserNamesTest {
    @Test
    void usersAreWrittenInPlaceAndReadBack() {
        UserNames users = new UserNames("3402000000132", 7);
        byte[] to = new byte[24];
        assertThat(users.write(to, 2, 4711)).isEqualTo(22);
        assertThat(new String(to, 2, 20, StandardCharsets.ISO_8859_1)).isEqualTo("34020000001320004711");
        assertThat(users.indexOf(to, 2, 20)).isEqualTo(4711);
        assertThat(users.capacity()).isEqualTo(10_000_000);
    }

    @Test
    void namesOfOthersAreNobody() {
        UserNames users = new UserNames("u", 3);
        byte[] text = Scratch.ascii("u12x v123 u1234");
        assertThat(users.indexOf(text, 0, 4)).isEqualTo(-1);
        assertThat(users.indexOf(text, 5, 4)).isEqualTo(-1);
        assertThat(users.indexOf(text, 10, 5)).isEqualTo(-1);
    }
}
