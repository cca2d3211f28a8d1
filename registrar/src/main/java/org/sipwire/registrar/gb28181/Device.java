/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.sipwire.codec.manscdp.CatalogItem;
import org.sipwire.codec.manscdp.Manscdp;
import org.sipwire.transport.Flow;

/**
 * One device. A keep-alive writes one word of it and allocates nothing.
 *
 * <p><b>Threads.</b> All fields are written on the device's home loop, the loop of the flow it first registered from, with these
 * exceptions: {@code lastSeenMillis} is stored by whichever loop a keep-alive arrives on, and read by the home loop's sweep; {@code flow}
 * and {@code catalog} are published by volatile store, to be read for snapshots and checks anywhere.
 *
 * <p><b>Memory.</b> Without its catalogue a device costs at most {@value #MAX_OCTETS} octets, all in: this object, its ID, flow and
 * target, its entries in the two tables. A channel costs some 190 octets more. 100,000 devices of four channels take 125 MB.
 *
 * <p>Owned by the {@link DeviceRegistry}.
 */
final class Device {
    /** Octets of a device without its catalogue: {@value}. */
    static final int MAX_OCTETS = 560;

    private static final VarHandle LAST_SEEN;
    private static final VarHandle CHANGING;

    static {
        try {
            LAST_SEEN = MethodHandles.lookup().findVarHandle(Device.class, "lastSeenMillis", long.class);
            CHANGING = MethodHandles.lookup().findVarHandle(Device.class, "changing", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Whether the registration stands and whether it keeps alive. */
    enum Status {
        GONE,
        OFFLINE,
        ONLINE
    }

    private static final CatalogItem[] NO_ITEMS = {};

    private final DeviceId id;
    private final int home;
    private volatile Flow flow;

    /**
     * The flow of a registration that is on its way to the home loop, else null. Stored by the loop that answers the REGISTER, before the
     * answer leaves: what the device sends next comes to that loop too, maybe before the home loop has moved it.
     */
    volatile Flow arriving;

    private volatile Status status = Status.GONE;
    private long lastSeenMillis;
    private long registeredAtMillis;
    private long expiresAtMillis;
    private byte[] contact = {};
    private String userAgent = "";
    private String gbVersion = "";
    private volatile CatalogItem[] catalog = NO_ITEMS;
    private volatile CatalogState catalogState = CatalogState.NONE;
    private volatile Manscdp.DeviceInfo info;
    private volatile DeviceSettings settings = DeviceSettings.DEFAULT;
    private boolean changing;

    /** Hash of the Call-ID it registered by, and of its keep-alives' over its flow: what a stranger does not know. */
    long registerCallId;

    long keepaliveCallId;

    /** The flow before this one: a device that comes back to it is no stranger. */
    long formerFlowId;

    int keepaliveTimeoutSeconds;
    int lastSn;
    byte catalogTries;

    /** The platform does not ask for the catalogue by itself before. */
    long catalogDueMillis;

    CatalogCollector collector;
    Exchange exchanges;

    /** The next device of the same slot of the monitor's wheel. */
    Device nextInSlot;

    boolean inWheel;

    /** The next device that registered over the same flow; the registry's. */
    Device nextOnFlow;

    Device(DeviceId id, Flow flow, int keepaliveTimeoutSeconds) {
        this.id = id;
        this.flow = flow;
        this.home = flow.loopIndex();
        this.keepaliveTimeoutSeconds = keepaliveTimeoutSeconds;
    }

    DeviceId id() {
        return id;
    }

    /** The loop its state belongs to, for ever. */
    int home() {
        return home;
    }

    /** Where it is reached. Shared. */
    Flow flow() {
        return flow;
    }

    /** Whether a registration over that flow was accepted and is not yet applied. */
    boolean isArriving(Flow other) {
        Flow coming = arriving;
        return coming != null && coming.id() == other.id();
    }

    void flow(Flow newFlow) {
        formerFlowId = flow.id();
        flow = newFlow;
    }

    Status status() {
        return status;
    }

    void status(Status newStatus) {
        status = newStatus;
    }

    boolean isOnline() {
        return status == Status.ONLINE;
    }

    boolean isRegistered() {
        return status != Status.GONE;
    }

    /** The host and port, or domain, that it is addressed by in a URI. */
    byte[] contact() {
        return contact;
    }

    void registration(byte[] newContact, String newUserAgent, long atMillis, long untilMillis) {
        contact = newContact;
        userAgent = newUserAgent;
        registeredAtMillis = atMillis;
        expiresAtMillis = untilMillis;
        seen(atMillis);
    }

    /** Its X-GB-Ver; a snapshot may see the one before. */
    void gbVersion(String version) {
        gbVersion = version;
    }

    String gbVersion() {
        return gbVersion;
    }

    /** Any loop may say that it lives; opaque, for the sweep needs no order, only to see it in the end. */
    void seen(long nowMillis) {
        LAST_SEEN.setOpaque(this, nowMillis);
    }

    long lastSeenMillis() {
        return (long) LAST_SEEN.getOpaque(this);
    }

    long expiresAtMillis() {
        return expiresAtMillis;
    }

    /** When it is to be taken for offline if nothing more is heard of it. */
    long deadlineMillis() {
        return lastSeenMillis() + keepaliveTimeoutSeconds * 1000L;
    }

    /**
     * Claims the one change of liveness or address that may be on its way to the home loop. Compare-and-set by any loop, cleared by the
     * home loop: a device that repeats itself while its home is late queues nothing more.
     */
    boolean claimChange() {
        return CHANGING.compareAndSet(this, false, true);
    }

    /** The change was made. On the home loop. */
    void changed() {
        CHANGING.setRelease(this, false);
    }

    /** How this device differs from others of its kind. Any thread. */
    DeviceSettings settings() {
        return settings;
    }

    void settings(DeviceSettings value) {
        settings = value;
    }

    CatalogState catalogState() {
        return catalogState;
    }

    void catalogState(CatalogState state) {
        catalogState = state;
    }

    /** The items; never changed once published. */
    CatalogItem[] catalog() {
        return catalog;
    }

    void publish(CatalogItem[] items) {
        catalog = items;
    }

    List<CatalogItem> items() {
        return List.of(catalog);
    }

    void info(Manscdp.DeviceInfo answer) {
        info = answer;
    }

    /** SNs count from 1, for each device by itself. */
    int nextSn() {
        lastSn = lastSn == Integer.MAX_VALUE ? 1 : lastSn + 1;
        return lastSn;
    }

    DeviceSnapshot snapshot() {
        Flow current = flow;
        InetSocketAddress peer = current.remoteAddress();
        Status now = status;
        return new DeviceSnapshot(
                id.toString(),
                now == Status.ONLINE,
                now != Status.GONE,
                new DeviceSnapshot.Address(
                        current.transport(), peer.getAddress().getHostAddress(), peer.getPort()),
                "sip:" + id + '@' + new String(contact, StandardCharsets.ISO_8859_1),
                userAgent,
                gbVersion,
                registeredAtMillis,
                lastSeenMillis(),
                expiresAtMillis,
                keepaliveTimeoutSeconds,
                catalogState,
                catalog.length,
                info);
    }

    @Override
    public String toString() {
        return id.toString();
    }
}
