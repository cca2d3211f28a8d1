/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import java.util.List;
import org.sipwire.registrar.location.Bindings;
import org.sipwire.transport.Flow;

/** Tells none or several listeners, in their order. */
final class RegistrationListeners implements RegistrationListener {

    private final RegistrationListener[] listeners;

    RegistrationListeners(List<RegistrationListener> listeners) {
        this.listeners = listeners.toArray(new RegistrationListener[0]);
    }

    @Override
    public void registered(AddressOfRecord aor, Bindings bindings, Flow flow) {
        for (RegistrationListener listener : listeners) {
            listener.registered(aor, bindings.rewind(), flow);
        }
    }

    @Override
    public void refreshed(AddressOfRecord aor, Bindings bindings, Flow flow) {
        for (RegistrationListener listener : listeners) {
            listener.refreshed(aor, bindings.rewind(), flow);
        }
    }

    @Override
    public void gbVersion(AddressOfRecord aor, String version, Flow flow) {
        for (RegistrationListener listener : listeners) {
            listener.gbVersion(aor, version, flow);
        }
    }

    @Override
    public void removed(AddressOfRecord aor, Flow flow) {
        for (RegistrationListener listener : listeners) {
            listener.removed(aor, flow);
        }
    }

    @Override
    public void expired(AddressOfRecord aor, Bindings left) {
        for (RegistrationListener listener : listeners) {
            listener.expired(aor, left.rewind());
        }
    }

    @Override
    public void refused(AddressOfRecord aor, String reason, int status, Flow flow) {
        for (RegistrationListener listener : listeners) {
            listener.refused(aor, reason, status, flow);
        }
    }
}
