/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

/**
 * Writes the request a cycle is at. The same columns give the same bytes, so a retransmission is the request again without a copy of
 * it having been kept.
 *
 * <p>One thread. Owned by the engine.
 */
final class Requests {
    private static final byte[] REGISTER = Scratch.ascii("REGISTER");
    private static final byte[] MESSAGE = Scratch.ascii("MESSAGE");
    private static final byte[] FROM = Scratch.ascii("\r\nFrom: <sip:");
    private static final byte[] TAG = Scratch.ascii(">;tag=");
    private static final byte[] TO = Scratch.ascii("\r\nTo: <sip:");
    private static final byte[] CALL_ID = Scratch.ascii(">\r\nCall-ID: ");
    private static final byte[] CSEQ = Scratch.ascii("\r\nCSeq: ");
    private static final byte[] CONTACT = Scratch.ascii(" REGISTER\r\nContact: <sip:");
    private static final byte[] CONTACT_ALL = Scratch.ascii(" REGISTER\r\nContact: *\r\n");
    private static final byte[] END_OF_URI = Scratch.ascii(">\r\n");
    private static final byte[] CAPABILITY = Scratch.ascii("Authorization: Capability, algorithm=\"H:MD5\"\r\n");
    private static final byte[] EXPIRES = Scratch.ascii("Max-Forwards: 70\r\nUser-Agent: sipwire-load\r\nExpires: ");
    private static final byte[] NO_BODY = Scratch.ascii("\r\nContent-Length: 0\r\n\r\n");
    private static final byte[] CSEQ_MESSAGE = Scratch.ascii(
            " MESSAGE\r\nContent-Type: Application/MANSCDP+xml\r\nMax-Forwards: 70\r\nUser-Agent: sipwire-load\r\n");
    private static final byte[] CONTENT_LENGTH = Scratch.ascii("Content-Length: ");
    private static final byte[] CRLF_CRLF = Scratch.ascii("\r\n\r\n");
    private static final byte[] CRLF = Scratch.ascii("\r\n");
    private static final byte[] KEEPALIVE_BODY =
            Scratch.ascii("<?xml version=\"1.0\"?>\r\n<Notify>\r\n<CmdType>Keepalive</CmdType>\r\n<SN>");
    private static final byte[] CATALOG_BODY = Scratch.ascii(
            "<?xml version=\"1.0\" encoding=\"GB2312\"?>\r\n<Response>\r\n<CmdType>Catalog</CmdType>\r\n<SN>");
    private static final byte[] DEVICE_ID = Scratch.ascii("</SN>\r\n<DeviceID>");
    private static final byte[] KEEPALIVE_END = Scratch.ascii("</DeviceID>\r\n<Status>OK</Status>\r\n</Notify>\r\n");
    private static final byte[] SUM_NUM = Scratch.ascii("</DeviceID>\r\n<SumNum>");
    private static final byte[] DEVICE_LIST = Scratch.ascii("</SumNum>\r\n<DeviceList Num=\"");
    private static final byte[] ITEM = Scratch.ascii("<Item>\r\n<DeviceID>");
    private static final byte[] CHANNEL_PREFIX = Scratch.ascii("340200000013");
    private static final byte[] ITEM_NAME = Scratch.ascii("</DeviceID>\r\n<Name>Camera ");
    private static final byte[] ITEM_END = Scratch.ascii(
            "</Name>\r\n<Manufacturer>Sipwire</Manufacturer>\r\n<Model>Load</Model>\r\n<Owner>0</Owner>\r\n"
                    + "<CivilCode>340200</CivilCode>\r\n<Address>Address</Address>\r\n<Parental>0</Parental>\r\n"
                    + "<SafetyWay>0</SafetyWay>\r\n<RegisterWay>1</RegisterWay>\r\n<Secrecy>0</Secrecy>\r\n<Status>ON</Status>\r\n</Item>\r\n");
    private static final byte[] CATALOG_END = Scratch.ascii("</DeviceList>\r\n</Response>\r\n");
    /** Items in one part: what deployed devices send stays below the MTU. */
    static final int ITEMS_A_PART = 2;

    private final LoadOptions options;
    private final UserNames users;
    private final Challenges challenges;
    private final ClientDigest digest;
    private final int run;
    private final byte[] uri;
    private final byte[] messageUri;
    private final byte[] via;
    private final byte[] atDomain;
    private final byte[][] sentBy;
    private final byte[][] contact;
    private final byte[] callIdEnd;
    private final Scratch body = new Scratch(4096);
    private final Scratch needle = new Scratch(256);

