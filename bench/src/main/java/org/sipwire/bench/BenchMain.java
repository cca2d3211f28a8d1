/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench;

import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.JdkLoggerFactory;
import org.sipwire.bench.baseline.FloorCommand;
import org.sipwire.bench.client.RegisterCommand;
import org.sipwire.bench.flood.FloodCommand;
import org.sipwire.bench.load.FleetOptions;
import org.sipwire.bench.load.GarbageCommand;
import org.sipwire.bench.load.LoadOptions;
import org.sipwire.bench.soak.SoakCommand;
import org.sipwire.bench.store.FleetCommand;
import org.sipwire.bench.store.KillCommand;
import org.sipwire.bench.store.OutageCommand;
import org.sipwire.bench.store.RestartCommand;
import org.sipwire.bench.store.StoresCommand;
import org.sipwire.bench.uas.UasCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** What {@code bench/run} starts. */
@Command(
        name = "bench/run",
        mixinStandardHelpOptions = true,
        description = "Load, benchmarks and explanations.",
        subcommands = {
            LoadOptions.class,
            FleetOptions.class,
            FloorCommand.class,
            GarbageCommand.class,
            UasCommand.class,
            ExplainCommand.class,
            FloodCommand.class,
            SoakCommand.class,
            RegisterCommand.class,
            KillCommand.class,
            RestartCommand.class,
            OutageCommand.class,
            StoresCommand.class,
            FleetCommand.class
        })
public final class BenchMain {
    private BenchMain() {}

    /** Exit status: 0 as asked, 1 failed, 2 a bad option. */
    public static void main(String[] args) {
        // Netty would otherwise log through whatever slf4j finds, and the tables are what this program has to say.
        InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new BenchMain())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((error, arguments) -> {
                    error.getCommandLine()
                            .getErr()
                            .println(error.getCommandLine().getCommandName() + ": " + error.getMessage());
                    return CommandLine.ExitCode.USAGE;
                });
    }
}
