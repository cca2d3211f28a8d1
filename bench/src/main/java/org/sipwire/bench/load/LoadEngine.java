/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.load;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

/**
 * The protocol of a run: arrivals by the schedule, answers to challenges, retransmissions (RFC 3261 §17.1.2, Timers E and F) and the
 * verdict on each cycle. It sees bytes and a clock, never a socket, so it is tested without one.
 *
 * <p>One thread. Owned by the run.
 */
final class LoadEngine {
    /** The way out. */
    interface Wire {
        /** Queues a message; false when the connection is not open. The bytes are copied. */
        boolean send(int connection, byte[] bytes, int length);

        /** Whether a message could be sent. */
        default boolean isOpen(int connection) {
            return true;
        }

        /** Ends every connection at once, as a power cut does; each comes back by itself. */
        default void cut() {}

        /** Ends one connection, which comes back by itself: by a reset, or in good order behind what was sent. */
        default void drop(int connection, boolean isReset) {}
    }

    private static final long T2_NANOS = 4_000_000_000L;
    private static final int BRANCH_LENGTH = 7 + 24;
    private static final int CHALLENGE_BYTES = 768;
    /** How many users after the one whose turn it is are tried before an arrival is given up. */
    private static final int BUSY_TRIES = 64;

    /** Answers are read after so many: who has no time for them sends ever more again. */
    private static final int RESENT_A_TICK = 64;

    private static final byte[] OK = Scratch.ascii("SIP/2.0 200 OK\r\n");
    private static final byte[] TO_TAG = Scratch.ascii(";tag=sipwire-load");
    private static final byte[] OK_END = Scratch.ascii("User-Agent: sipwire-load\r\nContent-Length: 0\r\n\r\n");

    private final LoadOptions options;
    private final Wire wire;
    private final LoadStats stats;
    private final LongSupplier clock;
    private final Schedule schedule;
    private final UserNames names;
    private final UserStates users;
    private final Cycles cycles;
    private final Challenges challenges;
    private final Requests requests;
    private final WireMessage message = new WireMessage();
    private final Scratch out = new Scratch(16 * 1024);
    private final Scratch callId = new Scratch(64);
    private final int run = ThreadLocalRandom.current().nextInt();
    private Acknowledgements acknowledgements;
    private long next;
    private long closed;
    private int nextUser;
    private long calls;
    private int scanned;
    private final Retries retries = new Retries();
    private final SplittableRandom random = new SplittableRandom(1);
    private long powerCuts;

    LoadEngine(LoadOptions options, Schedule schedule, Wire wire, String[] local, LoadStats stats, LongSupplier clock) {
        this.options = options;
        this.schedule = schedule;
        this.wire = wire;
        this.stats = stats;
        this.clock = clock;
        this.names = options.userNames();
        this.users = new UserStates(options.users, options.scenario.remembersUsers());
        this.cycles = new Cycles(options.maxInFlight);
        this.challenges = new Challenges(options.maxInFlight, CHALLENGE_BYTES);
        this.requests = new Requests(options, challenges, run, local);
    }

    /** Names who hears of granted registrations; it costs some strings for each. */
    void acknowledgements(Acknowledgements listener) {
        acknowledgements = listener;
    }

    /**
     * Starts what is due, at most {@code budget} arrivals so that answers are read in between.
     *
     * @return when the next arrival is due, {@link Long#MAX_VALUE} when there is none
     */
    long arrive(int budget) {
        return options.window > 0 ? fillWindow(budget) : arriveInTime(budget);
    }

    /** The closed loop: a cycle that ends makes room for the next, until the schedule's time is over. */
    private long fillWindow(int budget) {
        long now = clock.getAsLong();
        if (now < schedule.startNanos()) {
            return schedule.startNanos();
        }
        if (now - schedule.startNanos() >= options.durationNanos()) {
            next = schedule.arrivals();
        }
        for (int i = 0; i < budget && next < schedule.arrivals() && cycles.inFlight() < options.window; i++) {
            now = clock.getAsLong();
            arrival(closed++, now, now);
        }
        return next < schedule.arrivals() ? now + 1_000_000L : Long.MAX_VALUE;
    }

