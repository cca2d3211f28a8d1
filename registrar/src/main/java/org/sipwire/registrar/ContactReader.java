/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import java.util.concurrent.ThreadLocalRandom;
import org.sipwire.codec.Contact;
import org.sipwire.codec.HeaderValues;
import org.sipwire.codec.NameAddr;
import org.sipwire.codec.ParseError;
import org.sipwire.codec.SipHeader;
import org.sipwire.codec.SipRequest;
import org.sipwire.codec.SipUri;
import org.sipwire.registrar.location.BindingUpdate;

/**
 * Reads the contacts of a REGISTER into a {@link BindingUpdate} (RFC 3261 §10.3 steps 6 and 7 up to the look at the bindings). One a loop,
 * confined to it.
 */
final class ContactReader {

    /** The longest Path kept with a binding, in octets: {@value}. */
    static final int MAX_PATH = 4096;

    private static final int MALFORMED_MEANS = 3600;
    private static final String[] OWN_PARAMETERS = {"expires", "q", "reg-id", "+sip.instance", "pub-gruu", "temp-gruu"};

    private final RegistrarConfig config;
    private final Gruu gruu;
    private final AddressOfRecord named = new AddressOfRecord();
    private byte[] scratch = new byte[256];
    private final Contact contact = new Contact();
    private final NameAddr path = new NameAddr();
    private final Parameters parameters = new Parameters();
    private long random = ThreadLocalRandom.current().nextLong() | 1;

    private int extensions;
    private int contacts;
    private int flows;
    private boolean edgeIsOutbound;
    private boolean relayed;
    private boolean wildcard;
    private long granted;

    ContactReader(RegistrarConfig config, Gruu gruu) {
        this.config = config;
        this.gruu = gruu;
    }

    /**
     * Reads all contacts.
     *
     * @param aor whose contacts they are
     * @param supported the bits of {@link OptionTags} the sender supports
     * @return 0, or the status to refuse the request with
     */
    int read(SipRequest request, AddressOfRecord aor, int supported, BindingUpdate update) {
        extensions = supported;
        contacts = 0;
        flows = 0;
        wildcard = false;
        granted = -1;
        int status = readPath(request, update);
        if (status != 0) {
            return status;
        }
        // Looked at before the contacts, since a message has one cursor.
        relayed = (supported & OptionTags.OUTBOUND) != 0 && hasTwoVias(request);
        HeaderValues values = request.values(SipHeader.CONTACT);
        while (values.next()) {
            contact.wrap(values.array(), values.offset(), values.length());
            if (contact.error() != 0) {
                return 400;
            }
            contacts++;
            if (contact.isWildcard()) {
                wildcard = true;
                continue;
            }
            status = readContact(request, aor, update);
            if (status != 0) {
                return status;
            }
        }
        if (values.error() != 0) {
            return ParseError.of(values.error()).status();
        }
        if (wildcard) {
            // RFC 3261 §10.3 step 6: if the request has additional Contact fields or an expiration time other than
            // zero, the request is
            // invalid, and the server MUST return a 400 (Invalid Request).
            if (contacts != 1 || request.expires() != 0) {
                return 400;
            }
            granted = 0;
            update.removeAll();
        }
        // RFC 5626 §4.2: a UA that registers a flow MUST NOT include more than one Contact with a reg-id and an expiry
        // that is not zero;
        // §6: such a request is answered 400.
        return flows > 0 && contacts > 1 ? 400 : 0;
    }

    private int readPath(SipRequest request, BindingUpdate update) {
        edgeIsOutbound = false;
        if (!request.has(SipHeader.PATH)) {
            return 0;
        }
        int octets = 0;
        HeaderValues values = request.values(SipHeader.PATH);
        while (values.next()) {
            if (path.wrap(values.array(), values.offset(), values.length()).error() != 0
                    || path.uri().error() != 0) {
                return 400;
            }
            octets += values.length() + 1;
            if (octets > MAX_PATH) {
                return 400;
            }
            // RFC 5626 §6: the registrar looks at the last URI of Path, that of the first edge proxy, for the parameter
            // "ob".
            edgeIsOutbound = path.uri().hasParameter("ob");
            update.addPath(values.array(), values.offset(), values.length());
        }
        return values.error() == 0 ? 0 : ParseError.of(values.error()).status();
    }

