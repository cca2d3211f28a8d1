/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every captured body decodes to the right names and fields. golden.tsv was made from the captures by other means than
 * this reader: a line a file, its leaves by path, vendors' own elements left out.
 */
class ManscdpGoldenTest {
    private static final Pattern TOKEN = Pattern.compile("<(/?)([A-Za-z]\\w*)[^<>]*>|([^<]+)");

    @TestFactory
    Stream<DynamicTest> capturedBodyDecodesToItsGoldenFields() throws IOException {
        Path corpus = Path.of(System.getProperty("sipwire.shared", "absent"), "corpora", "gb28181");
        return golden().stream()
                .filter(line -> Files.exists(corpus.resolve(line.get(0))))
                .map(line -> DynamicTest.dynamicTest(
                        line.get(0), () -> decodes(corpus.resolve(line.get(0)), line.subList(1, line.size()))));
    }

    @Test
    void goldenTableHoldsChineseNamesOfEachEncoding() throws IOException {
        assertThat(golden().toString())
                .contains("大华1.107")
                .contains("视频动检")
                .contains("预置点 1")
                .contains("大门口")
                .contains("A&B门");
    }

    private static void decodes(Path file, List<String> expected) throws IOException {
        byte[] message = Files.readAllBytes(file);
        int body = new String(message, StandardCharsets.ISO_8859_1).indexOf("\r\n\r\n") + 4;
        Manscdp read = new ManscdpReader().read(message, body, message.length - body);
        if (expected.equals(List.of("unreadable"))) {
            assertThat(read).isInstanceOf(Manscdp.Unreadable.class);
            return;
        }
        ManscdpWriter writer = new ManscdpWriter(ManscdpCharset.UTF_8);
        byte[] again = writer.write(read).toByteArray();
        assertThat(leaves(new String(again, StandardCharsets.UTF_8))).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(new ManscdpReader().read(again, 0, again.length)).isEqualTo(read);
        ManscdpPeek peek = new ManscdpPeek();
        assertThat(peek.peek(message, body, message.length - body)).isTrue();
        assertThat(peek.cmdType()).isEqualTo(read.cmdType());
        assertThat(peek.root()).isEqualTo(read.root());
        assertThat(peek.sn()).isEqualTo(read.sn());
        if (!(read instanceof Manscdp.Broadcast)) {
            assertThat(peek.deviceIdText()).isEqualTo(read.deviceId());
        }
    }

    private static List<String> leaves(String xml) {
        List<String> leaves = new ArrayList<>();
        Deque<String> open = new ArrayDeque<>();
        String text = "";
        boolean leaf = false;
        Matcher token = TOKEN.matcher(xml.substring(xml.indexOf("?>") + 2));
        while (token.find()) {
            if (token.group(3) != null) {
                text += token.group(3);
            } else if (token.group(1).isEmpty()) {
                open.addLast(token.group(2));
                text = "";
                leaf = true;
            } else {
                String value = text.strip().replace("&lt;", "<").replace("&amp;", "&");
                if (leaf && !value.isEmpty()) {
                    leaves.add(String.join("/", open) + '=' + value);
                }
                open.removeLast();
                leaf = false;
            }
        }
        return leaves;
    }

    private static List<List<String>> golden() throws IOException {
        try (InputStream in = ManscdpGoldenTest.class.getResourceAsStream("golden.tsv")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(line -> Arrays.asList(line.split("\t")))
                    .toList();
        }
    }
}