    private long arriveInTime(int budget) {
        for (int i = 0; i < budget && next < schedule.arrivals(); i++) {
            long intended = schedule.intendedNanos(next);
            long now = clock.getAsLong();
            if (intended > now) {
                return intended;
            }
            arrival(next++, intended, now);
        }
        return next < schedule.arrivals() ? schedule.intendedNanos(next) : Long.MAX_VALUE;
    }

    private void arrival(long index, long intended, long now) {
        stats.arrival(now - intended);
        if (options.scenario == Scenario.FLEET) {
            fleetArrival(index, intended, now);
            return;
        }
        int user = idleUser();
        if (user < 0) {
            stats.error(LoadError.OVERFLOW);
            return;
        }
        if (options.scenario.disturbs(index)) {
            disturb(user);
            return;
        }
        Op op = options.scenario.op(index, index / options.users, users.isRegistered(user));
        int slot = start(op, user, intended);
        if (slot < 0) {
            return;
        }
        users.busy(user, true);
        if (op == Op.REFRESH) {
            cycles.call[slot] = 1L << 62 | user;
            cycles.cseq[slot] = users.nextCseq(user);
            users.recall(user, cycles, challenges, slot);
        }
        cycles.aux[slot] = (int) (index / options.users) + 1;
        transmit(slot, now);
    }

    /** Sends a request that is broken somewhere; a connection, which may wait for its rest, ends after it if nobody else uses it. */
    private void disturb(int user) {
        int connection = connectionOf(user);
        if (options.reliable() && isUsed(connection)) {
            return;
        }
        int slot = start(Op.REGISTER, user, clock.getAsLong());
        if (slot < 0) {
            return;
        }
        requests.write(out.clear(), cycles, slot);
        int length = out.length();
        if (random.nextBoolean()) {
            length = 1 + random.nextInt(length - 1);
        } else {
            for (int i = 1 + random.nextInt(8); i > 0; i--) {
                out.array()[random.nextInt(length)] = (byte) random.nextInt();
            }
        }
        // No cycle waits for its answer, if there is one.
        stats.disturbed(Op.REGISTER);
        cycles.release(slot);
        if (wire.send(connection, out.array(), length)) {
            stats.sent();
        }
        if (options.reliable()) {
            wire.drop(connection, random.nextBoolean());
        }
    }

    private boolean isUsed(int connection) {
        for (int slot = 0; slot < cycles.highWater(); slot++) {
            if (cycles.isTaken(slot) && cycles.connection[slot] == connection) {
                return true;
            }
        }
        return false;
    }

    /** A device's turn: it registers when its phase says so, and keeps alive in turns with all others. */
    private void fleetArrival(long index, long intended, long now) {
        int phase = schedule.phase(index);
        long nth = index - schedule.firstOf(phase);
        int user = (int) (nth % options.users);
        if (schedule.kind(phase) == Schedule.Kind.REGISTER) {
            if (nth == 0 && phase > 0) {
                cutPower();
            }
            register(user, intended, now);
        } else if (users.isRegistered(user) && !users.isBusy(user)) {
            int slot = start(Op.KEEPALIVE, user, intended);
            if (slot >= 0) {
                users.busy(user, true);
                cycles.aux[slot] = (int) (nth / options.users) + 1;
                transmit(slot, now);
            }
        }
    }

    private void cutPower() {
        for (int slot = 0; slot < cycles.highWater(); slot++) {
            if (cycles.isTaken(slot)) {
                cycles.release(slot);
            }
        }
        users.cut();
        retries.clear();
        powerCuts++;
        wire.cut();
    }

