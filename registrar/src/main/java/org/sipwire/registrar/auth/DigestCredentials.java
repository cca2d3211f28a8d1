/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.auth;

import java.util.Arrays;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.Authorization;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipRequest;
import org.sipwire.codec.SipUri;
import org.sipwire.transport.Flow;

/**
 * The credentials of a request that are meant for this registrar, checked for form and against what was offered. Confined to one event loop.
 *
 * <p>Borrowed: views of the request, valid as long as it is, unless {@link #wrapCopy} gave it octets of its own.
 */
final class DigestCredentials {

    /** {@link #select}: well formed, and in an algorithm and with a qop that were offered. */
    static final int USABLE = 0;
    /** {@link #select}: none of the Digest scheme and this realm. */
    static final int NONE = 1;
    /** {@link #select}: a parameter is missing or improper (RFC 7616 §3.4: answer 400). */
    static final int MALFORMED = 2;
    /** {@link #select}: weaker than, or other than, what was offered. */
    static final int DOWNGRADE = 3;

    private static final byte[] AUTH = AuthText.ascii("auth");
    private static final byte[] AUTH_INT = AuthText.ascii("auth-int");
    private static final byte[] TRUE = AuthText.ascii("true");
    private static final int NC_DIGITS = 8;
    private static final int MAX_NC_DIGITS = 15;
    private static final int SIP_PORT = 5060;
    private static final int MAX_HOST = 255;
    private static final int SIPS_PORT = 5061;

    private final byte[] realm;
    private final DigestAlgorithm[] offered;
    private final boolean qopOffered;
    private final boolean authOffered;
    private final boolean qopMayBeMissing;
    private final boolean anyUri;
    private final boolean anyNcLength;
    private final boolean userhash;

    private Authorization chosen = new Authorization();
    private Authorization candidate = new Authorization();
    private final SipUri digestUri = new SipUri();
    private final byte[] localHost = new byte[MAX_HOST];
    private int chosenLine;
    private DigestAlgorithm algorithm = DigestAlgorithm.MD5;
    private boolean qop;
    private boolean authInt;
    private boolean hashedUser;
    private long count;

    DigestCredentials(AuthConfig config) {
        realm = config.realmBytes();
        offered = config.algorithms().toArray(new DigestAlgorithm[0]);
        qopOffered = !config.qop().isEmpty();
        authOffered = config.qop().contains(AuthConfig.Qop.AUTH);
        qopMayBeMissing = !qopOffered || config.allows(AuthConfig.Leniency.ANSWER_WITHOUT_QOP);
        anyUri = config.allows(AuthConfig.Leniency.URI_UNLIKE_REQUEST_URI);
        anyNcLength = config.allows(AuthConfig.Leniency.NC_OF_ANY_LENGTH);
        userhash = config.userhash();
    }

    /**
     * Finds the credentials to look at: of several Authorization lines (RFC 3261 §22.3) the one whose algorithm was offered first. Other
     * schemes are no credentials: the {@code Capability} of GB/T 28181 says what a device can do and proves nothing, as do
     * {@code Unidirection}, {@code Bidirection} and {@code Asymmetric} of GB 35114 here.
     */
    int select(SipRequest request, Flow flow) {
        int best = Integer.MAX_VALUE;
        int otherwise = NONE;
        for (int i = request.first(SipHeader.AUTHORIZATION); i >= 0; i = request.next(i)) {
            candidate.wrap(request.array(), request.valueOffset(i), request.valueLength(i));
            if (!candidate.isDigest()) {
                continue;
            }
            if (candidate.error() != 0 || !candidate.realm().isPresent()) {
                otherwise = MALFORMED;
            } else if (candidate.realm().contentEquals(realm)) {
                DigestAlgorithm named = algorithmOf(candidate.algorithm());
                int rank = rankOf(named);
                if (rank < 0) {
                    otherwise = otherwise == NONE ? DOWNGRADE : otherwise;
                } else if (rank < best) {
                    best = rank;
                    algorithm = named;
                    chosenLine = i;
                    Authorization swap = chosen;
                    chosen = candidate;
                    candidate = swap;
                }
            }
        }
        return best == Integer.MAX_VALUE ? otherwise : check(request, flow);
    }

    /** RFC 7616 §3.4: without the parameter the algorithm is MD5. */
    private static DigestAlgorithm algorithmOf(AsciiView token) {
        return token.isPresent()
                ? DigestAlgorithm.of(token.array(), token.offset(), token.length())
                : DigestAlgorithm.MD5;
    }

    private int rankOf(DigestAlgorithm named) {
        for (int i = 0; i < offered.length; i++) {
            if (offered[i] == named) {
                return i;
            }
        }
        return -1;
    }

    /** The user's name without the blanks that cameras leave around what was typed in, and do not hash. */
    AsciiView user() {
        AsciiView name = chosen.username();
        int from = name.offset();
        int to = from + name.length();
        while (from < to && name.array()[from] == ' ') {
            from++;
        }
        while (to > from && name.array()[to - 1] == ' ') {
            to--;
        }
        return name.length() < 0 ? name : name.wrap(name.array(), from, to - from);
    }

