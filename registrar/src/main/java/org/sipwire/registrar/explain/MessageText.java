/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.explain;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** Octets of a message as text: UTF-8 where they are, else GB18030, in which deployed devices write names. Any thread. */
public final class MessageText {
    private static final Charset GB18030 = Charset.forName("GB18030");

    private MessageText() {}

    /** The text. */
    public static String of(byte[] octets) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(octets))
                    .toString();
        } catch (CharacterCodingException notUtf8) {
            return new String(octets, GB18030);
        }
    }
}