    /** Registers a device, or puts it off when it cannot be now. */
    private void register(int user, long intended, long now) {
        boolean ready = !users.isBusy(user) && wire.isOpen(connectionOf(user));
        int slot = ready ? start(Op.REFRESH, user, intended) : -1;
        if (slot < 0) {
            retries.later(user, now);
            return;
        }
        users.busy(user, true);
        // After a power cut a device knows neither its Call-ID nor its challenge.
        cycles.call[slot] = 1L << 62 | powerCuts << 32 | user;
        cycles.cseq[slot] = users.nextCseq(user);
        users.recall(user, cycles, challenges, slot);
        transmit(slot, now);
    }

    private int connectionOf(int user) {
        return user % options.connections;
    }

    /** A cycle of its own Call-ID; -1, counted, when the slots are full. */
    private int start(Op op, int user, long intended) {
        int slot = cycles.take(op);
        if (slot < 0) {
            stats.error(LoadError.OVERFLOW);
            return -1;
        }
        stats.started(op);
        challenges.clear(slot);
        cycles.user[slot] = user;
        cycles.connection[slot] = (short) connectionOf(user);
        cycles.intendedNanos[slot] = intended;
        cycles.call[slot] = ++calls << 8;
        cycles.cseq[slot] = 1;
        return slot;
    }

    private int idleUser() {
        boolean isChurn = options.scenario == Scenario.CHURN;
        for (int i = 0; i < BUSY_TRIES; i++) {
            int user = isChurn ? random.nextInt(options.users) : nextUser;
            nextUser = user + 1 == options.users ? 0 : user + 1;
            if (!users.isBusy(user) && (!isChurn || wire.isOpen(connectionOf(user)))) {
                return user;
            }
        }
        return -1;
    }

    /** Sends a new request of the cycle. */
    private void transmit(int slot, long now) {
        cycles.sentNanos[slot] = now;
        cycles.deadlineNanos[slot] = now + options.timeoutNanos();
        cycles.intervalNanos[slot] = options.t1Nanos();
        cycles.resendNanos[slot] = options.reliable() ? Long.MAX_VALUE : now + options.t1Nanos();
        write(slot);
    }

    private void write(int slot) {
        requests.write(out.clear(), cycles, slot);
        if (wire.send(cycles.connection[slot], out.array(), out.length())) {
            stats.sent();
        } else {
            fail(slot, LoadError.CLOSED);
        }
    }

    /** Looks after timers of a share of the slots; called often enough, each slot has its turn within some 50 ms. */
    void tick(long now) {
        for (int user = retries.next(now); user >= 0; user = retries.next(now)) {
            register(user, now, now);
        }
        int high = cycles.highWater();
        int resent = 0;
        for (int n = Math.min(high, Math.max(256, high / 64)); n > 0 && resent < RESENT_A_TICK; n--) {
            scanned = scanned + 1 >= high ? 0 : scanned + 1;
            if (!cycles.isTaken(scanned)) {
                continue;
            }
            if (now >= cycles.deadlineNanos[scanned]) {
                fail(scanned, LoadError.TIMEOUT);
            } else if (now >= cycles.resendNanos[scanned]) {
                long interval = Math.min(2 * cycles.intervalNanos[scanned], T2_NANOS);
                cycles.intervalNanos[scanned] = interval;
                cycles.resendNanos[scanned] = now + interval;
                stats.retransmission();
                write(scanned);
                resent++;
            }
        }
    }

    /** One whole message from the wire. */
    void received(int connection, byte[] bytes, int offset, int length) {
        if (length <= 4) {
            return; // Keep-alive (RFC 5626 §3.5.1).
        }
        if (!message.parse(bytes, offset, length)) {
            stats.received();
            if (options.scenario == Scenario.CHURN) {
                stats.stray(); // The answer to a broken request copies what is broken in it.
            } else {
                stats.error(LoadError.MALFORMED);
            }
        } else if (message.status() == 0) {
            stats.received();
            request(connection);
        } else {
            stats.received();
            response();
        }
    }

