/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import org.sipwire.codec.AsciiView;
import org.sipwire.codec.HeaderValues;
import org.sipwire.codec.ResponseWriter;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipRequest;

/** The extensions a registrar understands, by their option tags (RFC 3261 §19.2). Confined to one thread. */
final class OptionTags {

    /** RFC 3327. */
    static final int PATH = 1;
    /** RFC 5626. */
    static final int OUTBOUND = 2;
    /** RFC 5627. */
    static final int GRUU = 4;
    /** What Supported says of this registrar. */
    static final String SUPPORTED = "path, outbound, gruu";

    private final AsciiView tag = new AsciiView();

    private int bit() {
        if (tag.equalsIgnoreCase("path")) {
            return PATH;
        }
        if (tag.equalsIgnoreCase("outbound")) {
            return OUTBOUND;
        }
        return tag.equalsIgnoreCase("gruu") ? GRUU : 0;
    }

    /** The extensions of this registrar that the request's sender supports or requires. */
    int supported(SipRequest request) {
        return bits(request, SipHeader.SUPPORTED) | bits(request, SipHeader.REQUIRE);
    }

    private int bits(SipRequest request, SipHeader header) {
        int bits = 0;
        if (request.has(header)) {
            HeaderValues values = request.values(header);
            while (values.next()) {
                values.value(tag);
                bits |= bit();
            }
        }
        return bits;
    }

    /** True when every tag of Require and Proxy-Require is understood. */
    boolean understandsAll(SipRequest request) {
        return understands(request, SipHeader.REQUIRE) && understands(request, SipHeader.PROXY_REQUIRE);
    }

    private boolean understands(SipRequest request, SipHeader header) {
        if (request.has(header)) {
            HeaderValues values = request.values(header);
            while (values.next()) {
                values.value(tag);
                if (!tag.isEmpty() && bit() == 0) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Writes an Unsupported line with every tag that is not understood. */
    void writeUnsupported(SipRequest request, ResponseWriter writer) {
        writer.headerStart(SipHeader.UNSUPPORTED);
        boolean first = write(request, SipHeader.REQUIRE, writer, true);
        write(request, SipHeader.PROXY_REQUIRE, writer, first);
        writer.headerEnd();
    }

    private boolean write(SipRequest request, SipHeader header, ResponseWriter writer, boolean firstOfAll) {
        boolean first = firstOfAll;
        HeaderValues values = request.values(header);
        while (values.next()) {
            values.value(tag);
            if (!tag.isEmpty() && bit() == 0) {
                if (!first) {
                    writer.put(", ");
                }
                writer.put(tag);
                first = false;
            }
        }
        return first;
    }
}
