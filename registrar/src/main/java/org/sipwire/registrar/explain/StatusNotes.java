/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.explain;

/** What a final answer that is no success means. Any thread. */
final class StatusNotes {
    private StatusNotes() {}

    static String of(int status) {
        return switch (status) {
            case 301, 302 -> "to be tried at the address in Contact";
            case 400 -> "the request is malformed; Warning may say how";
            case 401, 407 -> "demands authentication";
            case 403 ->
                "the proof may be right, but this user may not do this: another user's address, or an ID the platform does not know";
            case 404 -> "the user or domain is not served here";
            case 405 -> "the method is not allowed for this address";
            case 408 -> "nobody answered in time";
            case 415 -> "the body is of a kind that is not understood";
            case 416 -> "the URI's scheme is not understood";
            case 420 -> "an extension is required that is not understood";
            case 421 -> "an extension is missing that is required";
            case 423 -> "the time asked for is shorter than the registrar grants";
            case 439 -> "a proxy on the way does not support outbound";
            case 480 -> "cannot be reached at present";
            case 481 -> "the dialog or transaction is not known here any more";
            case 482 -> "the same request came on two ways";
            case 483 -> "too many hops: a loop";
            case 486 -> "busy";
            case 487 -> "the INVITE was taken back";
            case 488 -> "none of the media offered can be used";
            case 500 -> "the server failed";
            case 501 -> "the method is not known";
            case 503 -> "overloaded or about to stop; Retry-After says when to try again";
            case 504 -> "a server behind it did not answer";
            case 505 -> "the version of SIP is not understood";
            case 513 -> "the message is too large";
            default ->
                status < 400
                        ? "to be tried elsewhere"
                        : status < 500 ? "refused" : status < 600 ? "the server could not do it" : "refused everywhere";
        };
    }
}
