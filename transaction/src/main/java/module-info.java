/* SPDX-License-Identifier: Apache-2.0 */
/** SIP transactions and transports: state and wire. */
module org.sipwire.transaction {
    requires transitive org.sipwire.codec;
    requires io.netty.common;
    requires io.netty.handler;
    requires io.netty.codec.http;
    requires io.netty.resolver;
    requires io.netty.resolver.dns;
    requires io.netty.codec.dns;
    requires io.netty.transport.unix.common;
    requires io.netty.transport.classes.epoll;
    requires io.netty.transport.classes.io_uring;
    requires org.jctools.core;
    requires org.slf4j;
    requires static transitive micrometer.core;

    exports org.sipwire.transaction;
    exports org.sipwire.transport;
    exports org.sipwire.transport.fault;
    exports org.sipwire.metrics;
    exports org.sipwire.trace;
}
