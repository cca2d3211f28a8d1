/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.sipwire.codec.manscdp.Manscdp;
import org.sipwire.registrar.gb28181.DeviceAgentListener.Loss;

/**
 * An agent's sign of life. One is under way at a time: when the next is due and the last has no answer, that one is lost, and enough of
 * them in a row mean that the platform is gone. A platform that refuses one does not know the device: it registers at once.
 *
 * <p>All keep-alives have one Call-ID and a CSeq that rises, so that a platform that knows it can follow the device when a NAT gives it
 * another port. Confined to the agent's loop.
 */
final class AgentKeepalive {
    private final DeviceAgentConfig config;
    private final AgentLine line;
    private final AgentRegistration registration;
    private final String callId;
    private long sn;
    private int lost;
    private int run;
    private boolean pending;
    private List<String> faulty = List.of();

    AgentKeepalive(DeviceAgentConfig config, AgentLine line, AgentRegistration registration) {
        this.config = config;
        this.line = line;
        this.registration = registration;
        callId = line.messages().newCallId();
    }

    /** Channels that do not work, to be named from now on. */
    void faulty(List<String> channels) {
        faulty = channels;
    }

    /** Begins, at a moment of the interval by chance. Does nothing when it runs already. */
    void start() {
        if (run == 0) {
            lost = 0;
            pending = false;
            run = ++starts;
            schedule(1 + ThreadLocalRandom.current().nextLong(config.timing().keepaliveMillis()));
        }
    }

    private int starts;

    void stop() {
        run = 0;
    }

    /** Sends one now, out of turn: something is wrong with a channel (GB/T 28181-2016 9.6). */
    void now() {
        if (run != 0) {
            send();
        }
    }

    private void schedule(long millis) {
        int mine = run;
        line.schedule(
                () -> {
                    if (mine == run) {
                        due();
                    }
                },
                millis);
    }

    private void due() {
        if (pending && ++lost >= config.timing().keepaliveCount()) {
            run = 0;
            registration.again(Loss.KEEPALIVES_LOST, 0);
            return;
        }
        send();
        schedule(config.timing().keepaliveMillis());
    }

    private void send() {
        pending = true;
        long number = ++sn;
        Manscdp.Keepalive body = new Manscdp.Keepalive(number, config.deviceId(), "OK", faulty);
        int mine = run;
        line.message(body, callId, number, new ClientCall() {
            @Override
            public int home(int here) {
                return here;
            }

            @Override
            public void onStatus(int status, Object kept) {
                if (mine == run && status >= 200) {
                    answered(status, number);
                }
            }

            @Override
            public void onNoResponse() {}
        });
    }

    private void answered(int status, long number) {
        if (status < 300) {
            lost = 0;
            pending = pending && number != sn;
        } else if (status < 500) {
            // 403, 404: not registered there. 401 asks for proof, which a registration gives.
            run = 0;
            registration.again(Loss.KEEPALIVES_LOST, status);
        }
    }
}
