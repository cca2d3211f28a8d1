/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ManscdpBenchmarkTest {

    private final ManscdpBenchmark benchmark = new ManscdpBenchmark();

    @Test
    void bodiesAreReadAsWhatTheyAre() {
        assertThat(benchmark.peekKeepalive()).isEqualTo(539 + CmdType.KEEPALIVE.ordinal() + 20);
        assertThat(benchmark.readKeepalive()).isInstanceOf(Manscdp.Keepalive.class);
        Manscdp.Catalog ascii = (Manscdp.Catalog) benchmark.readTwoItems();
        Manscdp.Catalog hanzi = (Manscdp.Catalog) benchmark.readTwoItemsInGb18030();
        assertThat(ascii.items()).extracting(CatalogItem::name).containsExactly("IPCamera 01", "IPCamera 01");
        assertThat(hanzi.items()).extracting(CatalogItem::name).containsExactly("南门入口", "南门入口");
    }

    @Test
    void bodiesAreWrittenWhole() {
        assertThat(benchmark.writeCatalogQuery()).isBetween(100, 300);
        assertThat(benchmark.writeTwoItems()).isBetween(600, 1500);
    }
}
