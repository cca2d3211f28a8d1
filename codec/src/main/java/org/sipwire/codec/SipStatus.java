/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.codec;

import java.nio.charset.StandardCharsets;

/** Status codes, their reason phrases and ready status lines (RFC 3261 section 21 and later registrations). Stateless: any thread. Shared. */
public final class SipStatus {

    private static final String[] REASONS = new String[700];
    private static final byte[][] LINES = new byte[700][];

    static {
        add(100, "Trying");
        add(180, "Ringing");
        add(181, "Call Is Being Forwarded");
        add(182, "Queued");
        add(183, "Session Progress");
        add(199, "Early Dialog Terminated");
        add(200, "OK");
        add(202, "Accepted");
        add(204, "No Notification");
        add(300, "Multiple Choices");
        add(301, "Moved Permanently");
        add(302, "Moved Temporarily");
        add(305, "Use Proxy");
        add(380, "Alternative Service");
        add(400, "Bad Request");
        add(401, "Unauthorized");
        add(402, "Payment Required");
        add(403, "Forbidden");
        add(404, "Not Found");
        add(405, "Method Not Allowed");
        add(406, "Not Acceptable");
        add(407, "Proxy Authentication Required");
        add(408, "Request Timeout");
        add(410, "Gone");
        add(412, "Conditional Request Failed");
        add(413, "Request Entity Too Large");
        add(414, "Request-URI Too Long");
        add(415, "Unsupported Media Type");
        add(416, "Unsupported URI Scheme");
        add(417, "Unknown Resource-Priority");
        add(420, "Bad Extension");
        add(421, "Extension Required");
        add(422, "Session Interval Too Small");
        add(423, "Interval Too Brief");
        add(428, "Use Identity Header");
        add(429, "Provide Referrer Identity");
        add(430, "Flow Failed");
        add(433, "Anonymity Disallowed");
        add(436, "Bad Identity Info");
        add(437, "Unsupported Credential");
        add(438, "Invalid Identity Header");
        add(439, "First Hop Lacks Outbound Support");
        add(440, "Max-Breadth Exceeded");
        add(469, "Bad Info Package");
        add(470, "Consent Needed");
        add(480, "Temporarily Unavailable");
        add(481, "Call/Transaction Does Not Exist");
        add(482, "Loop Detected");
        add(483, "Too Many Hops");
        add(484, "Address Incomplete");
        add(485, "Ambiguous");
        add(486, "Busy Here");
        add(487, "Request Terminated");
        add(488, "Not Acceptable Here");
        add(489, "Bad Event");
        add(491, "Request Pending");
        add(493, "Undecipherable");
        add(494, "Security Agreement Required");
        add(500, "Server Internal Error");
        add(501, "Not Implemented");
        add(502, "Bad Gateway");
        add(503, "Service Unavailable");
        add(504, "Server Time-out");
        add(505, "Version Not Supported");
        add(513, "Message Too Large");
        add(580, "Precondition Failure");
        add(600, "Busy Everywhere");
        add(603, "Decline");
        add(604, "Does Not Exist Anywhere");
        add(606, "Not Acceptable");
        String[] classes = {"", "Progress", "Success", "Redirection", "Client Error", "Server Error", "Global Failure"};
        for (int code = 100; code < 700; code++) {
            if (REASONS[code] == null) {
                // An unknown code stands for x00 of its class (RFC 3261 section 8.1.3.2).
                REASONS[code] = classes[code / 100];
            }
            LINES[code] = ("SIP/2.0 " + code + ' ' + REASONS[code] + "\r\n").getBytes(StandardCharsets.US_ASCII);
        }
    }

    private SipStatus() {}

    private static void add(int code, String reason) {
        REASONS[code] = reason;
    }

    /** The reason phrase of a code from 100 to 699. */
    public static String reason(int code) {
        return REASONS[check(code)];
    }

    /** The whole status line of a code with its CRLF. Do not change the array. */
    static byte[] line(int code) {
        return LINES[check(code)];
    }

    private static int check(int code) {
        if (code < 100 || code > 699) {
            throw new IllegalArgumentException("status " + code + " is not in 100..699");
        }
        return code;
    }
}