    private void response() {
        int at = message.branchOffset();
        if (message.branchLength() != BRANCH_LENGTH || hex(at + 7) != run) {
            stats.stray();
            return;
        }
        int slot = hex(at + 15);
        if (!cycles.isTaken(slot) || cycles.generation[slot] != hex(at + 23)) {
            stats.late();
            return;
        }
        int status = message.status();
        if (status < 200) {
            cycles.intervalNanos[slot] = T2_NANOS;
            return;
        }
        requests.writeCallId(callId.clear(), cycles, slot);
        boolean sameCallId = sameCallId();
        if (!sameCallId && options.scenario == Scenario.CHURN) {
            stats.stray(); // A broken request can have its branch changed to another cycle's.
            return;
        }
        if (message.cseq() != cycles.cseq[slot] || !sameCallId) {
            fail(slot, LoadError.MISMATCH);
            return;
        }
        long now = clock.getAsLong();
        stats.answered(now - cycles.sentNanos[slot]);
        if (status == 401 || status == 407) {
            challenged(slot, status, now);
        } else if (status >= 300) {
            stats.status(status);
            fail(slot, LoadError.STATUS);
        } else {
            succeeded(slot, now);
        }
    }

    private boolean sameCallId() {
        int from = message.callIdOffset();
        return message.callIdLength() == callId.length()
                && Arrays.equals(message.array(), from, from + callId.length(), callId.array(), 0, callId.length());
    }

    private void challenged(int slot, int status, long now) {
        stats.challenge();
        boolean again = cycles.challenged[slot] > 0;
        if (again && !(cycles.challenged[slot] == 1 && challenges.stale(message))) {
            stats.status(status);
            fail(slot, LoadError.STATUS);
            return;
        }
        if (!challenges.store(slot, message)) {
            fail(slot, LoadError.CHALLENGE);
            return;
        }
        cycles.challenged[slot]++;
        cycles.nonceCount[slot] = 1;
        cycles.generation[slot]++;
        cycles.cseq[slot] = cycles.op(slot) == Op.REFRESH ? users.nextCseq(cycles.user[slot]) : cycles.cseq[slot] + 1;
        transmit(slot, now);
    }

    private void succeeded(int slot, long now) {
        Op op = cycles.op(slot);
        int user = cycles.user[slot];
        if (op.isRegister() && !bindingAsAsked(op, slot)) {
            fail(slot, LoadError.MISMATCH);
            return;
        }
        if (op == Op.REFRESH) {
            users.remember(user, cycles, challenges, slot);
        }
        if (op.isRegister()) {
            users.registered(user, op != Op.UNREGISTER);
            if (acknowledgements != null) {
                acknowledge(op, slot, now);
            }
        }
        stats.done(op, now - cycles.intendedNanos[slot]);
        int part = (int) cycles.call[slot] & 0xff;
        int sn = cycles.aux[slot];
        free(slot);
        if (op == Op.CATALOG) {
            catalogPart(user, sn, part + 1, now);
        }
    }

    private void acknowledge(Op op, int slot, long now) {
        out.clear().user(names, cycles.user[slot]).put('@').put(Scratch.ascii(options.domain()));
        String aor = text(out);
        requests.writeCallId(callId.clear(), cycles, slot);
        int expires = op == Op.UNREGISTER ? 0 : options.expires;
        acknowledgements.acknowledged(aor, expires, text(callId), cycles.sentNanos[slot], now);
    }

    private static String text(Scratch scratch) {
        return new String(scratch.array(), 0, scratch.length(), StandardCharsets.ISO_8859_1);
    }

