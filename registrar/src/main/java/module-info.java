/* SPDX-License-Identifier: Apache-2.0 */
/** A SIP registrar and GB/T 28181 platform: a transaction user, and the server that runs it. */
module org.sipwire.registrar {
    requires transitive org.sipwire.transaction;
    requires io.netty.common;
    requires io.netty.handler;
    requires io.netty.codec.http;
    requires io.netty.codec.compression;
    requires io.netty.transport.unix.common;
    requires io.netty.transport.classes.epoll;
    requires org.slf4j;
    requires java.sql;
    requires java.management;
    requires jdk.management;
    requires static java.xml;
    requires static transitive micrometer.core;
    requires static micrometer.registry.prometheus;
    requires static io.prometheus.metrics.model;
    requires static com.fasterxml.jackson.core;
    requires static rocksdbjni;
    requires static lettuce.core;
    requires static com.zaxxer.hikari;
    requires static info.picocli;
    requires static ch.qos.logback.classic;
    requires static ch.qos.logback.core;

    exports org.sipwire.registrar;
    exports org.sipwire.registrar.auth;
    exports org.sipwire.registrar.client;
    exports org.sipwire.registrar.location;
    exports org.sipwire.registrar.gb28181;
    exports org.sipwire.registrar.server;
    exports org.sipwire.registrar.explain;
}
