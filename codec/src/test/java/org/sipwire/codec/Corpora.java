/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The corpora of torture and captured messages beside the project; without the folder every list is empty. */
final class Corpora {

    private static final Path ROOT =
            Path.of(System.getProperty("sipwire.shared", "../../shared")).resolve("corpora");

    private Corpora() {}

    /** Rows of a table with a header line, by column name. */
    static List<Map<String, String>> table(String name) {
        Path file = ROOT.resolve(name);
        List<Map<String, String>> rows = new ArrayList<>();
        if (!Files.exists(file)) {
            return rows;
        }
        try {
            List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
            String[] columns = lines.get(0).split("\t", -1);
            for (String line : lines.subList(1, lines.size())) {
                String[] cells = line.split("\t", -1);
                Map<String, String> row = new LinkedHashMap<>();
                for (int i = 0; i < columns.length && i < cells.length; i++) {
                    row.put(columns[i], cells[i]);
                }
                rows.add(row);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return rows;
    }

    static byte[] read(String folder, String file) {
        try {
            return Files.readAllBytes(ROOT.resolve(folder).resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All messages of all folders: seeds of fuzzing. */
    static List<byte[]> messages() {
        List<byte[]> all = new ArrayList<>();
        for (String folder : List.of("rfc4475", "rfc5118", "wild", "gb28181")) {
            for (String file : files(folder)) {
                all.add(read(folder, file));
            }
        }
        return all;
    }

    static List<String> files(String folder) {
        Path directory = ROOT.resolve(folder);
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (var stream = Files.list(directory)) {
            return stream.map(p -> p.getFileName().toString())
                    .filter(n -> n.endsWith(".sip") || n.endsWith(".dat"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
