/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.transport.netty;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.Native;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * recvmmsg(2) and sendmmsg(2) of Netty's native epoll library, on packets that the caller keeps. Any thread; the packets are the caller's.
 *
 * <p>Netty keeps these two calls to itself. They are reached by method handles, which the compiler folds to the plain call. Where that is
 * refused, {@link #isAvailable()} is false, {@link #unavailabilityCause()} says why, and {@code UdpTransport} uses Netty's own channel: off
 * Linux, or when this module and Netty are named modules and the JVM was started without
 * {@code --add-opens io.netty.transport.classes.epoll/io.netty.channel.epoll=org.sipwire.transaction}.
 */
final class NativeDatagrams {
    private static final String ARRAY_CLASS = "io.netty.channel.epoll.NativeDatagramPacketArray";

    static final VarHandle MEMORY_ADDRESS;
    static final VarHandle COUNT;
    static final VarHandle SENDER_ADDRESS;
    static final VarHandle SENDER_ADDRESS_LENGTH;
    static final VarHandle SENDER_SCOPE;
    static final VarHandle SENDER_PORT;
    static final VarHandle RECIPIENT_ADDRESS;
    static final VarHandle RECIPIENT_ADDRESS_LENGTH;
    static final VarHandle RECIPIENT_SCOPE;
    static final VarHandle RECIPIENT_PORT;
    static final VarHandle SEGMENT_SIZE;

    private static final MethodHandle RECVMMSG;
    private static final MethodHandle SENDMMSG;
    private static final MethodHandle NEW_ARRAY;
    private static final MethodHandle PACKETS;
    private static final Throwable UNAVAILABILITY_CAUSE;
    private static final boolean SENDS_SEGMENTS;

    static {
        Handles handles = null;
        Throwable cause = Epoll.unavailabilityCause();
        if (cause == null) {
            try {
                handles = new Handles();
            } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
                cause = e;
            }
        }
        UNAVAILABILITY_CAUSE = cause;
        MEMORY_ADDRESS = handles == null ? null : handles.memoryAddress;
        COUNT = handles == null ? null : handles.count;
        SENDER_ADDRESS = handles == null ? null : handles.senderAddr;
        SENDER_ADDRESS_LENGTH = handles == null ? null : handles.senderAddrLen;
        SENDER_SCOPE = handles == null ? null : handles.senderScopeId;
        SENDER_PORT = handles == null ? null : handles.senderPort;
        RECIPIENT_ADDRESS = handles == null ? null : handles.recipientAddr;
        RECIPIENT_ADDRESS_LENGTH = handles == null ? null : handles.recipientAddrLen;
        RECIPIENT_SCOPE = handles == null ? null : handles.recipientScopeId;
        RECIPIENT_PORT = handles == null ? null : handles.recipientPort;
        SEGMENT_SIZE = handles == null ? null : handles.segmentSize;
        SENDS_SEGMENTS = handles != null && handles.sendsSegments;
        RECVMMSG = handles == null ? null : handles.recvmmsg;
        SENDMMSG = handles == null ? null : handles.sendmmsg;
        NEW_ARRAY = handles == null ? null : handles.newArray;
        PACKETS = handles == null ? null : handles.packets;
    }

    private NativeDatagrams() {}

    static boolean isAvailable() {
        return UNAVAILABILITY_CAUSE == null;
    }

    /** Why {@link #isAvailable()} is false, or null. */
    static Throwable unavailabilityCause() {
        return UNAVAILABILITY_CAUSE;
    }

    /** Whether the kernel cuts one buffer into datagrams of {@link #SEGMENT_SIZE} octets: UDP_SEGMENT, since Linux 4.18. */
    static boolean sendsSegments() {
        return SENDS_SEGMENTS;
    }

    /** New packets, {@code capacity} or as many as Netty's arrays have if that is fewer. */
    static Object[] newPackets(int capacity) {
        try {
            Object[] all = (Object[]) PACKETS.invokeExact((Object) NEW_ARRAY.invokeExact());
            return Arrays.copyOf(all, Math.min(capacity, all.length));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** recvmmsg(2) with MSG_DONTWAIT by the socket's mode. @return how many packets were filled, or a negative errno */
    static int receive(int fd, boolean ipv6, Object[] packets, int offset, int count) {
        try {
            return (int) RECVMMSG.invokeExact(fd, ipv6, packets, offset, count);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** sendmmsg(2). @return how many packets were taken, or a negative errno */
    static int send(int fd, boolean ipv6, Object[] packets, int offset, int count) {
        try {
            return (int) SENDMMSG.invokeExact(fd, ipv6, packets, offset, count);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    private static RuntimeException rethrown(Throwable e) {
        if (e instanceof RuntimeException unchecked) {
            return unchecked;
        }
        if (e instanceof Error error) {
            throw error;
        }
        return new IllegalStateException(e);
    }

    /** Looks everything up, or throws. */
    private static final class Handles {
        final VarHandle memoryAddress;
        final VarHandle count;
        final VarHandle senderAddr;
        final VarHandle senderAddrLen;
        final VarHandle senderScopeId;
        final VarHandle senderPort;
        final VarHandle recipientAddr;
        final VarHandle recipientAddrLen;
        final VarHandle recipientScopeId;
        final VarHandle recipientPort;
        final VarHandle segmentSize;
        final boolean sendsSegments;
        final MethodHandle recvmmsg;
        final MethodHandle sendmmsg;
        final MethodHandle newArray;
        final MethodHandle packets;

        Handles() throws ReflectiveOperationException {
            Class<?> array = Class.forName(ARRAY_CLASS);
            Class<?> packet = Class.forName(ARRAY_CLASS + "$NativeDatagramPacket");
            MethodHandles.Lookup here = MethodHandles.lookup();
            MethodHandles.Lookup natives = MethodHandles.privateLookupIn(Native.class, here);
            MethodHandles.Lookup arrays = MethodHandles.privateLookupIn(array, here);
            MethodHandles.Lookup fields = MethodHandles.privateLookupIn(packet, here);
            memoryAddress = fields.findVarHandle(packet, "memoryAddress", long.class);
            count = fields.findVarHandle(packet, "count", int.class);
            senderAddr = fields.findVarHandle(packet, "senderAddr", byte[].class);
            senderAddrLen = fields.findVarHandle(packet, "senderAddrLen", int.class);
            senderScopeId = fields.findVarHandle(packet, "senderScopeId", int.class);
            senderPort = fields.findVarHandle(packet, "senderPort", int.class);
            recipientAddr = fields.findVarHandle(packet, "recipientAddr", byte[].class);
            recipientAddrLen = fields.findVarHandle(packet, "recipientAddrLen", int.class);
            recipientScopeId = fields.findVarHandle(packet, "recipientScopeId", int.class);
            recipientPort = fields.findVarHandle(packet, "recipientPort", int.class);
            segmentSize = fields.findVarHandle(packet, "segmentSize", int.class);
            sendsSegments =
                    (boolean) natives.findStaticVarHandle(Native.class, "IS_SUPPORTING_UDP_SEGMENT", boolean.class)
                            .get();
            MethodType call = MethodType.methodType(
                    int.class, int.class, boolean.class, packet.arrayType(), int.class, int.class);
            MethodType erased = call.changeParameterType(2, Object[].class);
            recvmmsg = natives.findStatic(Native.class, "recvmmsg0", call).asType(erased);
            sendmmsg = natives.findStatic(Native.class, "sendmmsg0", call).asType(erased);
            newArray = arrays.findConstructor(array, MethodType.methodType(void.class))
                    .asType(MethodType.methodType(Object.class));
            packets = arrays.findVirtual(array, "packets", MethodType.methodType(packet.arrayType()))
                    .asType(MethodType.methodType(Object[].class, Object.class));
        }
    }
}
