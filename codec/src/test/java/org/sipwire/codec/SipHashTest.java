/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SipHashTest {

    private static final long K0 = 0x0706050403020100L;
    private static final long K1 = 0x0f0e0d0c0b0a0908L;

    /** The first of the reference implementation's vectors: the hash of 0, 1, 2, .. octets 00 01 02 .. as little-endian octets. */
    private static final long[] VECTORS = {
        0x726fdb47dd0e0e31L,
        0x74f839c593dc67fdL,
        0x0d6c8009d9a94f5aL,
        0x85676696d7fb7e2dL,
        0xcf2794e0277187b7L,
        0x18765564cd99a68dL,
        0xcbc9466e58fee3ceL,
        0xab0200f58b01d137L,
    };

    private static byte[] ascending(int n) {
        byte[] b = new byte[n];
        for (int i = 0; i < n; i++) {
            b[i] = (byte) i;
        }
        return b;
    }

    @Test
    void agreesWithTheReference() {
        for (int n = 0; n < VECTORS.length; n++) {
            assertThat(SipHash.hash(K0, K1, ascending(n), 0, n)).isEqualTo(VECTORS[n]);
        }
        // The example of the paper, appendix A.
        assertThat(SipHash.hash(K0, K1, ascending(15), 0, 15)).isEqualTo(0xa129ca6149be45e5L);
    }

    @Test
    void partsHashAsTheWhole() {
        SipHash hash = new SipHash(K0, K1);
        byte[] b = ascending(64);
        for (int n = 0; n <= 64; n++) {
            long whole = SipHash.hash(K0, K1, b, 0, n);
            for (int cut = 0; cut <= n; cut++) {
                assertThat(hash.start().add(b, 0, cut).add(b, cut, n - cut).finish())
                        .isEqualTo(whole);
            }
        }
        assertThat(hash.start().add(0x0706050403020100L).finish()).isEqualTo(hash.hash(b, 0, 8));
        assertThat(hash.start().add((byte) 0).add(0x0807060504030201L).finish()).isEqualTo(hash.hash(b, 0, 9));
        assertThat(hash.start()
                        .add(new AsciiView().wrap(b, 0, 5))
                        .add(new AsciiView())
                        .finish())
                .isEqualTo(hash.hash(b, 0, 5));
    }

    @Test
    void rangeAtTheEndOfAnArrayIsRead() {
        byte[] b = ascending(15);
        assertThat(SipHash.hash(K0, K1, b, 8, 7))
                .isEqualTo(SipHash.hash(K0, K1, java.util.Arrays.copyOfRange(b, 8, 30), 0, 7));
    }
}