    private int readContact(SipRequest request, AddressOfRecord aor, BindingUpdate update) {
        SipUri uri = contact.uri();
        // A contact of another scheme (tel:, mailto:) is kept as it is: RFC 3261 §10.2.1 allows any URI.
        if (uri.error() != 0) {
            return 400;
        }
        long expires = expires(request);
        if (expires != 0) {
            // RFC 3261 §10.3 step 7: if and only if the requested expiration interval is greater than zero AND smaller
            // than one hour AND
            // less than a registrar-configured minimum, the registrar MAY reject the registration with 423 (Interval
            // Too Brief).
            if (expires < config.minExpires() && expires < 3600) {
                return 423;
            }
            if (uri.isSip() && pointsAt(aor, uri)) {
                return 403;
            }
            expires = grant(expires);
        }
        granted = Math.max(granted, expires);
        update.beginContact(contact.array(), contact.uriOffset(), contact.uriLength());
        boolean hasInstance =
                contact.instance().isPresent() && !contact.instance().isEmpty();
        if (hasInstance) {
            update.instance(
                    contact.instance().array(),
                    contact.instance().offset(),
                    contact.instance().length());
        }
        if (contact.regId() > 0 && contact.regId() <= Integer.MAX_VALUE) {
            // RFC 5626 §6: without +sip.instance a reg-id MUST be ignored; without the option tag the request is an
            // ordinary one.
            boolean flow = hasInstance && (extensions & OptionTags.OUTBOUND) != 0;
            if (flow && expires != 0) {
                if (relayed && !edgeIsOutbound) {
                    // RFC 5626 §6: if the edge proxy does not do outbound, the registrar MUST answer 439 (First Hop
                    // Lacks Outbound
                    // Support), for the UA has asked for it by listing "outbound" in Supported.
                    return 439;
                }
                flows++;
            }
            update.regId((int) contact.regId(), flow);
        }
        copyParameters(update);
        update.q(contact.q()).endContact(expires);
        return 0;
    }

    /**
     * RFC 5627 §5.1: a contact that is the address-of-record itself, or a GRUU of it, would send requests round in a loop, so the registrar
     * MUST answer 403. The former is looked for only when the sender knows of GRUUs: devices that do not are not used to being refused.
     */
    private boolean pointsAt(AddressOfRecord aor, SipUri uri) {
        if (uri.parametersLength() > 0 && gruu.read(uri) != Gruu.NONE) {
            return gruu.aor(named).equals(aor);
        }
        if (!wantsGruu() || uri.port() >= 0 || !uri.user().isPresent() || uri.hasParameter("gr")) {
            return false;
        }
        if (scratch.length < uri.length()) {
            scratch = new byte[uri.length()];
        }
        return named.wrap(scratch, 0, uri.writeAddressOfRecord(scratch, 0)).equals(aor);
    }

    /** RFC 5626 §6: a request with more than one Via came through a proxy. */
    private static boolean hasTwoVias(SipRequest request) {
        HeaderValues vias = request.values(SipHeader.VIA);
        return vias.next() && vias.next();
    }

    private long expires(SipRequest request) {
        // RFC 3261 §10.2.1.1: the "expires" parameter of the Contact first; without it the Expires header field;
        // without either the
        // registrar chooses.
        long asked = contact.expires();
        if (asked == -1) {
            asked = request.expires();
        }
        if (asked == -1) {
            return config.defaultExpires();
        }
        // RFC 3261 §20.10: malformed values SHOULD be treated as equivalent to 3600.
        return asked < 0 ? MALFORMED_MEANS : asked;
    }

    private long grant(long asked) {
        long expires = Math.min(Math.max(asked, config.minExpires()), config.maxExpires());
        int jitter = config.expiresJitterPercent();
        if (jitter == 0) {
            return expires;
        }
        // RFC 3261 §10.3 step 7 leaves the granted time to the registrar. Cut at random, it scatters devices that came
        // back together.
        random ^= random << 13;
        random ^= random >>> 7;
        random ^= random << 17;
        long cut = expires * jitter / 100;
        return Math.max(config.minExpires(), expires - (cut == 0 ? 0 : Math.floorMod(random, cut + 1)));
    }

    private void copyParameters(BindingUpdate update) {
        parameters.wrap(contact.array(), contact.parametersOffset(), contact.parametersLength());
        while (parameters.next()) {
            boolean own = false;
            for (String name : OWN_PARAMETERS) {
                own |= parameters.isNamed(name);
            }
            if (!own) {
                update.parameters(contact.array(), parameters.offset(), parameters.length());
            }
        }
    }

    /** True when the sender wants to be told its GRUUs (RFC 5627). */
    boolean wantsGruu() {
        return (extensions & OptionTags.GRUU) != 0;
    }

    /** How many contacts there were, the asterisk counted. */
    int contacts() {
        return contacts;
    }

    /** True when a contact is one of RFC 5626. */
    boolean isOutbound() {
        return flows > 0;
    }

    /** The longest expiry granted, 0 when all were removals, -1 when nothing was asked. */
    long granted() {
        return granted;
    }
}