    /** A 200 lists the bindings there are (RFC 3261 §10.3 step 8); platforms of GB/T 28181 do not, and are not asked to. */
    private boolean bindingAsAsked(Op op, int slot) {
        if (options.scenario.isGb() || message.contactsOverflow()) {
            return true;
        }
        Scratch contact = requests.contactOf(cycles, slot);
        return message.contactHolds(contact.array(), contact.length()) == (op != Op.UNREGISTER);
    }

    private void fail(int slot, LoadError error) {
        Op op = cycles.op(slot);
        int user = cycles.user[slot];
        stats.failed(op, error);
        if (op == Op.REFRESH) {
            users.forget(user);
        }
        free(slot);
        // A keep-alive that is refused, or whose connection is gone, says that the device is not registered any more.
        boolean isLost =
                op == Op.REFRESH || op == Op.KEEPALIVE && (error == LoadError.STATUS || error == LoadError.CLOSED);
        if (options.scenario == Scenario.FLEET && isLost) {
            users.registered(user, false);
            retries.later(user, clock.getAsLong());
        }
    }

    private void free(int slot) {
        if (cycles.op(slot) != Op.CATALOG) {
            users.busy(cycles.user[slot], false);
        }
        cycles.release(slot);
    }

    /** A request of the server: answered 200, and a Catalog query is then answered with its parts. */
    private void request(int connection) {
        stats.request();
        if (message.requestIs("ACK")) {
            return;
        }
        int user = options.scenario.isGb() ? message.requestUser(names) : -1;
        boolean isDevice = user >= 0 && user < options.users;
        if (options.scenario == Scenario.FLEET && (!isDevice || !users.isRegistered(user))) {
            return; // Its device has no power yet.
        }
        message.writeEchoed(out.clear().put(OK), TO_TAG);
        out.put(OK_END);
        if (!wire.send(connection, out.array(), out.length())) {
            return;
        }
        stats.sent();
        if (isDevice && message.bodyHolds("<CmdType>Catalog<") && users.isNewQuery(user, branchHash())) {
            catalogPart(user, (int) message.bodyNumber("SN"), 0, clock.getAsLong());
        }
    }

    /** The parts go out one after the other, the next when the one before was answered (GB/T 28181-2016 Annex N). */
    private void catalogPart(int user, int sn, int part, long now) {
        int slot = part * Requests.ITEMS_A_PART < options.channels ? start(Op.CATALOG, user, now) : -1;
        if (slot >= 0) {
            cycles.call[slot] |= part;
            cycles.aux[slot] = sn;
            transmit(slot, now);
        }
    }

    private int branchHash() {
        int hash = 1;
        for (int i = 0; i < message.branchLength(); i++) {
            hash = 31 * hash + message.array()[message.branchOffset() + i];
        }
        return hash;
    }

    /** The connection is gone, and with it the cycles on it. */
    void closed(int connection) {
        if (cycles.inFlight() == 0) {
            return;
        }
        for (int slot = 0; slot < cycles.highWater(); slot++) {
            if (cycles.isTaken(slot) && cycles.connection[slot] == connection) {
                fail(slot, LoadError.CLOSED);
            }
        }
    }

    /** Ends what is still in flight. */
    void giveUp() {
        next = schedule.arrivals();
        for (int slot = 0; slot < cycles.highWater(); slot++) {
            if (cycles.isTaken(slot)) {
                fail(slot, LoadError.TIMEOUT);
            }
        }
    }

    boolean finished() {
        return next >= schedule.arrivals() && cycles.inFlight() == 0 && retries.isEmpty();
    }

    boolean everythingArrived() {
        return next >= schedule.arrivals();
    }

    /** Devices, or users, that are registered by what they know. */
    int registered() {
        return users.registeredCount();
    }

    int inFlight() {
        return cycles.inFlight();
    }

    private int hex(int at) {
        int value = 0;
        for (int i = at; i < at + 8; i++) {
            int c = message.array()[i];
            value = value << 4 | (c <= '9' ? c - '0' : c - 'a' + 10) & 15;
        }
        return value;
    }
}
