/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import java.util.ArrayList;
import java.util.List;
import org.sipwire.registrar.auth.AuthConfig;
import picocli.CommandLine.Option;

/**
 * The options about who may register: a part of {@link ServerOptions}, which says how they are filled.
 *
 * <p>Thread: written by the starting thread alone, read by all afterwards. Shared once checked.
 */
final class AuthOptions {

    @Option(
            names = "--users-table",
            paramLabel = "NAME",
            defaultValue = "subscriber",
            description = "The table of --users jdbc:..., with columns username, domain, ha1, ha1_sha256 and"
                    + " ha1_sha512t256 as Kamailio and OpenSIPS have them (default: ${DEFAULT-VALUE}).")
    String usersTable;

    @Option(
            names = "--users-domain",
            paramLabel = "true|false",
            arity = "1",
            defaultValue = "true",
            converter = Choice.TrueOrFalse.class,
            description = "The realm must be in the table's column domain (default: ${DEFAULT-VALUE}).")
    Boolean usersDomain;

    @Option(
            names = "--users-cache",
            paramLabel = "SECONDS",
            defaultValue = "300",
            converter = Choice.PositiveSeconds.class,
            description = "How long an answer of --users jdbc:... or redis://... is remembered, and a changed password"
                    + " may go unseen (default: ${DEFAULT-VALUE}).")
    int usersCacheSeconds;

    @Option(
            names = "--third-party",
            paramLabel = "USER",
            split = ",",
            description = "This user may register any address-of-record; repeatable.")
    List<String> thirdParties = new ArrayList<>();

    @Option(
            names = "--nonce-key",
            paramLabel = "TEXT|@FILE",
            description = "The secret behind nonces and temporary GRUUs, of 16 octets or more: give every member of a"
                    + " fleet the same. @FILE reads it from a file (default: a random one at each start).")
    String nonceKey;

    @Option(
            names = "--fleet-nonces",
            paramLabel = "stale|accept",
            defaultValue = "stale",
            converter = Choice.FleetChoice.class,
            description = "What becomes of a right answer to the nonce of another member with the same --nonce-key: it"
                    + " is asked again, or accepted once by each member (default: ${DEFAULT-VALUE}).")
    AuthConfig.FleetNonces fleetNonces;

    @Option(
            names = "--authentication-info",
            paramLabel = "off|rspauth|nextnonce",
            defaultValue = "off",
            converter = Choice.InfoChoice.class,
            description = "What a 200 proves: nothing, that the registrar knows the password too, or that and a nonce"
                    + " for next time (default: ${DEFAULT-VALUE}).")
    AuthConfig.AuthenticationInfo authenticationInfo;

    @Option(
            names = "--userhash",
            description = "Offers to hide user names by hashes (RFC 7616); needs a file of --users.")
    boolean userhash;

    @Option(
            names = "--guard-failures",
            paramLabel = "N",
            defaultValue = "5",
            converter = Choice.Failures.class,
            description = "Wrong answers of one address for one user until it is refused for this user, with 403, then"
                    + " 503, then silence; 0 turns all guarding off (default: ${DEFAULT-VALUE}).")
    int guardFailures;

    @Option(
            names = "--guard-source-failures",
            paramLabel = "N",
            defaultValue = "200",
            converter = Choice.SomeFailures.class,
            description = "Wrong answers of one address for whatever users until it is refused (default:"
                    + " ${DEFAULT-VALUE}).")
    int guardSourceFailures;

    @Option(
            names = "--guard-seconds",
            paramLabel = "SECONDS",
            defaultValue = "60",
            converter = Choice.UpToAnHour.class,
            description = "After so many seconds one wrong answer for a user is forgotten (default: ${DEFAULT-VALUE}).")
    int guardSeconds;
}
