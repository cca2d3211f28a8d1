/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.util.LinkedHashMap;
import java.util.Map;
import org.sipwire.codec.manscdp.CmdType;
import org.sipwire.codec.manscdp.Manscdp;

/** The questions of GB/T 28181-2016 A.2.4, with their elements in the standard's order. */
final class Queries {
    private Queries() {}

    static Manscdp.Query plain(CmdType type, int sn, String target) {
        return new Manscdp.Query(type, sn, target, Map.of());
    }

    static Manscdp.Query catalog(int sn, String target, String from, String to) {
        return with(CmdType.CATALOG, sn, target, "StartTime", from, "EndTime", to);
    }

    /** Recordings; {@code type} is time, alarm, manual or all. Empty elements are written: recorders were tested with them. */
    static Manscdp.Query recordings(int sn, String target, String from, String to, String type) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("StartTime", from);
        parameters.put("EndTime", to);
        parameters.put("FilePath", "");
        parameters.put("Address", "");
        parameters.put("Secrecy", "0");
        parameters.put("Type", type);
        parameters.put("RecorderID", "");
        return new Manscdp.Query(CmdType.RECORD_INFO, sn, target, parameters);
    }

    static Manscdp.Query configuration(int sn, String target, String types) {
        return with(CmdType.CONFIG_DOWNLOAD, sn, target, "ConfigType", types);
    }

    /** A query with those of the name-value pairs that have a value. */
    static Manscdp.Query with(CmdType type, int sn, String target, String... pairs) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            if (!pairs[i + 1].isEmpty()) {
                parameters.put(pairs[i], pairs[i + 1]);
            }
        }
        return new Manscdp.Query(type, sn, target, parameters);
    }
}
