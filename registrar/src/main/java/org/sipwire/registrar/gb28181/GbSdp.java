/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * The session description of GB/T 28181 (2016 Annex F): SDP with {@code y=} for the SSRC of ten digits and {@code f=} for media
 * parameters. Shared.
 *
 * @param name Play, Playback, Download or Talk; devices also answer other things
 * @param host where media goes, or comes from
 * @param port its port
 * @param protocol RTP/AVP or TCP/RTP/AVP
 * @param ssrc ten digits, the first 0 for live and 1 for recorded; empty when none was said
 * @param attributes what a= lines say by name; user names and passwords, which some devices add, are left out
 */
public record GbSdp(String name, String host, int port, String protocol, String ssrc, Map<String, String> attributes) {

    /** Copies the attributes. */
    public GbSdp {
        attributes = Map.copyOf(attributes);
    }

    /**
     * What a platform wants of a channel.
     *
     * @param kind Play, Playback or Download
     * @param fromSeconds begin of the recording in seconds since 1970; 0 for live
     * @param toSeconds its end
     * @param downloadSpeed how many times faster than real time; 0 for none
     */
    public record Wish(Kind kind, long fromSeconds, long toSeconds, int downloadSpeed) {
        /** The live picture. */
        public static Wish live() {
            return new Wish(Kind.PLAY, 0, 0, 0);
        }
    }

    /** What the stream is for. */
    public enum Kind {
        PLAY("Play"),
        PLAYBACK("Playback"),
        DOWNLOAD("Download");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        /** The text of s=. */
        public String text() {
            return text;
        }
    }

    /**
     * Where media is to go: the caller's media server.
     *
     * @param tcp null for UDP, else passive (the device connects) or active
     */
    public record Receiver(String host, int port, String tcp) {}

    /** The offer to a channel. */
    static String offer(String ownId, String channel, Wish wish, Receiver receiver, String ssrc) {
        StringBuilder sdp = new StringBuilder(400);
        String family = receiver.host().indexOf(':') < 0 ? "IP4 " : "IP6 ";
        line(sdp, "v=0");
        line(sdp, "o=" + ownId + " 0 0 IN " + family + receiver.host());
        line(sdp, "s=" + wish.kind().text());
        if (wish.kind() != Kind.PLAY) {
            line(sdp, "u=" + channel + ":0");
        }
        line(sdp, "c=IN " + family + receiver.host());
        line(sdp, "t=" + wish.fromSeconds() + ' ' + wish.toSeconds());
        line(
                sdp,
                "m=video " + receiver.port()
                        + (receiver.tcp() == null ? " RTP/AVP 96 97 98" : " TCP/RTP/AVP 96 97 98"));
        line(sdp, "a=recvonly");
        line(sdp, "a=rtpmap:96 PS/90000");
        line(sdp, "a=rtpmap:97 MPEG4/90000");
        line(sdp, "a=rtpmap:98 H264/90000");
        if (receiver.tcp() != null) {
            line(sdp, "a=setup:" + receiver.tcp());
            line(sdp, "a=connection:new");
        }
        if (wish.downloadSpeed() > 0) {
            line(sdp, "a=downloadspeed:" + wish.downloadSpeed());
        }
        line(sdp, "y=" + ssrc);
        line(sdp, "f=v/////a///");
        return sdp.toString();
    }

    /** The answer of a device that sends what was offered: PS, with the SSRC of the offer. */
    static String answer(String ownId, GbSdp offer, String host, int port) {
        StringBuilder sdp = new StringBuilder(320);
        String family = host.indexOf(':') < 0 ? "IP4 " : "IP6 ";
        line(sdp, "v=0");
        line(sdp, "o=" + ownId + " 0 0 IN " + family + host);
        line(sdp, "s=" + offer.name());
        line(sdp, "c=IN " + family + host);
        line(sdp, "t=0 0");
        line(sdp, "m=video " + port + ' ' + offer.protocol() + " 96");
        line(sdp, "a=sendonly");
        line(sdp, "a=rtpmap:96 PS/90000");
        String setup = offer.attributes().get("setup");
        if (setup != null) {
            // RFC 4145 §4.1: passive is answered active, and the other way round.
            line(sdp, "a=setup:" + (setup.equals("passive") ? "active" : "passive"));
            line(sdp, "a=connection:new");
        }
        line(sdp, "y=" + offer.ssrc());
        line(sdp, "f=");
        return sdp.toString();
    }

    private static void line(StringBuilder sdp, String text) {
        sdp.append(text).append("\r\n");
    }

    /** Reads a description as devices write it; null when it has no media line. */
    public static GbSdp parse(byte[] body) {
        String name = "";
        String host = "";
        String ssrc = "";
        String[] media = {};
        Map<String, String> attributes = new HashMap<>();
        for (String line : new String(body, StandardCharsets.ISO_8859_1).split("\r?\n")) {
            if (line.length() < 2 || line.charAt(1) != '=') {
                continue;
            }
            String value = line.substring(2).trim();
            switch (line.charAt(0)) {
                case 's' -> name = value;
                case 'c' -> host = value.substring(value.lastIndexOf(' ') + 1);
                case 'm' -> media = value.split(" +");
                case 'y' -> ssrc = value;
                case 'a' -> attribute(value, attributes);
                default -> {}
            }
        }
        if (media.length < 3 || !media[1].matches("\\d{1,5}")) {
            return null;
        }
        return new GbSdp(name, host, Integer.parseInt(media[1]), media[2], ssrc, attributes);
    }

    private static void attribute(String value, Map<String, String> attributes) {
        int colon = value.indexOf(':');
        String key = colon < 0 ? value : value.substring(0, colon);
        if (!key.equals("username") && !key.equals("password")) {
            attributes.putIfAbsent(key, colon < 0 ? "" : value.substring(colon + 1));
        }
    }
}
