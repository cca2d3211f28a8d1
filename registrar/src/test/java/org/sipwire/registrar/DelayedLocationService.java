/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.sipwire.registrar.location.BindingUpdate;
import org.sipwire.registrar.location.Bindings;
import org.sipwire.registrar.location.LocationListener;
import org.sipwire.registrar.location.LocationResult;
import org.sipwire.registrar.location.LocationService;

/** A store that answers updates when the test says so, or says that it cannot. */
final class DelayedLocationService implements LocationService {

    private final LocationService inner;
    private final List<Runnable> held = new ArrayList<>();
    boolean away;

    DelayedLocationService(LocationService inner) {
        this.inner = inner;
    }

    void release() {
        held.forEach(Runnable::run);
        held.clear();
    }

    @Override
    public void update(BindingUpdate update, Completion completion) {
        if (away) {
            held.add(() -> completion.completed(LocationResult.UNAVAILABLE, new Bindings()));
            return;
        }
        inner.update(update, (result, current) -> {
            // The update and its cursor are used again before this is completed, as by a real store: bindings are
            // looked up anew.
            byte[] aor = java.util.Arrays.copyOfRange(
                    current.array(), current.aorOffset(), current.aorOffset() + current.aorLength());
            held.add(() -> inner.lookup(
                    aor,
                    0,
                    aor.length,
                    new Bindings(),
                    Runnable::run,
                    (ignored, bindings) -> completion.completed(result, bindings)));
        });
    }

    @Override
    public void lookup(byte[] aor, int offset, int length, Bindings cursor, Executor loop, Completion completion) {
        inner.lookup(aor, offset, length, cursor, loop, completion);
    }

    @Override
    public void remove(byte[] aor, int offset, int length, Bindings cursor, Executor loop, Completion completion) {
        inner.remove(aor, offset, length, cursor, loop, completion);
    }

    @Override
    public void page(byte[] after, int offset, int length, PageRequest request) {
        inner.page(after, offset, length, request);
    }

    @Override
    public int expire(long nowMillis, int budget) {
        return inner.expire(nowMillis, budget);
    }

    @Override
    public long bindingCount() {
        return inner.bindingCount();
    }

    @Override
    public long addressCount() {
        return inner.addressCount();
    }

    @Override
    public void listener(LocationListener listener) {
        inner.listener(listener);
    }

    @Override
    public void close() {
        inner.close();
    }
}
