/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * Where options come from: the command line, which wins over the environment, which wins over the file of {@code --config}.
 *
 * <p>Each source is parsed by itself first, so that a refusal names the place where the value stands.
 */
final class OptionSources {
    /** Before the name of an option in the environment: {@code SIPWIRE_STORE_SYNC} is {@code --store-sync}. */
    static final String ENVIRONMENT_PREFIX = "SIPWIRE_";

    private static final String MASK = "********";

    /** Whose values are secret as a whole. */
    private static final Set<String> SECRETS = Set.of("--password", "--nonce-key", "--http-token");

    private OptionSources() {}

    /** A parser of {@link ServerOptions}, not used yet. */
    static CommandLine commandLine(ServerOptions options) {
        CommandLine line = new CommandLine(options);
        line.setUnmatchedArgumentsAllowed(false);
        line.setOverwrittenOptionsAllowed(false);
        line.setUseSimplifiedAtFiles(false);
        line.setExpandAtFiles(false);
        line.setTrimQuotes(false);
        line.setSeparator("=");
        return line;
    }

    /** What {@code --help} prints. */
    static String help() {
        // A parser of its own: the page shows `--listen URI`, where the parser takes `--listen=URI` as well.
        return new CommandLine(new ServerOptions()).getUsageMessage(CommandLine.Help.Ansi.OFF);
    }

    /**
     * Reads all sources.
     *
     * @return the options, checked unless help or version was asked for
     * @throws BadOption with the one line to print
     */
    static ServerOptions read(String[] arguments, Map<String, String> environment) throws BadOption {
        ServerOptions given = new ServerOptions();
        ParseResult commandLine = parse(given, List.of(arguments), "");
        if (given.help || given.version) {
            return given;
        }
        List<OptionSpec> specs = commandLine.commandSpec().options();

        List<String> all = new ArrayList<>();
        List<String> fromEnvironment = environment(specs, environment);
        ServerOptions inEnvironment = new ServerOptions();
        ParseResult environmentResult = parse(inEnvironment, fromEnvironment, "environment: ");

        Path file = given.config != null ? given.config : inEnvironment.config;
        if (file != null) {
            List<String> fromFile = file(specs, file);
            ParseResult fileResult = parse(new ServerOptions(), fromFile, file + ": ");
            addUnlessGiven(all, fileResult, fromFile, List.of(commandLine, environmentResult));
        }
        addUnlessGiven(all, environmentResult, fromEnvironment, List.of(commandLine));
        all.addAll(List.of(arguments));

        ServerOptions options = new ServerOptions();
        ParseResult result = parse(options, all, "");
        options.check();
        options.effective = effective(options, result);
        options.sources = () -> read(arguments, environment);
        return options;
    }

    private static Map<String, String> effective(ServerOptions options, ParseResult given) {
        Map<String, String> effective = new LinkedHashMap<>();
        for (OptionSpec spec : given.commandSpec().options()) {
            String name = spec.longestName();
            if (!isSetting(spec) || name.equals("--config")) {
                continue;
            }
            String value = given.hasMatchedOption(name)
                    ? String.join(",", given.matchedOption(name).originalStringValues())
                    : spec.defaultValue();
            if (spec.type() == boolean.class) {
                value = Boolean.toString(given.matchedOptionValue(name, false));
            } else if (value == null) {
                value = switch (name) {
                    case "--realm" -> options.effectiveRealm();
                    case "--qop" -> options.offersQop() ? "auth" : "none";
                    case "--threads" -> Integer.toString(options.loops());
                    default -> null;
                };
            }
            if (value != null) {
                effective.put(name, value);
            }
        }
        return effective;
    }

    /** What {@code --print-config} prints: a file for {@code --config}, but for what is secret; options without a value are comments. */
    static String print(ServerOptions options) {
        StringBuilder text = new StringBuilder();
        for (OptionSpec spec : commandLine(new ServerOptions()).getCommandSpec().options()) {
            String name = spec.longestName();
            if (isSetting(spec) && !name.equals("--config")) {
                String value = options.effective.get(name);
                text.append(value == null ? "#" : "")
                        .append(name, 2, name.length())
                        .append('=')
                        .append(
                                value == null
                                        ? spec.paramLabel()
                                        : masked(name, value).replace("\\", "\\\\"))
                        .append(System.lineSeparator());
            }
        }
        return text.toString();
    }

    /** A value without what is secret in it: the whole of a password, the credentials of a URL. */
    static String masked(String name, String value) {
        if (SECRETS.contains(name)) {
            return MASK;
        }
        return value.replaceAll("://[^/@]*@", "://" + MASK + "@")
                .replaceAll("(?i)(password|pwd|secret|token)=[^&;,]*", "$1=" + MASK);
    }

    private static ParseResult parse(ServerOptions options, List<String> arguments, String source) throws BadOption {
        try {
            return commandLine(options).parseArgs(arguments.toArray(new String[0]));
        } catch (ParameterException e) {
            throw new BadOption(source + oneLine(e.getMessage()));
        }
    }

    private static String oneLine(String message) {
        return message.strip().replaceAll("\\s*\\R\\s*", " ");
    }

    /** Adds the arguments of a weaker source whose option no stronger one gives. */
    private static void addUnlessGiven(
            List<String> all, ParseResult weaker, List<String> arguments, List<ParseResult> stronger) {
        for (String argument : arguments) {
            String name = argument.substring(0, argument.indexOf('='));
            if (weaker.hasMatchedOption(name) && stronger.stream().noneMatch(s -> s.hasMatchedOption(name))) {
                all.add(argument);
            }
        }
    }

    private static List<String> environment(List<OptionSpec> specs, Map<String, String> environment) {
        List<String> arguments = new ArrayList<>();
        for (OptionSpec spec : specs) {
            String name = spec.longestName();
            String value = isSetting(spec) ? environment.get(variable(name)) : null;
            if (value != null) {
                arguments.add(name + "=" + value);
            }
        }
        return arguments;
    }

    /** The environment variable of an option. */
    static String variable(String optionName) {
        return ENVIRONMENT_PREFIX + optionName.substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
    }

    private static boolean isSetting(OptionSpec spec) {
        return !spec.usageHelp() && !spec.versionHelp() && !spec.longestName().equals("--print-config");
    }

    private static List<String> file(List<OptionSpec> specs, Path file) throws BadOption {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            properties.load(reader);
        } catch (NoSuchFileException e) {
            throw new BadOption("--config " + file + " does not exist");
        } catch (MalformedInputException e) {
            throw new BadOption("--config " + file + " is not UTF-8 text");
        } catch (IOException | IllegalArgumentException e) {
            throw new BadOption("--config " + file + " cannot be read: " + oneLine(String.valueOf(e.getMessage())));
        }
        List<String> arguments = new ArrayList<>();
        for (String name : new TreeSet<>(properties.stringPropertyNames())) {
            String option = "--" + name;
            boolean known =
                    specs.stream().anyMatch(s -> isSetting(s) && s.longestName().equals(option));
            if (!known || option.equals("--config")) {
                throw new BadOption(file + ": unknown option '" + name + "'");
            }
            arguments.add(option + "=" + properties.getProperty(name).strip());
        }
        return arguments;
    }
}
