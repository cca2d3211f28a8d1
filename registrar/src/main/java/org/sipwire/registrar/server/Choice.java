/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.StringJoiner;
import org.sipwire.registrar.RegistrarConfig;
import org.sipwire.registrar.auth.AuthConfig;
import org.sipwire.registrar.auth.GuardLimits;
import org.sipwire.trace.TraceFilter;
import org.sipwire.transport.ListeningPoint;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The values that options take: each converter refuses with the words a person needs. */
final class Choice {
    private static final long MAX_SECONDS = 0xFFFF_FFFFL >>> 1;

    private Choice() {}

    private static String oneOf(String value, List<String> known) {
        if (!known.contains(value)) {
            throw new TypeConversionException("'" + value + "' is not one of " + String.join(", ", known));
        }
        return value;
    }

    private static int number(String value, long min, long max) {
        try {
            long number = Long.parseLong(value);
            if (number >= min && number <= max) {
                return (int) number;
            }
        } catch (NumberFormatException e) {
            // Said below, in the same words as for a number out of range.
        }
        throw new TypeConversionException("'" + value + "' is not a number within " + min + ".." + max);
    }

    static final class ListenUri implements ITypeConverter<ListeningPoint> {
        @Override
        public ListeningPoint convert(String value) {
            try {
                return ListeningPoint.parse(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    static final class QopChoice implements ITypeConverter<String> {
        @Override
        public String convert(String value) {
            return oneOf(value, List.of("none", "auth"));
        }
    }

    static final class OverflowChoice implements ITypeConverter<RegistrarConfig.Overflow> {
        @Override
        public RegistrarConfig.Overflow convert(String value) {
            return oneOf(value, List.of("replace", "reject")).equals("reject")
                    ? RegistrarConfig.Overflow.REJECT
                    : RegistrarConfig.Overflow.REPLACE_OLDEST;
        }
    }

    static final class FleetChoice implements ITypeConverter<AuthConfig.FleetNonces> {
        @Override
        public AuthConfig.FleetNonces convert(String value) {
            return AuthConfig.FleetNonces.valueOf(
                    oneOf(value, List.of("stale", "accept")).toUpperCase(Locale.ROOT));
        }
    }

    static final class InfoChoice implements ITypeConverter<AuthConfig.AuthenticationInfo> {
        @Override
        public AuthConfig.AuthenticationInfo convert(String value) {
            return AuthConfig.AuthenticationInfo.valueOf(
                    oneOf(value, List.of("off", "rspauth", "nextnonce")).toUpperCase(Locale.ROOT));
        }
    }

    static final class IoChoice implements ITypeConverter<String> {
        @Override
        public String convert(String value) {
            return oneOf(value, List.of("auto", "epoll", "io_uring", "nio"));
        }
    }

    /** A level, levels of loggers below {@code org.sipwire} or elsewhere, or both: {@code info,org.sipwire.transport=debug}. */
    static final class LogLevel implements ITypeConverter<String> {
        private static final List<String> LEVELS = List.of("error", "warn", "info", "debug", "trace");

        @Override
        public String convert(String value) {
            StringJoiner levels = new StringJoiner(",");
            Set<String> named = new HashSet<>();
            for (String part : value.split(",", -1)) {
                int equals = part.lastIndexOf('=');
                String logger = part.substring(0, Math.max(equals, 0)).strip();
                if (equals >= 0 && !logger.matches("[\\w$]+(\\.[\\w$]+)*")) {
                    throw new TypeConversionException("'" + logger + "' is not the name of a logger");
                }
                if (!named.add(logger)) {
                    throw new TypeConversionException("'" + value + "' says twice how much of the same is logged");
                }
                String level = oneOf(part.substring(equals + 1).strip().toLowerCase(Locale.ROOT), LEVELS);
                levels.add(logger.isEmpty() ? level : logger + '=' + level);
            }
            return levels.toString();
        }
    }

    static final class LogFormat implements ITypeConverter<String> {
        @Override
        public String convert(String value) {
            return oneOf(value, List.of("text", "json"));
        }
    }

    static final class TrueOrFalse implements ITypeConverter<Boolean> {
        @Override
        public Boolean convert(String value) {
            return oneOf(value, List.of("true", "false")).equals("true");
        }
    }

    static final class Seconds implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String value) {
            return number(value, 0, MAX_SECONDS);
        }
    }

    static final class PositiveSeconds implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String value) {
            return number(value, 1, MAX_SECONDS);
        }
    }

