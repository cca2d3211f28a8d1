/* SPDX-License-Identifier: Apache-2.0 */
/** SIP messages and MANSCDP bodies: bytes and meaning. Knows no channel, thread or clock. */
module org.sipwire.codec {
    requires transitive io.netty.codec;
    requires transitive io.netty.buffer;
    requires transitive io.netty.transport;
    requires static java.xml;
    requires static com.fasterxml.aalto;
    requires static org.codehaus.stax2;

    exports org.sipwire.codec;
    exports org.sipwire.codec.capture;
    exports org.sipwire.codec.manscdp;
    exports org.sipwire.codec.internal to
            org.sipwire.transaction;
}
