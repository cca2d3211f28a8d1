/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a platform pays for a body: a Keepalive peeked, a catalogue part of two items read, in ASCII as most are and with
 * hanzi, and a query written. The goals are 150 ns and 0 octets for the peek, 5 us for the part.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ManscdpBenchmark {
    private static final String ID = "34020000001320000002";

    private final byte[] keepalive =
            ("<?xml version=\"1.0\" encoding=\"GB2312\" ?>\n<Notify>\n    <CmdType>Keepalive</CmdType>\n"
                            + "    <SN>539</SN>\n    <DeviceID>" + ID
                            + "</DeviceID>\n    <Status>OK</Status>\n</Notify>\n")
                    .getBytes(StandardCharsets.US_ASCII);
    private final byte[] catalog = catalog("IPCamera 01").getBytes(StandardCharsets.US_ASCII);
    private final byte[] hanzi = catalog("南门入口").getBytes(Charset.forName("GB18030"));

    private final ManscdpPeek peek = new ManscdpPeek();
    private final ManscdpReader reader = new ManscdpReader();
    private final ManscdpWriter writer = new ManscdpWriter();
    private final Manscdp.Catalog part = (Manscdp.Catalog) reader.read(catalog, 0, catalog.length);

    @Benchmark
    public long peekKeepalive() {
        peek.peek(keepalive, 0, keepalive.length);
        return peek.sn() + peek.cmdType().ordinal() + peek.deviceIdLength();
    }

    @Benchmark
    public Manscdp readKeepalive() {
        return reader.read(keepalive, 0, keepalive.length);
    }

    @Benchmark
    public Manscdp readTwoItems() {
        return reader.read(catalog, 0, catalog.length);
    }

    @Benchmark
    public Manscdp readTwoItemsInGb18030() {
        return reader.read(hanzi, 0, hanzi.length);
    }

    @Benchmark
    public int writeCatalogQuery() {
        return writer.catalogQuery(12_345, ID).length();
    }

    @Benchmark
    public int writeTwoItems() {
        return writer.write(part).length();
    }

    private static String catalog(String name) {
        StringBuilder items = new StringBuilder();
        for (String id : List.of("34020000001310000001", "34020000001310000002")) {
            items.append("<Item>\n<DeviceID>")
                    .append(id)
                    .append("</DeviceID>\n<Name>")
                    .append(name)
                    .append("</Name>\n")
                    .append("<Manufacturer>Hikvision</Manufacturer>\n<Model>IP Camera</Model>\n<Owner>Owner</Owner>\n")
                    .append("<CivilCode>3402000000</CivilCode>\n<Address>Address</Address>\n<Parental>0</Parental>\n")
                    .append("<ParentID>")
                    .append(ID)
                    .append("</ParentID>\n<SafetyWay>0</SafetyWay>\n")
                    .append("<RegisterWay>1</RegisterWay>\n<Secrecy>0</Secrecy>\n<Status>ON</Status>\n</Item>\n");
        }
        return "<?xml version=\"1.0\" encoding=\"GB2312\"?>\n<Response>\n<CmdType>Catalog</CmdType>\n<SN>10021</SN>\n<DeviceID>"
                + ID + "</DeviceID>\n<SumNum>2</SumNum>\n<DeviceList Num=\"2\">\n" + items
                + "</DeviceList>\n</Response>\n";
    }
}
