/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import java.nio.charset.StandardCharsets;
import org.sipwire.codec.internal.HeaderTable;

/**
 * The header fields that the codec knows by name: those of RFC 3261 and of the extensions in use. Any other is {@link #UNKNOWN} and is
 * found by its name. The first entries are the frequent ones. Shared.
 */
public enum SipHeader {
    /** A name that is not in this list. */
    UNKNOWN("", "", Shape.MANY),
    VIA("Via", "v", Shape.LIST),
    FROM("From", "f", Shape.ONE),
    TO("To", "t", Shape.ONE),
    CALL_ID("Call-ID", "i", Shape.ONE),
    CSEQ("CSeq", "", Shape.ONE),
    CONTENT_LENGTH("Content-Length", "l", Shape.ONE),
    MAX_FORWARDS("Max-Forwards", "", Shape.ONE),
    CONTACT("Contact", "m", Shape.LIST),
    EXPIRES("Expires", "", Shape.ONE),
    AUTHORIZATION("Authorization", "", Shape.MANY),
    USER_AGENT("User-Agent", "", Shape.ONE),
    WWW_AUTHENTICATE("WWW-Authenticate", "", Shape.MANY),
    DATE("Date", "", Shape.ONE),
    CONTENT_TYPE("Content-Type", "c", Shape.ONE),
    ROUTE("Route", "", Shape.LIST),
    RECORD_ROUTE("Record-Route", "", Shape.LIST),
    PROXY_AUTHORIZATION("Proxy-Authorization", "", Shape.MANY),
    PROXY_AUTHENTICATE("Proxy-Authenticate", "", Shape.MANY),
    AUTHENTICATION_INFO("Authentication-Info", "", Shape.MANY),
    SUPPORTED("Supported", "k", Shape.LIST),
    REQUIRE("Require", "", Shape.LIST),
    PROXY_REQUIRE("Proxy-Require", "", Shape.LIST),
    UNSUPPORTED("Unsupported", "", Shape.LIST),
    ALLOW("Allow", "", Shape.LIST),
    PATH("Path", "", Shape.LIST),
    SERVICE_ROUTE("Service-Route", "", Shape.LIST),
    MIN_EXPIRES("Min-Expires", "", Shape.ONE),
    EVENT("Event", "o", Shape.ONE),
    SUBSCRIPTION_STATE("Subscription-State", "", Shape.ONE),
    RETRY_AFTER("Retry-After", "", Shape.ONE),
    SERVER("Server", "", Shape.ONE),
    SUBJECT("Subject", "s", Shape.ONE),
    ACCEPT("Accept", "", Shape.LIST),
    ACCEPT_ENCODING("Accept-Encoding", "", Shape.LIST),
    ACCEPT_LANGUAGE("Accept-Language", "", Shape.LIST),
    ACCEPT_CONTACT("Accept-Contact", "a", Shape.LIST),
    ALERT_INFO("Alert-Info", "", Shape.LIST),
    ALLOW_EVENTS("Allow-Events", "u", Shape.LIST),
    CALL_INFO("Call-Info", "", Shape.LIST),
    CONTENT_DISPOSITION("Content-Disposition", "", Shape.ONE),
    CONTENT_ENCODING("Content-Encoding", "e", Shape.LIST),
    CONTENT_LANGUAGE("Content-Language", "", Shape.LIST),
    ERROR_INFO("Error-Info", "", Shape.LIST),
    FEATURE_CAPS("Feature-Caps", "", Shape.LIST),
    FLOW_TIMER("Flow-Timer", "", Shape.ONE),
    GEOLOCATION("Geolocation", "", Shape.LIST),
    HISTORY_INFO("History-Info", "", Shape.LIST),
    IDENTITY("Identity", "y", Shape.MANY),
    IDENTITY_INFO("Identity-Info", "n", Shape.ONE),
    IN_REPLY_TO("In-Reply-To", "", Shape.LIST),
    INFO_PACKAGE("Info-Package", "", Shape.ONE),
    JOIN("Join", "", Shape.ONE),
    MIME_VERSION("MIME-Version", "", Shape.ONE),
    MIN_SE("Min-SE", "", Shape.ONE),
    ORGANIZATION("Organization", "", Shape.ONE),
    P_ACCESS_NETWORK_INFO("P-Access-Network-Info", "", Shape.LIST),
    P_ASSERTED_IDENTITY("P-Asserted-Identity", "", Shape.LIST),
    P_ASSOCIATED_URI("P-Associated-URI", "", Shape.LIST),
    P_CALLED_PARTY_ID("P-Called-Party-ID", "", Shape.ONE),
    P_CHARGING_VECTOR("P-Charging-Vector", "", Shape.ONE),
    P_PREFERRED_IDENTITY("P-Preferred-Identity", "", Shape.LIST),
    P_VISITED_NETWORK_ID("P-Visited-Network-ID", "", Shape.LIST),
    PRIORITY("Priority", "", Shape.ONE),
    PRIVACY("Privacy", "", Shape.ONE),
    PROXY_AUTHENTICATION_INFO("Proxy-Authentication-Info", "", Shape.MANY),
    RACK("RAck", "", Shape.ONE),
    REASON("Reason", "", Shape.LIST),
    RECV_INFO("Recv-Info", "", Shape.LIST),
    REFER_SUB("Refer-Sub", "", Shape.ONE),
    REFER_TO("Refer-To", "r", Shape.ONE),
    REFERRED_BY("Referred-By", "b", Shape.ONE),
    REJECT_CONTACT("Reject-Contact", "j", Shape.LIST),
    REPLACES("Replaces", "", Shape.ONE),
    REPLY_TO("Reply-To", "", Shape.ONE),
    REQUEST_DISPOSITION("Request-Disposition", "d", Shape.LIST),
    RSEQ("RSeq", "", Shape.ONE),
    SECURITY_CLIENT("Security-Client", "", Shape.LIST),
    SECURITY_SERVER("Security-Server", "", Shape.LIST),
    SECURITY_VERIFY("Security-Verify", "", Shape.LIST),
    SESSION_EXPIRES("Session-Expires", "x", Shape.ONE),
    SESSION_ID("Session-ID", "", Shape.ONE),
    SIP_ETAG("SIP-ETag", "", Shape.ONE),
    SIP_IF_MATCH("SIP-If-Match", "", Shape.ONE),
    SUPPRESS_IF_MATCH("Suppress-If-Match", "", Shape.ONE),
    TARGET_DIALOG("Target-Dialog", "", Shape.ONE),
    TIMESTAMP("Timestamp", "", Shape.ONE),
    WARNING("Warning", "", Shape.LIST),
    X_GB_VER("X-GB-Ver", "", Shape.ONE),
    X_ROUTEPATH("X-RoutePath", "", Shape.ONE),
    MONITOR_USER_IDENTITY("Monitor-User-Identity", "", Shape.ONE);

