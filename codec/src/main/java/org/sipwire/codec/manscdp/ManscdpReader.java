/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.manscdp;

import com.fasterxml.aalto.AsyncByteArrayFeeder;
import com.fasterxml.aalto.AsyncXMLStreamReader;
import com.fasterxml.aalto.stax.InputFactoryImpl;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamException;

/**
 * Reads MANSCDP bodies as deployed equipment sends them. Nothing is thrown: what cannot be read is a
 * {@link Manscdp.Unreadable}.
 *
 * <p>The way of a body: {@link BodyText} brings it to clean UTF-8 (without a copy when it is clean ASCII), aalto-xml
 * reads that in memory into an {@link ElementTable}, and a {@link RecordBuilder} takes its fields by name. When aalto
 * refuses, {@link MarkupRepair} tries once what is known to go wrong in the field. DTDs and entities are off; a DOCTYPE
 * is refused before the parser sees it.
 *
 * <p>One thread at a time. Records are Shared.
 */
public final class ManscdpReader {
    private static final InputFactoryImpl FACTORY = factory();

    private final ManscdpLimits limits;
    private final BodyText text = new BodyText();
    private final ElementTable elements;
    private final RecordBuilder records;
    private MarkupRepair repair;
    private boolean repaired;

    public ManscdpReader() {
        this(ManscdpLimits.DEFAULT);
    }

    public ManscdpReader(ManscdpLimits limits) {
        this.limits = limits;
        this.elements = new ElementTable(limits);
        this.records = new RecordBuilder(elements, limits);
    }

    /** Reads a whole body; its charset is told by its bytes. */
    public Manscdp read(byte[] body, int offset, int length) {
        return read(body, offset, length, ManscdpCharset.AUTO);
    }

    /** Reads a whole body in a charset that is known otherwise, by a device's configuration. */
    public Manscdp read(byte[] body, int offset, int length, ManscdpCharset charset) {
        repaired = false;
        if (length > limits.maxBytes()) {
            return RecordBuilder.unreadable(ManscdpError.TOO_LONG);
        }
        ManscdpError error = text.prepare(body, offset, length, charset);
        if (error != null) {
            return RecordBuilder.unreadable(error);
        }
        error = parse(text.array(), text.offset(), text.length());
        if (error == ManscdpError.MALFORMED) {
            if (repair == null) {
                repair = new MarkupRepair();
            }
            if (repair.repair(text.array(), text.offset(), text.length())) {
                error = parse(repair.array(), 0, repair.length());
                repaired = error == null;
            }
        }
        return error == null ? records.build() : RecordBuilder.unreadable(error);
    }

    /**
     * The charset by which the last body's octets above 127 were read; null when it was pure ASCII. Worth remembering
     * for a device: the next body may be too short to tell.
     */
    public ManscdpCharset charset() {
        return text.verdict();
    }

    /** Whether the last body was malformed and could be repaired; parts of it may have been lost. */
    public boolean repaired() {
        return repaired;
    }

    private ManscdpError parse(byte[] bytes, int offset, int length) {
        AsyncXMLStreamReader<AsyncByteArrayFeeder> reader;
        try {
            reader = FACTORY.createAsyncFor(bytes, offset, length);
            reader.getInputFeeder().endOfInput();
        } catch (XMLStreamException refused) {
            return ManscdpError.MALFORMED;
        }
        ManscdpError error = elements.fill(reader);
        try {
            reader.close();
        } catch (XMLStreamException ignored) {
            // Nothing is open: the document lies in memory.
            return error;
        }
        return error;
    }

    private static InputFactoryImpl factory() {
        InputFactoryImpl factory = new InputFactoryImpl();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setProperty(XMLInputFactory.IS_NAMESPACE_AWARE, false);
        factory.setProperty(XMLInputFactory.IS_COALESCING, false);
        return factory;
    }
}
