/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.baseline;

import java.io.UncheckedIOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs the floor until it is killed. */
@Command(
        name = "floor",
        mixinStandardHelpOptions = true,
        description = "Answers canned bytes over Netty, UDP and TCP: the floor of any server on it.")
public final class FloorCommand implements Callable<Integer> {
    @Option(names = "--host", paramLabel = "H", defaultValue = "127.0.0.1", description = "Address (${DEFAULT-VALUE}).")
    String host;

    @Option(
            names = "--port",
            paramLabel = "P",
            defaultValue = "5070",
            description = "Port of both transports (${DEFAULT-VALUE}).")
    int port;

    @Override
    public Integer call() throws InterruptedException {
        try (NettyFloor floor = new NettyFloor(host, port)) {
            System.out.println("ready " + host + ":" + floor.port());
            floor.await();
            return 0;
        } catch (UncheckedIOException e) {
            System.err.println("floor: cannot listen on " + host + ":" + port + ": "
                    + e.getCause().getMessage());
            return 2;
        }
    }
}
