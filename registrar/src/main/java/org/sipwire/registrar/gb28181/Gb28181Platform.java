/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.registrar.gb28181;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToIntFunction;
import org.sipwire.codec.AsciiView;
import org.sipwire.codec.SipHash;
import org.sipwire.codec.SipRequest;
import org.sipwire.codec.SipResponse;
import org.sipwire.codec.SipUri;
import org.sipwire.codec.manscdp.Manscdp;
import org.sipwire.codec.manscdp.ManscdpCharset;
import org.sipwire.registrar.AddressOfRecord;
import org.sipwire.registrar.MessageHandler;
import org.sipwire.registrar.RegistrationListener;
import org.sipwire.registrar.location.Bindings;
import org.sipwire.registrar.location.LocationService;
import org.sipwire.transaction.ClientTransaction;
import org.sipwire.transaction.RequestContext;
import org.sipwire.transaction.SipStack;
import org.sipwire.transaction.TransactionUser;
import org.sipwire.transport.Flow;
import org.sipwire.transport.Transport;

/**
 * The platform of GB/T 28181: what follows a device's registration. It hears of registrations from the registrar, which has
 * authenticated them, and gets the requests and responses that a registrar does not serve itself.
 *
 * <pre>{@code
 * Gb28181Platform platform = new Gb28181Platform(Gb28181Config.of("34020000002000000001"), List.of());
 * Registrar registrar = Registrar.builder(config, locations).authentication(..).platform(platform).build();
 * stack.start(registrar);
 * platform.registry().page("", 100);
 * }</pre>
 *
 * <p>Callbacks come on the loops of the stack. {@link #registry}, {@link #commands} and the counts may be used on any thread. Shared.
 */
public final class Gb28181Platform implements RegistrationListener, MessageHandler, TransactionUser {
    private static final long SWEEP_MILLIS = 60_000;

    private final Gb28181Config config;
    private final DeviceRegistry registry = new DeviceRegistry();
    private final List<DeviceListener> listeners;
    private final DeviceListener listener;
    private final ManscdpDispatcher dispatcher;
    private final DeviceCommands commands;
    private final LongAdder[] counts = new LongAdder[GbCounter.values().length];
    private final ConcurrentHashMap<String, String> texts = new ConcurrentHashMap<>();
    private final AtomicInteger ssrcs = new AtomicInteger(1);
    private final long key0;
    private final long key1;

    // The clock runs by nanoTime from the wall time it was started at: a step of the wall clock makes nobody offline.
    private final long startMillis = System.currentTimeMillis();
    private final long startNanos = System.nanoTime();

    private LocationService locations;
    private PlatformLoop[] loops = {};
    private Wire wire;
    private volatile boolean stopped;

    /** A platform that begins when the stack does. */
    public Gb28181Platform(Gb28181Config config, List<DeviceListener> listeners) {
        this.config = config;
        this.listeners = List.copyOf(listeners);
        this.listener = new DeviceListeners(this.listeners);
        for (int i = 0; i < counts.length; i++) {
            counts[i] = new LongAdder();
        }
        SecureRandom random = new SecureRandom();
        key0 = random.nextLong();
        key1 = random.nextLong();
        dispatcher = new ManscdpDispatcher(this);
        commands = new DeviceCommands(this);
    }

    /**
     * Has the platform read its devices back from where registrations are kept when it starts, so that they outlive a restart. Called
     * before the stack is started. Returns this.
     */
    public Gb28181Platform remember(LocationService service) {
        locations = service;
        return this;
    }

    /** The devices. On any thread. */
    public DeviceRegistry registry() {
        return registry;
    }

    /** Asks a device for its catalogue again, on its loop. On any thread; false when there is no such device. */
    public boolean requestCatalog(String id) {
        Device device = registry.get(DeviceId.of(id));
        if (device == null) {
            return false;
        }
        wire.execute(device.home(), () -> loops[device.home()].catalog(device, "", "", outcome -> {}));
        return true;
    }

    /** How a device is treated unlike others; null when there is no such device. On any thread. */
    public DeviceSettings settings(String id) {
        Device device = registry.get(DeviceId.of(id));
        return device == null ? null : device.settings();
    }