    static final class Positive implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String value) {
            return number(value, 1, 1024);
        }
    }

    static final class Failures implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String value) {
            return number(value, 0, GuardLimits.MAX_FAILURES);
        }
    }

    static final class SomeFailures implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String value) {
            return number(value, 1, GuardLimits.MAX_FAILURES);
        }
    }

    static final class DrainSeconds implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String value) {
            return number(value, 0, 3600);
        }
    }

    /** As it says. */
    static final class UpToAnHour implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String value) {
            return number(value, 1, 3600);
        }
    }

    static final class Percent implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String value) {
            return number(value, 0, 90);
        }
    }

    static final class DeviceId implements ITypeConverter<String> {
        @Override
        public String convert(String value) {
            if (value.length() != 20 || !value.chars().allMatch(c -> c >= '0' && c <= '9')) {
                throw new TypeConversionException("'" + value + "' is not a 20-digit GB/T 28181 ID");
            }
            return value;
        }
    }

    static final class GbVersion implements ITypeConverter<String> {
        @Override
        public String convert(String value) {
            return oneOf(value, List.of("1.0", "1.1", "2.0", "3.0"));
        }
    }

    /** How often a device keeps alive, and how many times it may miss. */
    record Heartbeat(int seconds, int count) {}

    static final class HeartbeatText implements ITypeConverter<Heartbeat> {
        private static final int MAX_INTERVAL = 3600;
        private static final int MAX_COUNT = 100;

        @Override
        public Heartbeat convert(String value) {
            int x = value.indexOf('x');
            if (x < 0) {
                throw new TypeConversionException("'" + value + "' is not SECONDSxCOUNT, as in 60x3");
            }
            return new Heartbeat(
                    number(value.substring(0, x), 1, MAX_INTERVAL), number(value.substring(x + 1), 1, MAX_COUNT));
        }
    }

    static final class UdpUri implements ITypeConverter<InetSocketAddress> {
        @Override
        public InetSocketAddress convert(String value) {
            if (!value.startsWith("udp://")) {
                throw new TypeConversionException("'" + value + "' is not udp://HOST:PORT");
            }
            return new HostAndPort().convert(value.substring(6));
        }
    }

    static final class MessageFilter implements ITypeConverter<TraceFilter> {
        @Override
        public TraceFilter convert(String value) {
            int colon = value.indexOf(':');
            String text = value.substring(colon + 1);
            try {
                return switch (colon < 0 ? value : value.substring(0, colon + 1)) {
                    case "all" -> TraceFilter.all();
                    case "device:" -> TraceFilter.device(text);
                    case "aor:" -> TraceFilter.aor(text);
                    case "source:" -> TraceFilter.source(text);
                    default ->
                        throw new TypeConversionException(
                                "'" + value + "' is not all, device:ID, aor:USER@HOST or source:IP[:PORT]");
                };
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException("'" + value + "': " + e.getMessage());
            }
        }
    }

    static final class AgentNumber implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String value) {
            return number(value, 1, 999_999_999);
        }
    }

    static final class HostAndPort implements ITypeConverter<InetSocketAddress> {
        @Override
        public InetSocketAddress convert(String value) {
            int colon = value.lastIndexOf(':');
            String host = colon < 0 ? "" : value.substring(0, colon);
            if (host.startsWith("[") && host.endsWith("]")) {
                host = host.substring(1, host.length() - 1);
            } else if (host.indexOf(':') >= 0) {
                throw new TypeConversionException("'" + value + "': an IPv6 address must stand in brackets");
            }
            if (host.isBlank()) {
                throw new TypeConversionException("'" + value + "' is not HOST:PORT, as in 127.0.0.1:9464");
            }
            return InetSocketAddress.createUnresolved(host, number(value.substring(colon + 1), 0, 65535));
        }
    }
}
