/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** RFC 3261 §10.3 steps 6 and 7 written down with maps: what a location service has to agree with. */
final class LocationModel {

    /** A contact of a request; {@code expires} as granted. */
    record Asked(String uri, long expires) {}

    /** Who asks: what the order of requests is told by. */
    record By(String callId, long cseq, long flowId) {}

    record Bound(String uri, long expiresAt, By by) {}

    private final Map<String, Map<String, Bound>> bindings = new HashMap<>();
    private final int maxContacts;
    private final boolean replacesOldest;

    LocationModel(int maxContacts, boolean replacesOldest) {
        this.maxContacts = maxContacts;
        this.replacesOldest = replacesOldest;
    }

    /** What is bound and not over, by contact. */
    Map<String, Bound> of(String aor, long nowSeconds) {
        Map<String, Bound> live = new LinkedHashMap<>(bindings.getOrDefault(aor, Map.of()));
        live.values().removeIf(bound -> bound.expiresAt() <= nowSeconds);
        return live;
    }

    /** Believes what is told. */
    void set(String aor, Collection<Bound> bound) {
        Map<String, Bound> all = new LinkedHashMap<>();
        bound.forEach(one -> all.put(one.uri(), one));
        bindings.put(aor, all);
    }

    int count(long nowSeconds) {
        return bindings.keySet().stream()
                .mapToInt(aor -> of(aor, nowSeconds).size())
                .sum();
    }

    /** Applies a wildcard; the status to answer. */
    int removeAll(String aor, By by, long nowSeconds) {
        boolean late = of(aor, nowSeconds).values().stream().anyMatch(bound -> isLate(by, bound));
        if (!late) {
            bindings.remove(aor);
        }
        return late ? 500 : 200;
    }

    /** Applies contacts, all or none; the status to answer. */
    int update(String aor, List<Asked> contacts, By by, long nowSeconds) {
        Map<String, Bound> before = of(aor, nowSeconds);
        Map<String, Bound> kept = new LinkedHashMap<>(before);
        Map<String, Bound> added = new LinkedHashMap<>();
        for (Asked asked : contacts) {
            added.remove(asked.uri());
            Bound bound = kept.get(asked.uri());
            if (bound != null && isLate(by, bound)) {
                boolean repeated = by.equals(bound.by()) && asked.expires() != 0;
                if (!repeated) {
                    return 500;
                }
                continue;
            }
            kept.remove(asked.uri());
            if (asked.expires() != 0) {
                added.put(asked.uri(), new Bound(asked.uri(), nowSeconds + asked.expires(), by));
            }
        }
        if (!added.isEmpty() && kept.size() + added.size() > maxContacts) {
            if (!replacesOldest || added.size() > maxContacts) {
                if (kept.size() + added.size() > before.size()) {
                    return 403;
                }
            } else {
                List<Bound> oldest = new ArrayList<>(kept.values());
                oldest.sort((a, b) -> Long.compare(a.expiresAt(), b.expiresAt()));
                for (Bound bound : oldest.subList(0, kept.size() + added.size() - maxContacts)) {
                    kept.remove(bound.uri());
                }
            }
        }
        kept.putAll(added);
        bindings.put(aor, kept);
        return 200;
    }

    /** Of two bindings that end together either may make room. */
    boolean isTie(String aor, long nowSeconds) {
        Map<String, Bound> live = of(aor, nowSeconds);
        return live.values().stream().map(Bound::expiresAt).distinct().count() < live.size();
    }

    private static boolean isLate(By by, Bound bound) {
        return by.callId().equals(bound.by().callId())
                && by.cseq() <= bound.by().cseq();
    }
}
