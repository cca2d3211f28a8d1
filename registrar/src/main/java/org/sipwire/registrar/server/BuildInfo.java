/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** Which build this is: the version and the commit that Maven wrote beside this class; {@code unknown} where it did not. */
final class BuildInfo implements IVersionProvider {
    private static final Properties BUILD = load();

    static String version() {
        return value("version");
    }

    static String commit() {
        return value("commit");
    }

    private static String value(String name) {
        String value = BUILD.getProperty(name, "");
        // A checkout without its repository leaves the placeholder as it is.
        return value.isEmpty() || value.startsWith("${") ? "unknown" : value;
    }

    private static Properties load() {
        Properties properties = new Properties();
        try (InputStream in = BuildInfo.class.getResourceAsStream("build.properties")) {
            if (in != null) {
                properties.load(in);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties;
    }

    @Override
    public String[] getVersion() {
        return new String[] {"Sipwire " + version() + " (" + commit() + "), Java " + Runtime.version()};
    }
}
