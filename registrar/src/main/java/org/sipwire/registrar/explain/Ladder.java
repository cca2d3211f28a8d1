/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.explain;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.sipwire.codec.capture.CapturedMessage;
import org.sipwire.codec.capture.Endpoint;

/** The columns of a ladder: who takes part in a flow. Shared. */
final class Ladder {
    private static final int MAX_COLUMNS = 4;

    private final List<String> columns;
    private final boolean withPorts;

    private Ladder(List<String> columns, boolean withPorts) {
        this.columns = columns;
        this.withPorts = withPorts;
    }

    /** A column for each address and port; where that makes too many, as with a connection each, one for each address. */
    static Ladder of(CallFlow flow) {
        Ladder all = columns(flow, true);
        return all.columns.size() <= MAX_COLUMNS ? all : columns(flow, false);
    }

    private static Ladder columns(CallFlow flow, boolean withPorts) {
        Set<String> columns = new LinkedHashSet<>();
        for (CapturedMessage message : flow.messages()) {
            columns.add(name(message.source(), withPorts));
            columns.add(name(message.destination(), withPorts));
        }
        return new Ladder(new ArrayList<>(columns), withPorts);
    }

    private static String name(Endpoint endpoint, boolean withPort) {
        return withPort ? endpoint.toString() : endpoint.host();
    }

    /** The columns' names, from left to right. */
    List<String> names() {
        return columns;
    }

    int column(Endpoint endpoint) {
        return columns.indexOf(name(endpoint, withPorts));
    }
}
