/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DefaultDnsRecordDecoder;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRawRecord;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.resolver.dns.DnsErrorCauseException;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsNameResolverException;
import io.netty.resolver.dns.DnsNameResolverTimeoutException;
import io.netty.resolver.dns.DnsQueryLifecycleObserver;
import io.netty.resolver.dns.NoopDnsCache;
import io.netty.resolver.dns.NoopDnsCnameCache;
import io.netty.resolver.dns.NoopDnsQueryLifecycleObserverFactory;
import io.netty.resolver.dns.SequentialDnsServerAddressStreamProvider;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * The DNS by Netty's resolver, which follows CNAMEs, repeats questions and turns to TCP for long answers; the hosts file comes first for
 * addresses. Search domains are not used: a SIP URI has a whole name. Confined to its loop.
 *
 * <p>Answers are kept as long as their shortest TTL says, and that there is no record for {@value #NEGATIVE_SECONDS} s. A question that is
 * on its way is not asked again: a thousand registrations that begin at once are one question.
 *
 * <p>Owned by its loop.
 */
public final class DnsNameService implements NameService {
    private static final int NEGATIVE_SECONDS = 30;
    /** That nobody could say is kept this long: the next request asks again. */
    private static final int FAILURE_SECONDS = 1;

    private static final int MAX_TTL_SECONDS = 86_400;
    private static final int MAX_ENTRIES = 4096;
    private static final int QUERY_TIMEOUT_MILLIS = 2_000;
    private static final long NANOS = 1_000_000_000L;

    private final EventLoop eventLoop;
    private final NativeIo io;
    private final List<InetSocketAddress> servers;
    private final LongSupplier nanoTime;
    private final Map<String, Entry<?>> entries = new LinkedHashMap<>();
    private DnsNameResolver resolver;
    private boolean closed;

    /** What is known of a question, or who waits for it to be known. */
    private static final class Entry<T> {
        /** Null once the answer is there. */
        List<Answer<T>> waiting = new ArrayList<>();

        List<T> records = List.of();
        IOException cause;
        long expiresNanos;
        /** The error a server gave to the last query, or null. */
        DnsResponseCode error;
    }

    /**
     * Hears the error codes of servers: Netty's exceptions have none but SERVFAIL and NXDOMAIN, and what a server refuses would look like a
     * name without records.
     */
    private static final class Errors implements DnsQueryLifecycleObserver {
        private final Entry<?> entry;

        Errors(Entry<?> entry) {
            this.entry = entry;
            entry.error = null;
        }

        @Override
        public DnsQueryLifecycleObserver queryNoAnswer(DnsResponseCode code) {
            entry.error = code;
            return this;
        }

        @Override
        public void queryWritten(InetSocketAddress server, ChannelFuture future) {}

        @Override
        public void queryCancelled(int queriesRemaining) {}

        @Override
        public DnsQueryLifecycleObserver queryRedirected(List<InetSocketAddress> servers) {
            return this;
        }

        @Override
        public DnsQueryLifecycleObserver queryCNAMEd(DnsQuestion question) {
            return this;
        }

        @Override
        public void queryFailed(Throwable cause) {}

        @Override
        public void querySucceed() {}
    }

    /**
     * A service that asks nothing yet.
     *
     * @param servers the name servers to ask, in this order; none: the system's
     * @param nanoTime the clock of TTLs
     */
    public DnsNameService(EventLoop eventLoop, NativeIo io, List<InetSocketAddress> servers, LongSupplier nanoTime) {
        this.eventLoop = eventLoop;
        this.io = io;
        this.servers = List.copyOf(servers);
        this.nanoTime = nanoTime;
    }

    private DnsNameResolver resolver() {
        if (resolver == null) {
            DnsNameResolverBuilder builder = new DnsNameResolverBuilder(eventLoop)
                    .datagramChannelType(io.datagramChannel())
                    .socketChannelType(io.socketChannel())
                    .searchDomains(List.of())
                    .resolveCache(NoopDnsCache.INSTANCE)
                    .cnameCache(NoopDnsCnameCache.INSTANCE)
                    .dnsQueryLifecycleObserverFactory(this::errorsOf)
                    .queryTimeoutMillis(QUERY_TIMEOUT_MILLIS);
            if (!servers.isEmpty()) {
                builder.nameServerProvider(new SequentialDnsServerAddressStreamProvider(servers));
            }
            resolver = builder.build();
        }
        return resolver;
    }

    private DnsQueryLifecycleObserver errorsOf(DnsQuestion question) {
        String name = question.name();
        String key = key(question.type(), name.substring(0, name.length() - 1));
        Entry<?> asked = entries.getOrDefault(key, entries.get(key(question.type(), name)));
        return asked == null
                ? NoopDnsQueryLifecycleObserverFactory.INSTANCE.newDnsQueryLifecycleObserver(question)
                : new Errors(asked);
    }

    private static String key(DnsRecordType type, String name) {
        return type.name() + ' ' + name;
    }

    // ------------------------------------------------------------------------------------------------------ questions

    @Override
    public void naptr(String domain, Answer<Naptr> answer) {
        ask(domain, DnsRecordType.NAPTR, DnsNameService::naptr, answer);
    }

    @Override
    public void srv(String name, Answer<Srv> answer) {
        ask(name, DnsRecordType.SRV, DnsNameService::srv, answer);
    }

    @Override
    public void addresses(String host, Answer<InetAddress> answer) {
        boolean sixFirst = Boolean.getBoolean("java.net.preferIPv6Addresses");
        Function<ByteBuf, InetAddress> read = content -> address(host, content);
        List<List<InetAddress>> families = new ArrayList<>(List.of(List.of(), List.of()));
        IOException[] problem = new IOException[1];
        int[] missing = {2};
        // RFC 7984 §4: both families are looked up.
        for (int i = 0; i < 2; i++) {
            int at = i;
            boolean six = sixFirst == (i == 0);
            ask(host, six ? DnsRecordType.AAAA : DnsRecordType.A, read, (records, cause) -> {
                families.set(at, records);
                problem[0] = cause == null ? problem[0] : cause;
                if (--missing[0] == 0) {
                    List<InetAddress> all = new ArrayList<>(families.get(0));
                    all.addAll(families.get(1));
                    answer.records(all, all.isEmpty() ? problem[0] : null);
                }
            });
        }
    }

    @SuppressWarnings("unchecked") // the type of record is part of the key
    private <T> void ask(String name, DnsRecordType type, Function<ByteBuf, T> read, Answer<T> answer) {
        if (closed) {
            answer.records(List.of(), new IOException("the stack is closed"));
            return;
        }
        String key = key(type, name);
        Entry<T> known = (Entry<T>) entries.get(key);
        if (known != null && known.waiting != null) {
            known.waiting.add(answer);
            return;
        }
        if (known != null && nanoTime.getAsLong() - known.expiresNanos < 0) {
            answer.records(known.records, known.cause);
            return;
        }
        Entry<T> entry = new Entry<>();
        entry.waiting.add(answer);
        entries.remove(key);
        entries.put(key, entry);
        if (entries.size() > MAX_ENTRIES) {
            // The one that was asked for longest ago; who waits for it is told all the same.
            entries.remove(entries.keySet().iterator().next());
        }
        DefaultDnsQuestion question;
        try {
            question = new DefaultDnsQuestion(name.endsWith(".") ? name : name + '.', type);
        } catch (RuntimeException e) {
            // A label is longer than 63 octets, or holds what no name may.
            settle(entry, List.of(), new IOException("'" + name + "' is no domain name"), NEGATIVE_SECONDS);
            return;
        }
        resolver().resolveAll(question).addListener(asked -> {
            if (asked.isSuccess()) {
                accept(entry, (List<DnsRecord>) asked.getNow(), type, read);
            } else {
                IOException cause = failure(name, asked.cause(), entry.error);
                settle(entry, List.of(), cause, cause == null ? NEGATIVE_SECONDS : FAILURE_SECONDS);
            }
        });
    }

    private <T> void accept(Entry<T> entry, List<DnsRecord> all, DnsRecordType type, Function<ByteBuf, T> read) {
        List<T> records = new ArrayList<>();
        long ttl = MAX_TTL_SECONDS;
        for (DnsRecord record : all) {
            try {
                if (record.type().equals(type) && record instanceof DnsRawRecord raw) {
                    records.add(read.apply(raw.content()));
                    ttl = Math.min(ttl, record.timeToLive());
                }
            } catch (RuntimeException e) {
                // It is shorter than it says: as good as none.
                ttl = Math.min(ttl, FAILURE_SECONDS);
            } finally {
                ReferenceCountUtil.release(record);
            }
        }
        settle(entry, List.copyOf(records), null, records.isEmpty() ? NEGATIVE_SECONDS : ttl);
    }

    private <T> void settle(Entry<T> entry, List<T> records, IOException cause, long seconds) {
        entry.records = records;
        entry.cause = cause;
        entry.expiresNanos = nanoTime.getAsLong() + seconds * NANOS;
        List<Answer<T>> told = entry.waiting;
        entry.waiting = null;
        for (Answer<T> answer : told) {
            answer.records(records, cause);
        }
    }

    /** Null when the server said that there is no such record. */
    private static IOException failure(String name, Throwable cause, DnsResponseCode error) {
        for (Throwable e = cause; e != null; e = e.getCause()) {
            if (e instanceof DnsNameResolverTimeoutException) {
                return new IOException("no name server answers the question for " + name, cause);
            }
            if (e instanceof DnsErrorCauseException refused) {
                return failure(name, refused.getCode(), cause);
            }
            if (e instanceof DnsNameResolverException) {
                return new IOException("the question for " + name + " cannot be put: " + e.getMessage(), cause);
            }
        }
        return cause instanceof UnknownHostException ? failure(name, error, cause) : new IOException(cause);
    }

    private static IOException failure(String name, DnsResponseCode error, Throwable cause) {
        boolean isAnswer =
                error == null || error.equals(DnsResponseCode.NOERROR) || error.equals(DnsResponseCode.NXDOMAIN);
        return isAnswer ? null : new IOException("the name server says " + error + " of " + name, cause);
    }

    // -------------------------------------------------------------------------------------------------------- records

    private static InetAddress address(String host, ByteBuf content) {
        byte[] octets = new byte[content.readableBytes()];
        content.getBytes(content.readerIndex(), octets);
        try {
            return InetAddress.getByAddress(host, octets);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static Srv srv(ByteBuf content) {
        ByteBuf in = content.duplicate();
        return new Srv(in.readUnsignedShort(), in.readUnsignedShort(), in.readUnsignedShort(), name(in));
    }

    private static Naptr naptr(ByteBuf content) {
        ByteBuf in = content.duplicate();
        int order = in.readUnsignedShort();
        int preference = in.readUnsignedShort();
        String flags = characterString(in);
        String service = characterString(in);
        // RFC 3263 §4.1: "NAPTR processing ... the client will never see a regular expression": such a record is not
        // for SIP.
        boolean rewrites = !characterString(in).isEmpty();
        return new Naptr(order, preference, flags, rewrites ? "" : service, name(in));
    }

    private static String characterString(ByteBuf in) {
        return in.readCharSequence(in.readUnsignedByte(), StandardCharsets.ISO_8859_1)
                .toString();
    }

    /** In small letters and without the dot at its end; {@code "."} for the root. */
    private static String name(ByteBuf in) {
        String name = DefaultDnsRecordDecoder.decodeName(in).toLowerCase(Locale.ROOT);
        return name.length() > 1 && name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }

    @Override
    public void close() {
        closed = true;
        if (resolver != null) {
            resolver.close();
        }
    }
}
