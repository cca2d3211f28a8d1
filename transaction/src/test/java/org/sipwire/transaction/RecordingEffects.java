/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transaction;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What a machine caused, as words in a list: neither socket nor clock. */
final class RecordingEffects implements Effects {

    private final List<String> caused = new ArrayList<>();
    private final Map<TransactionTimer, Integer> running = new EnumMap<>(TransactionTimer.class);

    /** What was caused since the last call. */
    List<String> taken() {
        List<String> all = List.copyOf(caused);
        caused.clear();
        return all;
    }

    @Override
    public void send() {
        caused.add("send");
    }

    @Override
    public void sendAck() {
        caused.add("ACK");
    }

    @Override
    public void startTimer(TransactionTimer timer, int millis) {
        running.keySet().removeIf(other -> other.lane() == timer.lane());
        running.put(timer, millis);
        caused.add(timer + "=" + millis);
    }

    @Override
    public boolean cancelTimer(TransactionTimer timer) {
        boolean ran = running.remove(timer) != null;
        if (ran) {
            caused.add("stop " + timer);
        }
        return ran;
    }

    @Override
    public void notifyUser(Notice notice) {
        caused.add("tell " + notice);
    }

    @Override
    public void terminated() {
        caused.add("terminated");
    }
}