    /** How often a field may stand in a message, and whether commas separate values. */
    private enum Shape {
        /** At most one line with one value. */
        ONE,
        /** Lines and comma-separated values, which mean the same (RFC 3261 section 7.3.1). */
        LIST,
        /** Several lines of one value each: commas belong to the value (RFC 3261 section 7.3.1 on the authentication fields). */
        MANY
    }

    private static final SipHeader[] ALL = values();
    private static final HeaderTable TABLE = table();

    private final String canonicalName;
    private final String compactForm;
    private final Shape shape;
    private final byte[] octets;

    SipHeader(String canonicalName, String compactForm, Shape shape) {
        this.canonicalName = canonicalName;
        this.compactForm = compactForm;
        this.shape = shape;
        octets = canonicalName.getBytes(StandardCharsets.US_ASCII);
    }

    private static HeaderTable table() {
        int n = 0;
        String[] names = new String[2 * ALL.length];
        int[] ids = new int[2 * ALL.length];
        for (SipHeader h : ALL) {
            if (h != UNKNOWN) {
                names[n] = h.canonicalName;
                ids[n++] = h.ordinal();
                if (!h.compactForm.isEmpty()) {
                    names[n] = h.compactForm;
                    ids[n++] = h.ordinal();
                }
            }
        }
        return new HeaderTable(java.util.Arrays.copyOf(names, n), java.util.Arrays.copyOf(ids, n));
    }

    /** A small number, the same for the life of the virtual machine: the ordinal. */
    public int id() {
        return ordinal();
    }

    /** The field of an {@link #id()}. */
    public static SipHeader of(int id) {
        return ALL[id];
    }

    /** The number of ids. */
    static int count() {
        return ALL.length;
    }

    /** The field of a name or compact form, capital and small letters alike; {@link #UNKNOWN} when it is in no list. */
    public static SipHeader of(byte[] a, int off, int len) {
        return ALL[TABLE.lookup(a, off, len)];
    }

    /** The id of a name or compact form, 0 when it is in no list. */
    static int lookup(byte[] a, int off, int len) {
        return TABLE.lookup(a, off, len);
    }

    /** As {@link HeaderTable#probe}: a known name and its colon at {@code off}, of which 16 octets must be in the array. */
    static int probe(byte[] a, int off) {
        return TABLE.probe(a, off);
    }

    /** The name as RFCs write it, for example {@code Call-ID}; empty for {@link #UNKNOWN}. */
    public String canonicalName() {
        return canonicalName;
    }

    /** The one-letter form, or the empty string. */
    public String compactForm() {
        return compactForm;
    }

    /** The octets of {@link #canonicalName()}. Do not change the array. */
    public byte[] bytes() {
        return octets;
    }

    /** Whether a second line of this field makes a message malformed. */
    public boolean isSingle() {
        return shape == Shape.ONE;
    }

    /** Whether commas separate values of this field. */
    public boolean isList() {
        return shape == Shape.LIST;
    }
}
