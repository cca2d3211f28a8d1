/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.encoder.EncoderBase;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;

/**
 * The server's log: how much, and in which form. {@code logback.xml} sends it to stderr through a queue that drops what a blocked stderr
 * does not take, so that no loop ever waits for a log.
 *
 * <p>Thread: the starting thread, and the one that reloads.
 */
final class Logs {
    private static final String OWN = "org.sipwire";

    /** What {@code logback.xml} and {@code SIPWIRE_LOG} say of loggers of which an option says otherwise; null: as the one above it. */
    private static final Map<String, Level> CONFIGURED = new HashMap<>();

    private Logs() {}

    /** Logs as the options say, if the log is Logback's. */
    static synchronized void apply(ServerOptions options) {
        ILoggerFactory factory = LoggerFactory.getILoggerFactory();
        if (!(factory instanceof LoggerContext context)) {
            return;
        }
        level(context, options.logLevel == null ? "" : options.logLevel);
        Appender<ILoggingEvent> queue =
                context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).getAppender("queue");
        if (queue instanceof AsyncAppender async
                && async.getAppender("stderr") instanceof OutputStreamAppender<ILoggingEvent> stderr) {
            boolean json = options.logFormat.equals("json");
            if (json != (stderr.getEncoder() instanceof JsonLines)) {
                Encoder<ILoggingEvent> encoder = json ? new JsonLines() : text();
                encoder.setContext(context);
                encoder.start();
                stderr.setEncoder(encoder);
            }
        }
    }

    /** @param levels as {@link Choice.LogLevel} gives them */
    private static void level(LoggerContext context, String levels) {
        CONFIGURED.forEach((name, level) -> context.getLogger(name).setLevel(level));
        CONFIGURED.clear();
        for (String part : levels.isEmpty() ? new String[0] : levels.split(",")) {
            int equals = part.indexOf('=');
            String name = equals < 0 ? OWN : part.substring(0, equals);
            CONFIGURED.putIfAbsent(name, context.getLogger(name).getLevel());
            context.getLogger(name).setLevel(Level.toLevel(part.substring(equals + 1)));
        }
    }

    private static PatternLayoutEncoder text() {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        // As logback.xml has it.
        encoder.setPattern(
                "%date{\"yyyy-MM-dd'T'HH:mm:ss.SSSXXX\"} %-5level [%thread] %logger{24} %message %kvp{NONE}%n%ex{8}");
        return encoder;
    }

    /** One JSON object a line: time, level, thread, logger, message, the key-value pairs of the call, and the exception. */
    static final class JsonLines extends EncoderBase<ILoggingEvent> {
        private static final JsonFactory JSON = new JsonFactory();
        private static final byte[] NOTHING = {};

        @Override
        public byte[] encode(ILoggingEvent event) {
            ByteArrayOutputStream line = new ByteArrayOutputStream(256);
            try (JsonGenerator json = JSON.createGenerator(line)) {
                json.writeStartObject();
                json.writeStringField(
                        "time", Instant.ofEpochMilli(event.getTimeStamp()).toString());
                json.writeStringField("level", event.getLevel().toString());
                json.writeStringField("thread", event.getThreadName());
                json.writeStringField("logger", event.getLoggerName());
                json.writeStringField("message", event.getFormattedMessage());
                List<KeyValuePair> pairs = event.getKeyValuePairs();
                for (KeyValuePair pair : pairs == null ? List.<KeyValuePair>of() : pairs) {
                    if (pair.value instanceof Number number) {
                        json.writeNumberField(pair.key, number.longValue());
                    } else {
                        json.writeStringField(pair.key, String.valueOf(pair.value));
                    }
                }
                if (event.getThrowableProxy() != null) {
                    json.writeStringField("exception", ThrowableProxyUtil.asString(event.getThrowableProxy()));
                }
                json.writeEndObject();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            line.write('\n');
            return line.toByteArray();
        }

        @Override
        public byte[] headerBytes() {
            return NOTHING;
        }

        @Override
        public byte[] footerBytes() {
            return NOTHING;
        }
    }
}
