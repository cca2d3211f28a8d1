/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.uas;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.SipStackConfig;
import org.sipwire.transport.ListeningPoint;
import org.sipwire.transport.TlsConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Takes calls until it is killed. */
@Command(
        name = "uas",
        mixinStandardHelpOptions = true,
        description =
                "Takes calls as a gateway on the stack would: sip:busy@, sip:ring@, sip:late@, any other is answered.")
public final class UasCommand implements Callable<Integer> {
    @Option(
            names = "--listen",
            paramLabel = "URI",
            defaultValue = "udp://127.0.0.1:5062",
            description = "Repeatable: udp, tcp, tls, ws, wss (${DEFAULT-VALUE}).")
    List<String> listen;

    @Option(names = "--tls-certificate", paramLabel = "FILE", description = "Certificate chain of tls and wss, PEM.")
    Path certificate;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "Its private key, PEM.")
    Path key;

    @Override
    public Integer call() throws InterruptedException {
        try {
            SipStackConfig.Builder config = SipStackConfig.builder();
            listen.forEach(config::listen);
            if (certificate != null && key != null) {
                config.tls(TlsConfig.of(certificate, key));
            }
            try (SipStack stack = SipStack.create(config.build())) {
                stack.start(new UserAgentServer());
                String bound = stack.boundPoints().stream()
                        .map(ListeningPoint::toString)
                        .collect(Collectors.joining(" "));
                System.out.println("ready " + bound);
                new CountDownLatch(1).await();
            }
            return 0;
        } catch (IllegalArgumentException | UncheckedIOException e) {
            System.err.println("uas: " + e.getMessage());
            return 2;
        }
    }
}
