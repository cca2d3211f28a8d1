/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;

/**
 * The three questions RFC 3263 puts to the DNS. One a loop; called on it, and answers on it, perhaps before the call returns.
 *
 * <p>An answer is empty when there is no such record; it is empty and has a cause when nobody could say.
 */
public interface NameService extends AutoCloseable {

    /** A NAPTR record (RFC 3403 §4). Shared. */
    record Naptr(int order, int preference, String flags, String service, String replacement) {}

    /** An SRV record (RFC 2782); a target of {@code "."}: the service is decidedly not there. Shared. */
    record Srv(int priority, int weight, int port, String target) {}

    /**
     * Gets records.
     *
     * @param <T> what a record says
     */
    @FunctionalInterface
    interface Answer<T> {
        /**
         * The records as the DNS gave them, in no order; empty for none.
         *
         * @param cause why it is not known whether there are any, or null
         */
        void records(List<T> records, IOException cause);
    }

    /** NAPTR records of a domain. */
    void naptr(String domain, Answer<Naptr> answer);

    /** SRV records of a name like {@code _sip._udp.example.com}. */
    void srv(String name, Answer<Srv> answer);

    /** A and AAAA records of a host, in the order in which they are to be tried; each address has the host as its name. */
    void addresses(String host, Answer<InetAddress> answer);

    /** Asks no more. On the loop. */
    @Override
    void close();
}