    /** Has a device be treated unlike others, until the process ends; false when there is no such device. On any thread. */
    public boolean settings(String id, DeviceSettings settings) {
        Device device = registry.get(DeviceId.of(id));
        if (device != null) {
            device.settings(Objects.requireNonNull(settings, "settings"));
        }
        return device != null;
    }

    /**
     * Forgets a device that is not registered, with its catalogue; one that comes back later is a new one. On any thread.
     *
     * @return false when there is no such device or its registration stands
     */
    public boolean forget(String id) {
        Device device = registry.get(DeviceId.of(id));
        if (device == null || device.isRegistered()) {
            return false;
        }
        wire.execute(device.home(), () -> loops[device.home()].forget(device));
        return true;
    }

    /** Forgets those that have been away for long. */
    private void sweep() {
        long since = now() - Gb28181Config.FORGET_SECONDS * 1000L;
        registry.unregisteredSince(
                since, device -> wire.execute(device.home(), () -> loops[device.home()].forget(device)));
        if (!stopped) {
            wire.schedule(0, this::sweep, SWEEP_MILLIS);
        }
    }

    /** What it can ask and command. On any thread. */
    public DeviceCommands commands() {
        return commands;
    }

    /** How it behaves. */
    public Gb28181Config config() {
        return config;
    }

    /** The sum of a count. On any thread. */
    public long count(GbCounter counter) {
        return counts[counter.ordinal()].sum();
    }

    DeviceListener listener() {
        return listener;
    }

    PlatformLoop loop(int index) {
        return loops[index];
    }

    Wire wire() {
        return wire;
    }

    boolean isStopped() {
        return stopped;
    }

    long now() {
        return startMillis + (System.nanoTime() - startNanos) / 1_000_000;
    }

    // ---------------------------------------------------------------------------------------------------- the stack

    @Override
    public void onStart(SipStack stack) {
        start(Wire.of(stack));
    }

    void start(Wire newWire) {
        wire = newWire;
        PlatformLoop[] made = new PlatformLoop[newWire.loops()];
        for (int i = 0; i < made.length; i++) {
            made[i] = new PlatformLoop(this, i, newWire);
        }
        loops = made;
        for (PlatformLoop loop : made) {
            loop.start();
        }
        newWire.schedule(0, this::sweep, SWEEP_MILLIS);
        if (locations != null) {
            new DeviceMemory(this, locations, task -> newWire.execute(0, task)).recall();
        }
    }

    /** Takes a device as its binding shows it; false when there is nothing to be known of it. On any thread. */
    boolean restore(AddressOfRecord aor, Bindings bindings, Transport transport) {
        if (aor.userLength() == 0 || aor.userLength() > DeviceId.MAX_LENGTH) {
            return false;
        }
        DeviceId id = DeviceId.of(aor.array(), aor.offset(), aor.userLength());
        RememberedFlow flow = RememberedFlow.of(
                transport,
                Math.floorMod(id.hashCode(), loops.length),
                bindings.array(),
                bindings.receivedHostOffset(),
                bindings.receivedHostLength(),
                bindings.receivedPort());
        if (flow == null) {
            return false;
        }
        Device device = new Device(id, flow, config.keepaliveTimeoutSeconds());
        if (registry.add(device) != device) {
            return false;
        }
        PlatformLoop.Registration registration = registration(new SipUri(), bindings, device, flow);
        wire.execute(device.home(), () -> loops[device.home()].remembered(device, registration));
        return true;
    }

    private PlatformLoop.Registration registration(SipUri uri, Bindings bindings, Device device, Flow flow) {
        return new PlatformLoop.Registration(
                flow,
                contact(uri, bindings, device),
                text(bindings.text(bindings.userAgentOffset(), bindings.userAgentLength())),
                hash(bindings.array(), bindings.callIdOffset(), bindings.callIdLength()),
                bindings.expiresAtSeconds() * 1000L);
    }

    @Override
    public void onStop() {
        stopped = true;
    }

    @Override
    public boolean onMessage(SipRequest request, RequestContext context) {
        dispatcher.onMessage(loops[context.loopIndex()], request, context);
        return true;
    }

