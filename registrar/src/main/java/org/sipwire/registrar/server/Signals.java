/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.server;

import java.lang.reflect.Proxy;

/**
 * Signals of the operating system. Java has them in {@code sun.misc} alone, and the compiler warns about every mention of that
 * package; reflection keeps the build free of warnings. Where the package is missing the JVM's own handling stays.
 *
 * <p>Thread: a task runs on a thread of the JVM's for each signal.
 */
final class Signals {
    private Signals() {}

    /** Runs the task at every signal of this name, {@code TERM}; false when this JVM has no such signal to give away. */
    static boolean on(String name, Runnable task) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object proxy = Proxy.newProxyInstance(
                    Signals.class.getClassLoader(), new Class<?>[] {handler}, (self, method, arguments) -> {
                        if (method.getName().equals("handle")) {
                            task.run();
                            return null;
                        }
                        return switch (method.getName()) {
                            case "hashCode" -> System.identityHashCode(self);
                            case "equals" -> self == arguments[0];
                            default -> "signal handler";
                        };
                    });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
            return true;
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }
}
