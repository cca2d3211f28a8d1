/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.sipwire.registrar.Registrar;
import org.sipwire.registrar.RegistrarConfig;
import org.sipwire.registrar.auth.CredentialStore;
import org.sipwire.transaction.SipStack;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the options again, on SIGHUP or {@code POST /v1/reload}, and applies those that may change while the server runs: users, limits of
 * registrations, certificates, the token and the log. All or nothing: whatever cannot be used is one line, and everything stays as it was.
 *
 * <p>Thread: a thread of its own, so that a large file of users delays nobody. Owned: close it.
 */
final class Reload implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Reload.class);

    /** What may change while the server runs. */
    static final Set<String> CHANGEABLE = Set.of(
            "--password",
            "--users",
            "--min-expires",
            "--default-expires",
            "--max-expires",
            "--expires-jitter",
            "--max-contacts",
            "--contact-overflow",
            "--third-party",
            "--service-route",
            "--flow-timer",
            "--http-token",
            "--log-level",
            "--log-format");

    /** The parts of a server that can be told. */
    record Parts(SipStack stack, Registrar registrar, SwappedCredentials users, AccessToken token) {}

    private final Parts parts;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread made = new Thread(task, "sipwire-reload");
        made.setDaemon(true);
        return made;
    });
    private ServerOptions present;

    Reload(ServerOptions present, Parts parts) {
        this.present = present;
        this.parts = parts;
    }

    /** Reloads and logs how it went. From any thread; does not wait. */
    void soon() {
        thread.execute(() -> {
            try {
                apply();
            } catch (BadOption e) {
                LOG.error("Not reloaded, all stays as it was: {}", e.getMessage());
            } catch (RuntimeException e) {
                LOG.error("Not reloaded", e);
            }
        });
    }

    /** {@code POST /v1/reload}: 200 with what changed, or 422 with the one line that says why nothing did. */
    void handle(HttpExchange exchange) {
        if (!exchange.method().equals(HttpMethod.POST)) {
            exchange.methodNotAllowed("POST");
            return;
        }
        thread.execute(() -> {
            try {
                Set<String> changed = apply();
                exchange.json(HttpResponseStatus.OK, json -> {
                    json.writeStartObject();
                    json.writeStringField("status", "reloaded");
                    json.writeArrayFieldStart("changed");
                    for (String name : changed) {
                        json.writeString(name.substring(2));
                    }
                    json.writeEndArray();
                    json.writeEndObject();
                });
            } catch (BadOption e) {
                LOG.error("Not reloaded, all stays as it was: {}", e.getMessage());
                exchange.error(HttpResponseStatus.UNPROCESSABLE_ENTITY, e.getMessage());
            } catch (RuntimeException e) {
                LOG.error("Not reloaded", e);
                exchange.error(HttpResponseStatus.INTERNAL_SERVER_ERROR, "not reloaded, the log says why");
            }
        });
    }

    /** Reads, checks and applies; returns the names of the options that changed. On the reloading thread. */
    private Set<String> apply() throws BadOption {
        ServerOptions next = present.again();
        Set<String> changed = changed(next);
        RegistrarConfig config = RegistrarServer.registrarConfig(next);
        // Read again even where the option is the same: the file that it names may be another.
        CredentialStore users = next.noAuth ? null : Authentication.users(next);
        try {
            parts.stack.reloadTls();
        } catch (IllegalArgumentException e) {
            if (users != null) {
                users.close();
            }
            throw new BadOption(e.getMessage());
        }
        // From here on nothing can fail.
        if (users != null) {
            parts.users.swap(users);
        }
        parts.registrar.reconfigure(config);
        parts.token.change(next.httpToken);
        Logs.apply(next);
        present = next;
        LOG.info("Reloaded; changed: {}", changed.isEmpty() ? "no option" : String.join(", ", changed));
        return changed;
    }

    private Set<String> changed(ServerOptions next) throws BadOption {
        Set<String> names = new TreeSet<>(present.effective.keySet());
        names.addAll(next.effective.keySet());
        names.removeIf(name -> java.util.Objects.equals(present.effective.get(name), next.effective.get(name)));
        for (String name : names) {
            if (!CHANGEABLE.contains(name)) {
                throw new BadOption(name + " cannot change while the server runs: restart it");
            }
        }
        return names;
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