    @Override
    public void onRequest(SipRequest request, RequestContext context) {
        dispatcher.onRequest(loops[context.loopIndex()], request, context);
    }

    @Override
    public void onResponse(SipResponse response, ClientTransaction transaction) {
        if (transaction.attachment() instanceof ClientCall call) {
            int here = transaction.flow().loopIndex();
            int status = response.status();
            Object kept = call.keep(response);
            onHome(here, call.home(here), () -> call.onStatus(status, kept));
        }
    }

    @Override
    public void onTimeout(ClientTransaction transaction) {
        noResponse(transaction);
    }

    @Override
    public void onTransportError(ClientTransaction transaction) {
        noResponse(transaction);
    }

    private void noResponse(ClientTransaction transaction) {
        if (transaction.attachment() instanceof ClientCall call) {
            int here = transaction.flow().loopIndex();
            onHome(here, call.home(here), call::onNoResponse);
        }
    }

    @Override
    public void onFlowClosed(Flow flow) {
        long id = flow.id();
        for (Device device : registry.lost(id)) {
            onHome(flow.loopIndex(), device.home(), () -> {
                if (device.flow().id() == id && device.isOnline()) {
                    loops[device.home()].offline(device, OfflineReason.FLOW_LOST);
                }
            });
        }
    }

    /** Runs a task on a device's home loop: at once when this is it. */
    void onHome(int here, int home, Runnable task) {
        if (here == home) {
            task.run();
        } else {
            wire.execute(home, task);
        }
    }

    // ------------------------------------------------------------------------------------------------ registrations

    @Override
    public void registered(AddressOfRecord aor, Bindings bindings, Flow flow) {
        refreshed(aor, bindings, flow);
    }

    @Override
    public void refreshed(AddressOfRecord aor, Bindings bindings, Flow flow) {
        if (flow == null || aor.userLength() == 0 || aor.userLength() > DeviceId.MAX_LENGTH) {
            return;
        }
        if (!select(bindings, flow)) {
            // What came over this flow was taken back; what is left are contacts from before, which nobody is behind.
            left(aor, flow);
            return;
        }
        int here = flow.loopIndex();
        PlatformLoop loop = loops[here];
        Device known = registry.get(loop.probe.look(aor.array(), aor.offset(), aor.userLength()));
        Flow shared = known != null && known.flow().id() == flow.id() ? known.flow() : flow.toShared();
        Device device = known != null
                ? known
                : registry.add(new Device(
                        DeviceId.of(aor.array(), aor.offset(), aor.userLength()),
                        shared,
                        config.keepaliveTimeoutSeconds()));
        PlatformLoop.Registration registration = registration(loop.uri, bindings, device, shared);
        bindings.rewind();
        if (here != device.home()) {
            device.arriving = shared;
        }
        onHome(here, device.home(), () -> loops[device.home()].registered(device, registration));
    }

    @Override
    public void gbVersion(AddressOfRecord aor, String version, Flow flow) {
        Device device = registry.get(DeviceId.of(aor.array(), aor.offset(), aor.userLength()));
        if (device != null && flow != null) {
            String same = text(version);
            onHome(flow.loopIndex(), device.home(), () -> device.gbVersion(same));
        }
    }

    /** Goes to the binding that this flow has made; false when there is none. */
    private static boolean select(Bindings bindings, Flow flow) {
        bindings.rewind();
        while (bindings.next()) {
            if (bindings.flowId() == flow.id()) {
                return true;
            }
        }
        bindings.rewind();
        return false;
    }

    private void left(AddressOfRecord aor, Flow flow) {
        Device device = registry.get(DeviceId.of(aor.array(), aor.offset(), aor.userLength()));
        if (device != null) {
            long taken = flow.id();
            // Its home may yet have to hear that it registered over this flow: asked there, behind that.
            onHome(flow.loopIndex(), device.home(), () -> {
                if (device.flow().id() == taken) {
                    loops[device.home()].offline(device, OfflineReason.UNREGISTERED);
                }
            });
        }
    }