    /** Needs to know every connection's own {@code host:port}. */
    Requests(LoadOptions options, Challenges challenges, int run, String[] local) {
        this.options = options;
        this.users = options.userNames();
        this.challenges = challenges;
        this.run = run;
        this.digest = new ClientDigest(users, options.password);
        this.uri = Scratch.ascii("sip:" + options.domain());
        this.messageUri = Scratch.ascii("sip:" + options.platform + "@" + options.domain());
        this.via = Scratch.ascii(
                " SIP/2.0\r\nVia: SIP/2.0/" + options.transport().toUpperCase(java.util.Locale.ROOT) + " ");
        this.atDomain = Scratch.ascii("@" + options.domain());
        this.callIdEnd = Scratch.ascii("@load");
        this.sentBy = new byte[local.length][];
        this.contact = new byte[local.length][];
        for (int i = 0; i < local.length; i++) {
            sentBy[i] = Scratch.ascii(local[i] + ";rport;branch=z9hG4bK");
            contact[i] = Scratch.ascii("@" + local[i] + (options.reliable() ? ";transport=tcp" : ""));
        }
    }

    void write(Scratch out, Cycles cycles, int slot) {
        if (cycles.op(slot).isRegister()) {
            writeRegister(out, cycles, slot);
        } else {
            writeMessage(out, cycles, slot);
        }
    }

    /** What a 200 must show of the binding. */
    Scratch contactOf(Cycles cycles, int slot) {
        return needle.clear().user(users, cycles.user[slot]).put(sentContact(cycles, slot));
    }

    void writeCallId(Scratch out, Cycles cycles, int slot) {
        out.hex(cycles.call[slot], 16).put('-').hex(run, 8).put(callIdEnd);
    }

    private void writeRegister(Scratch out, Cycles cycles, int slot) {
        int user = cycles.user[slot];
        boolean gone = cycles.op(slot) == Op.UNREGISTER;
        out.put(REGISTER).put(' ').put(uri);
        head(out, cycles, slot);
        out.put(TO).user(users, user).put(atDomain);
        dialog(out, cycles, slot);
        if (gone) {
            out.put(CONTACT_ALL);
        } else {
            out.put(CONTACT).user(users, user).put(sentContact(cycles, slot)).put(END_OF_URI);
        }
        if (challenges.has(slot)) {
            digest.authorization(out, challenges, slot, user, REGISTER, uri, cycles.nonceCount[slot]);
        } else if (options.scenario.isGb()) {
            out.put(CAPABILITY);
        }
        out.put(EXPIRES).decimal(gone ? 0 : options.expires).put(NO_BODY);
    }

    private void writeMessage(Scratch out, Cycles cycles, int slot) {
        int user = cycles.user[slot];
        out.put(MESSAGE).put(' ').put(messageUri);
        head(out, cycles, slot);
        out.put(TO).put(messageUri, 4, messageUri.length - 4);
        dialog(out, cycles, slot);
        out.put(CSEQ_MESSAGE);
        if (challenges.has(slot)) {
            digest.authorization(out, challenges, slot, user, MESSAGE, messageUri, cycles.nonceCount[slot]);
        }
        if (cycles.op(slot) == Op.KEEPALIVE) {
            body.clear()
                    .put(KEEPALIVE_BODY)
                    .decimal(cycles.aux[slot])
                    .put(DEVICE_ID)
                    .user(users, user)
                    .put(KEEPALIVE_END);
        } else {
            catalog(cycles, slot);
        }
        out.put(CONTENT_LENGTH).decimal(body.length()).put(CRLF_CRLF).put(body.array(), 0, body.length());
    }

    private void head(Scratch out, Cycles cycles, int slot) {
        out.put(via).put(sentBy[cycles.connection[slot]]);
        out.hex(run, 8).hex(slot, 8).hex(cycles.generation[slot], 8);
        out.put(FROM).user(users, cycles.user[slot]).put(atDomain).put(TAG).hex(cycles.call[slot], 16);
    }

    private void dialog(Scratch out, Cycles cycles, int slot) {
        writeCallId(out.put(CALL_ID), cycles, slot);
        out.put(CSEQ).decimal(cycles.cseq[slot]);
    }

    /** Part {@code call & 0xff} of the answer to query {@code aux}. */
    private void catalog(Cycles cycles, int slot) {
        int part = (int) cycles.call[slot] & 0xff;
        int first = part * ITEMS_A_PART;
        int items = Math.min(ITEMS_A_PART, options.channels - first);
        body.clear().put(CATALOG_BODY).decimal(cycles.aux[slot]).put(DEVICE_ID).user(users, cycles.user[slot]);
        body.put(SUM_NUM)
                .decimal(options.channels)
                .put(DEVICE_LIST)
                .decimal(items)
                .put('"')
                .put('>')
                .put(CRLF);
        for (int i = first; i < first + items; i++) {
            // A platform tells channels apart by their IDs: type 131 of this device's own range of numbers.
            body.put(ITEM).put(CHANNEL_PREFIX);
            body.decimal(10_000_000L + ((long) cycles.user[slot] * options.channels + i) % 10_000_000L);
            body.put(ITEM_NAME).decimal(i + 1L).put(ITEM_END);
        }
        body.put(CATALOG_END);
    }

    private byte[] sentContact(Cycles cycles, int slot) {
        return contact[cycles.connection[slot]];
    }
}
