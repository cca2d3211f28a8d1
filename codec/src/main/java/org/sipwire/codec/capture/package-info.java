/* SPDX-License-Identifier: Apache-2.0 */
/**
 * SIP messages in captures: reads pcap and pcapng files down to whole SIP messages, writes messages as a capture file that Wireshark and
 * sngrep open, and as HEP packets for Homer; masks the secrets in them.
 *
 * <p>Octets in, octets out: anybody may call it, each object by one thread at a time; records are Shared.
 */
package org.sipwire.codec.capture;