    /** Host and port of the contact as registered; nobody ever resolves them. */
    private byte[] contact(SipUri uri, Bindings bindings, Device device) {
        uri.wrap(bindings.array(), bindings.contactOffset(), bindings.contactLength());
        AsciiView host = uri.hostPort().host();
        if (uri.error() != 0 || host.length() <= 0) {
            return config.domain().getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        }
        StringBuilder text = new StringBuilder(host.length() + 6).append(host);
        if (uri.port() > 0) {
            text.append(':').append(uri.port());
        }
        byte[] contact = text.toString().getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        return java.util.Arrays.equals(contact, device.contact()) ? device.contact() : contact;
    }

    /** One String for all devices that say the same; a few hundred firmwares make a fleet. */
    private String text(String value) {
        if (texts.size() > 4096) {
            texts.clear();
        }
        String same = texts.putIfAbsent(value, value);
        return same == null ? value : same;
    }

    @Override
    public void removed(AddressOfRecord aor, Flow flow) {
        over(aor, flow, OfflineReason.UNREGISTERED);
    }

    @Override
    public void expired(AddressOfRecord aor, Bindings left) {
        if (left.isEmpty()) {
            over(aor, null, OfflineReason.EXPIRED);
        }
    }

    private void over(AddressOfRecord aor, Flow flow, OfflineReason reason) {
        Device device = registry.get(DeviceId.of(aor.array(), aor.offset(), aor.userLength()));
        if (device != null) {
            Runnable task = () -> loops[device.home()].offline(device, reason);
            if (flow != null && flow.loopIndex() == device.home()) {
                task.run();
            } else {
                wire.execute(device.home(), task);
            }
        }
    }

    // ------------------------------------------------------------------------------------------------------- for loops

    /** A keyed hash: what two messages of one device have in common, and a stranger cannot know. Never 0. */
    long hash(byte[] array, int offset, int length) {
        return length <= 0 ? 0 : SipHash.hash(key0, key1, array, offset, length) | 1;
    }

    void increment(GbCounter counter) {
        counts[counter.ordinal()].increment();
    }

    /** How a device is written to. */
    static ManscdpCharset charset(Device device) {
        return device.settings().charset() == ManscdpCharset.UTF_8 ? ManscdpCharset.UTF_8 : ManscdpCharset.GB18030;
    }

    /** What waits on all loops, as of their last ticks. On any thread. */
    int pending(ToIntFunction<PlatformLoop.Pending> kind) {
        int sum = 0;
        for (PlatformLoop loop : loops) {
            sum += kind.applyAsInt(loop.pending());
        }
        return sum;
    }

    /** Ten digits: 0 for live or 1 for recorded, digits 4 to 8 of the domain, and four that count (GB/T 28181-2016 C.2.2). */
    String nextSsrc(boolean recorded) {
        String digits = (config.platformId() + "00000000").substring(3, 8).replaceAll("\\D", "0");
        return (recorded ? "1" : "0") + digits + String.format("%04d", Math.floorMod(ssrcs.getAndIncrement(), 10_000));
    }

    /** Tells several. */
    private static final class DeviceListeners implements DeviceListener {
        private final List<DeviceListener> all;

        DeviceListeners(List<DeviceListener> all) {
            this.all = new ArrayList<>(all);
        }

        @Override
        public void onOnline(DeviceSnapshot device) {
            all.forEach(l -> l.onOnline(device));
        }

        @Override
        public void onOffline(DeviceSnapshot device, OfflineReason reason) {
            all.forEach(l -> l.onOffline(device, reason));
        }

        @Override
        public void onCatalog(DeviceSnapshot device, List<org.sipwire.codec.manscdp.CatalogItem> items) {
            all.forEach(l -> l.onCatalog(device, items));
        }

        @Override
        public void onAlarm(String deviceId, Manscdp.Alarm alarm) {
            all.forEach(l -> l.onAlarm(deviceId, alarm));
        }

        @Override
        public void onPosition(String deviceId, Manscdp.MobilePosition positions) {
            all.forEach(l -> l.onPosition(deviceId, positions));
        }

        @Override
        public void onMediaStatus(String deviceId, Manscdp.MediaStatus status) {
            all.forEach(l -> l.onMediaStatus(deviceId, status));
        }

        @Override
        public void onMessage(String deviceId, Manscdp message) {
            all.forEach(l -> l.onMessage(deviceId, message));
        }
    }
}