    private int check(SipRequest request, Flow flow) {
        hashedUser =
                userhash && chosen.userhash().isPresent() && chosen.userhash().equalsIgnoreCase(TRUE);
        if (user().length() <= 0
                || chosen.nonce().length() <= 0
                || chosen.uri().length() <= 0
                || chosen.response().length() <= 0) {
            return MALFORMED;
        }
        int result = checkQop();
        return result == USABLE && !anyUri && !isForRequestUri(request) && !isForThisAddress(flow) ? MALFORMED : result;
    }

    private int checkQop() {
        AsciiView value = chosen.qop();
        qop = value.isPresent();
        authInt = false;
        if (!qop) {
            // RFC 2617 §3.2.1 let a client leave qop out for the sake of RFC 2069. RFC 7616 does not, and it is what a
            // downgrade looks like.
            if (!qopMayBeMissing) {
                return DOWNGRADE;
            }
            return algorithm.isSession() && chosen.cnonce().length() <= 0 ? MALFORMED : USABLE;
        }
        authInt = value.equalsIgnoreCase(AUTH_INT);
        if (!authInt && !value.equalsIgnoreCase(AUTH)) {
            return MALFORMED;
        }
        // RFC 7616 §3.4: cnonce and nc MUST be there if qop is. To fall back to RFC 2069 here would be a way around the
        // count.
        if (chosen.cnonce().length() <= 0 || !readCount(chosen.nc())) {
            return MALFORMED;
        }
        return !authInt && qopOffered && !authOffered ? DOWNGRADE : USABLE;
    }

    /** nc-value = 8LHEX, and counting begins at 1. */
    private boolean readCount(AsciiView nc) {
        int length = nc.length();
        if (length != NC_DIGITS && (!anyNcLength || length < 1 || length > MAX_NC_DIGITS)) {
            return false;
        }
        long value = 0;
        byte[] a = nc.array();
        for (int i = nc.offset(); i < nc.offset() + length; i++) {
            int digit = AuthText.lowerCaseHexDigit(a[i]);
            if (digit < 0) {
                return false;
            }
            value = value << 4 | digit;
        }
        count = value;
        return value > 0;
    }

    /**
     * RFC 7616 §3.4.6: the server MUST assure that the Request-URI and the {@code uri} parameter designate the same resource. A registrar's
     * resource is its domain: what has no user part is the same if host and port are, the default port spelt out or not.
     */
    private boolean isForRequestUri(SipRequest request) {
        AsciiView uri = chosen.uri();
        if (uri.contentEquals(request.array(), request.uriOffset(), request.uriLength())) {
            return true;
        }
        SipUri requested = request.uri();
        digestUri.wrap(uri.array(), uri.offset(), uri.length());
        if (digestUri.error() != 0 || requested.error() != 0 || !digestUri.isSip() || !requested.isSip()) {
            return false;
        }
        return digestUri.equalsUri(requested)
                || !digestUri.user().isPresent()
                        && !requested.user().isPresent()
                        && digestUri.scheme() == requested.scheme()
                        && effectivePort(digestUri) == effectivePort(requested)
                        && digestUri.host().equalsIgnoreCase(requested.host());
    }

    /**
     * A registrar's resource is also the address that the request was sent to, whatever domain the Request-URI names: SIPp, for one, fills the
     * parameter so. Of the URI that {@link #isForRequestUri} has read.
     */
    private boolean isForThisAddress(Flow flow) {
        if (digestUri.error() != 0
                || !digestUri.isSip()
                || digestUri.user().isPresent()
                || effectivePort(digestUri) != flow.localPort()) {
            return false;
        }
        int length = flow.writeLocalHost(localHost, 0);
        AsciiView host = digestUri.host();
        int brackets = host.length() > 0 && host.charAt(0) == '[' ? 1 : 0;
        return host.length() - 2 * brackets == length
                && Arrays.equals(
                        host.array(),
                        host.offset() + brackets,
                        host.offset() + brackets + length,
                        localHost,
                        0,
                        length);
    }

    private static int effectivePort(SipUri uri) {
        return uri.port() >= 0 ? uri.port() : uri.scheme() == SipUri.Scheme.SIPS ? SIPS_PORT : SIP_PORT;
    }

    /** The octets of the chosen line, to keep. */
    byte[] copyOf(SipRequest request) {
        int from = request.valueOffset(chosenLine);
        return Arrays.copyOfRange(request.array(), from, from + request.valueLength(chosenLine));
    }

    /** Reads a line again that {@link #copyOf} kept and that was {@link #USABLE} then. */
    void wrapCopy(byte[] line) {
        chosen.wrap(line, 0, line.length);
        algorithm = algorithmOf(chosen.algorithm());
        hashedUser =
                userhash && chosen.userhash().isPresent() && chosen.userhash().equalsIgnoreCase(TRUE);
        checkQop();
    }

    /** The parameters. */
    Authorization parameters() {
        return chosen;
    }

    DigestAlgorithm algorithm() {
        return algorithm;
    }

    /** False for the form of RFC 2069. */
    boolean hasQop() {
        return qop;
    }

    boolean isAuthInt() {
        return authInt;
    }

    /** The user's name is its hash (RFC 7616 §3.4.4). */
    boolean isHashedUser() {
        return hashedUser;
    }

    /** The value of {@code nc}, when there is a qop. */
    long count() {
        return count;
    }
}
