/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport;

/**
 * How event loops wait for the kernel.
 *
 * <p>Shared: an immutable constant.
 */
public enum IoEngine {
    /** The best one this machine has: epoll, else io_uring, else NIO. */
    AUTO("auto"),
    /** Linux epoll through Netty's native library: recvmmsg, sendmmsg, SO_REUSEPORT. */
    EPOLL("epoll"),
    /** Linux io_uring through Netty's native library. */
    IO_URING("io_uring"),
    /** The JDK's selectors: everywhere, with neither recvmmsg nor sendmmsg. */
    NIO("nio");

    private static final IoEngine[] ALL = values();

    private final String option;

    IoEngine(String option) {
        this.option = option;
    }

    /** The word a command line uses. */
    public String option() {
        return option;
    }

    /**
     * The engine a word names.
     *
     * @throws IllegalArgumentException naming the engines there are
     */
    public static IoEngine parse(String text) {
        for (IoEngine engine : ALL) {
            if (engine.option.equals(text)) {
                return engine;
            }
        }
        throw new IllegalArgumentException(
                "unknown I/O engine '" + text + "': one of auto, epoll, io_uring, nio is needed");
    }
}
