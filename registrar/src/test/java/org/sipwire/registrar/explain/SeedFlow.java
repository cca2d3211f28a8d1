/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.explain;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.sipwire.codec.capture.CapturedMessage;
import org.sipwire.codec.capture.Endpoint;

/** The captured flow this project began with, its messages as octets and at the times they name. */
final class SeedFlow {
    static final Endpoint DEVICE = new Endpoint("192.168.35.165", 5080);
    static final Endpoint PLATFORM = new Endpoint("192.168.35.166", 5060);
    /** 2021-03-24T15:25:03.250 in China. */
    static final long MICROS = 1_616_570_703_250_000L;

    private static final List<String> FILES = List.of(
            "seed-01-register-capability.sip",
            "seed-02-401.sip",
            "seed-03-register-digest.sip",
            "seed-04-200-date.sip",
            "seed-05-catalog-query.sip",
            "seed-06-200-catalog-query.sip");

    private SeedFlow() {}

    static List<CapturedMessage> messages() {
        List<CapturedMessage> messages = new ArrayList<>();
        for (int i = 0; i < FILES.size(); i++) {
            boolean fromDevice = i % 2 == 0 ^ i > 3;
            try (InputStream in = SeedFlow.class.getResourceAsStream(FILES.get(i))) {
                messages.add(message(i, fromDevice, in.readAllBytes()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return messages;
    }

    static CapturedMessage message(int step, boolean fromDevice, byte[] octets) {
        return new CapturedMessage(
                MICROS + step * 3_000,
                "udp",
                fromDevice ? DEVICE : PLATFORM,
                fromDevice ? PLATFORM : DEVICE,
                octets,
                false);
    }

    /** The first messages of the flow with parts of their texts replaced: pairs of what is there and what shall be. */
    static List<CapturedMessage> changed(int count, String... replacements) {
        List<CapturedMessage> changed = new ArrayList<>();
        for (CapturedMessage message : messages().subList(0, count)) {
            String text = new String(message.octets(), StandardCharsets.ISO_8859_1);
            for (int i = 0; i < replacements.length; i += 2) {
                text = text.replace(replacements[i], replacements[i + 1]);
            }
            changed.add(new CapturedMessage(
                    message.timeMicros(),
                    message.transport(),
                    message.source(),
                    message.destination(),
                    text.getBytes(StandardCharsets.ISO_8859_1),
                    false));
        }
        return changed;
    }
}
