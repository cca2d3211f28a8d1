/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec.capture;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Reads a capture file down to whole SIP messages: pcap and pcapng of Ethernet, Linux cooked, loopback and raw IP links, over UDP, TCP
 * and WebSocket, and those that Homer's agents have packed (HEP version 3).
 *
 * <pre>
 *   file --> records --> link, VLAN --> IPv4, IPv6, fragments --> UDP ------- HEP 3? ------> SIP message?
 *                                                             +-> TCP in order --> framed --> SIP message
 *                                                                      WebSocket --^
 * </pre>
 *
 * <p>Ports do not matter: what begins as a SIP message is one. What is encrypted stays unseen. A packed
 * message has the time and the addresses that its agent saw. Memory: the messages, one record, and what
 * waits for missing fragments and segments, which is bounded.
 *
 * <p>One thread at a time.
 */
public final class CaptureReader {
    private static final int MAX_STREAMS = 65_536;

    private final List<CapturedMessage> messages = new ArrayList<>();
    private final Map<Way, StreamDirection> streams = new LinkedHashMap<>();
    private final TreeSet<Integer> unknownLinks = new TreeSet<>();
    private long timeMicros;
    private long holes;

    private record Way(Endpoint from, Endpoint to) {}

    private final Packets packets = new Packets(new Packets.Receiver() {
        @Override
        public void onDatagram(Endpoint from, Endpoint to, ByteBuffer octets, boolean cut) {
            datagram(from, to, Packets.octets(octets), cut);
        }

        @Override
        public void onSegment(Endpoint from, Endpoint to, long sequence, int flags, ByteBuffer octets) {
            segment(new Way(from, to), sequence, flags, Packets.octets(octets));
        }
    });

    private CaptureReader() {}

    /**
     * Reads all of a file. The stream stays the caller's, who closes it.
     *
     * @throws CaptureException with one line when it is no capture file
     */
    public static Capture read(InputStream in) throws IOException {
        return new CaptureReader().readAll(in);
    }

    private Capture readAll(InputStream in) throws IOException {
        CaptureFile file = new CaptureFile(in);
        long count = 0;
        while (file.next()) {
            count++;
            timeMicros = file.timeMicros();
            if (Packets.knows(file.linkType())) {
                packets.onPacket(file.linkType(), file.packet(), file.isCut());
            } else {
                unknownLinks.add(file.linkType());
            }
        }
        for (StreamDirection stream : streams.values()) {
            stream.end();
            holes += stream.holes();
        }
        if (count == 0 && file.trouble() != null) {
            throw new CaptureException(file.trouble());
        }
        List<String> notes = new ArrayList<>();
        if (file.trouble() != null) {
            notes.add(file.trouble());
        }
        if (!unknownLinks.isEmpty()) {
            notes.add("packets of link types that are not read were passed over: " + unknownLinks);
        }
        if (holes > 0) {
            notes.add(holes + " gaps in TCP streams: segments are missing from the capture");
        }
        return new Capture(messages, count, packets.undecoded(), notes);
    }

    private void datagram(Endpoint from, Endpoint to, byte[] octets, boolean cut) {
        CapturedMessage packed = HepReader.read(octets);
        if (packed != null) {
            messages.add(packed);
            return;
        }
        int at = 0;
        while (at < octets.length && (octets[at] == '\r' || octets[at] == '\n')) {
            at++;
        }
        if (at < octets.length && SipStart.look(octets, at, octets.length) == SipStart.YES) {
            messages.add(new CapturedMessage(timeMicros, "udp", from, to, octets, cut));
        }
    }

    private void segment(Way way, long sequence, int flags, byte[] octets) {
        StreamDirection stream = streams.get(way);
        if (stream == null) {
            if (streams.size() >= MAX_STREAMS) {
                Way oldest = streams.keySet().iterator().next();
                StreamDirection ended = streams.remove(oldest);
                ended.end();
                holes += ended.holes();
            }
            stream = new StreamDirection((transport, message, cut) ->
                    messages.add(new CapturedMessage(timeMicros, transport, way.from, way.to, message, cut)));
            streams.put(way, stream);
        }
        stream.onSegment(sequence, flags, octets);
    }
}
