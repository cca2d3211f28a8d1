/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.dns.DatagramDnsQuery;
import io.netty.handler.codec.dns.DatagramDnsQueryDecoder;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DatagramDnsResponseEncoder;
import io.netty.handler.codec.dns.DefaultDnsRawRecord;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A name server of a test: answers what it was told, NXDOMAIN to all else, and remembers the questions. */
public final class DnsServer implements AutoCloseable {
    private static final int DEFAULT_TTL = 60;

    private record Record(DnsRecordType type, int ttl, byte[] content) {}

    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Map<String, List<Record>> zone = new ConcurrentHashMap<>();
    private final Set<String> silent = ConcurrentHashMap.newKeySet();
    private final Map<String, DnsResponseCode> refused = new ConcurrentHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private volatile boolean away;
    private volatile DnsResponseCode failure;
    private final Channel channel;

    /** Listens on the loopback. */
    public DnsServer() throws InterruptedException {
        channel = new Bootstrap()
                .group(group)
                .channel(NioDatagramChannel.class)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel made) {
                        made.pipeline()
                                .addLast(
                                        new DatagramDnsQueryDecoder(), new DatagramDnsResponseEncoder(), new Answers());
                    }
                })
                .bind("127.0.0.1", 0)
                .sync()
                .channel();
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) channel.localAddress();
    }

    public DnsServer naptr(String domain, int order, int preference, String flags, String service, String replacement) {
        return naptr(domain, order, preference, flags, service, "", replacement);
    }

    public DnsServer naptr(
            String domain, int order, int preference, String flags, String service, String regexp, String replacement) {
        ByteBuf out = Unpooled.buffer().writeShort(order).writeShort(preference);
        for (String text : List.of(flags, service, regexp)) {
            out.writeByte(text.length()).writeCharSequence(text, StandardCharsets.US_ASCII);
        }
        return add(domain, DnsRecordType.NAPTR, DEFAULT_TTL, name(out, replacement));
    }

    public DnsServer srv(String name, int priority, int weight, int port, String target) {
        ByteBuf out = Unpooled.buffer().writeShort(priority).writeShort(weight).writeShort(port);
        return add(name, DnsRecordType.SRV, DEFAULT_TTL, name(out, target));
    }

    public DnsServer address(String host, String address) {
        return address(host, address, DEFAULT_TTL);
    }

    public DnsServer address(String host, String address, int ttl) {
        byte[] octets = NetUtil.createByteArrayFromIpAddressString(address);
        return add(
                host, octets.length == 4 ? DnsRecordType.A : DnsRecordType.AAAA, ttl, Unpooled.wrappedBuffer(octets));
    }

    public DnsServer alias(String name, String canonical) {
        return add(name, DnsRecordType.CNAME, DEFAULT_TTL, name(Unpooled.buffer(), canonical));
    }

    /** A record of these octets. */
    public DnsServer raw(String name, DnsRecordType type, byte[] content) {
        return add(name, type, DEFAULT_TTL, Unpooled.wrappedBuffer(content));
    }

    /** Questions for this name get no answer. */
    public DnsServer silent(String name) {
        silent.add(name);
        return this;
    }

    /** Questions for this name get an error. */
    public DnsServer refuses(String name, DnsResponseCode code) {
        refused.put(name, code);
        return this;
    }

    /** From now on nobody answers any question. */
    public DnsServer away() {
        away = true;
        return this;
    }

    /** From now on every answer is this error. */
    public DnsServer fails(DnsResponseCode code) {
        failure = code;
        return this;
    }

    /** From now on it answers as it was told at first. */
    public DnsServer back() {
        away = false;
        failure = null;
        return this;
    }

    /** Forgets the records of a name. */
    public void remove(String name) {
        zone.remove(name);
    }

    /** The questions since the last call, {@code SRV _sip._udp.example.com}. */
    public List<String> asked() {
        List<String> all = List.copyOf(asked);
        asked.clear();
        return all;
    }

    private DnsServer add(String name, DnsRecordType type, int ttl, ByteBuf content) {
        byte[] octets = new byte[content.readableBytes()];
        content.readBytes(octets);
        zone.computeIfAbsent(name, n -> new CopyOnWriteArrayList<>()).add(new Record(type, ttl, octets));
        return this;
    }

    private static ByteBuf name(ByteBuf out, String name) {
        for (String label : name.split("\\.")) {
            out.writeByte(label.length()).writeCharSequence(label, StandardCharsets.US_ASCII);
        }
        return out.writeByte(0);
    }

    private final class Answers extends SimpleChannelInboundHandler<DatagramDnsQuery> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramDnsQuery query) {
            DnsQuestion question = query.recordAt(DnsSection.QUESTION);
            String name = question.name().toLowerCase(Locale.ROOT);
            name = name.substring(0, name.length() - 1);
            asked.add(question.type().name() + " " + name);
            if (away || silent.contains(name)) {
                return;
            }
            DatagramDnsResponse response = new DatagramDnsResponse(query.recipient(), query.sender(), query.id());
            response.addRecord(DnsSection.QUESTION, question);
            List<Record> known = zone.get(name);
            if (failure != null) {
                response.setCode(failure);
            } else if (refused.containsKey(name)) {
                response.setCode(refused.get(name));
            } else if (known == null) {
                response.setCode(DnsResponseCode.NXDOMAIN);
            } else {
                List<Record> answers = new ArrayList<>();
                for (Record record : known) {
                    if (record.type().equals(question.type()) || record.type().equals(DnsRecordType.CNAME)) {
                        answers.add(record);
                    }
                }
                for (Record record : answers) {
                    response.addRecord(
                            DnsSection.ANSWER,
                            new DefaultDnsRawRecord(
                                    question.name(),
                                    record.type(),
                                    record.ttl(),
                                    Unpooled.wrappedBuffer(record.content())));
                }
            }
            context.writeAndFlush(response);
        }
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
