package io.backplane.export.vhostuser;

import static io.backplane.virtio.LittleEndian.U16;
import static io.backplane.virtio.LittleEndian.U32;
import static io.backplane.virtio.LittleEndian.U64;
import static io.backplane.virtio.LittleEndian.U8;

import io.backplane.hostio.HostIoException;
import io.backplane.hostio.posix.EventFd;
import io.backplane.hostio.posix.MappedFile;
import io.backplane.hostio.posix.MemFd;
import io.backplane.hostio.posix.UnixSocket;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;

/**
 * A front-end and its driver for tests: blocking, one thread, rings of 16 in one memfd. Each
 * request is three descriptors: header, 512 bytes, status.
 */
final class Guest implements AutoCloseable {
    static final int SIZE = 16;
    static final long BYTES = 1 << 20;
    static final long GUEST_BASE = 0x1_0000_0000L;
    static final long USER_BASE = 0x7f00_0000_0000L;
    static final int IN = 0;
    static final int OUT = 1;
    static final int FLUSH = 4;
    static final long FEATURES = 1L << 32 | 1L << 30 | 1L << 29 | 1L << 28 | 1L << 9 | 1L << 11;
    static final int NEED_REPLY = 8;
    private static final java.lang.invoke.VarHandle INDEX =
            java.lang.foreign.ValueLayout.JAVA_CHAR.varHandle();
    private static final long RING_BYTES = 0x4000;
    private static final long DATA = 0x80000;
    private static final long LIMIT_NS = TimeUnit.SECONDS.toNanos(10);

    final UnixSocket socket;
    final MemFd memFd;
    final MappedFile mapped;
    final MemorySegment memory;
    final EventFd[] kicks = new EventFd[64];
    final EventFd[] calls = new EventFd[64];
    private final MemorySegment buffer = Arena.ofAuto().allocate(4096, 8);

    Guest(String path) throws Exception {
        this(path, MemFd.create("guest", BYTES, false));
    }

    Guest(String path, MemFd memFd) throws Exception {
        this.memFd = memFd;
        this.mapped = MappedFile.map(memFd.fd(), 0, BYTES, true);
        this.memory = mapped.segment();
        this.socket = UnixSocket.connect(path);
    }

    // Messages

    void sendRaw(long request, int flags, long size, byte[] payload, int... fds)
            throws HostIoException {
        new MessageHeader(request, flags, size).encode(buffer);
        MemorySegment.copy(payload, 0, buffer, U8, MessageHeader.BYTES, payload.length);
        long total = MessageHeader.BYTES + payload.length;
        if (socket.send(buffer, 0, total, fds.length == 0 ? null : fds) != total) {
            throw new AssertionError("short send");
        }
    }

    void send(int request, byte[] payload, int... fds) throws HostIoException {
        sendRaw(request, 1, payload.length, payload, fds);
    }

    /** Receives bytes; null at the end of the stream. */
    byte[] receive(int bytes) throws Exception {
        byte[] all = new byte[bytes];
        int done = 0;
        long limit = System.nanoTime() + LIMIT_NS;
        while (done < bytes) {
            long n;
            try {
                n = socket.receive(buffer, 0, bytes - done);
            } catch (HostIoException reset) {
                return null;
            }
            if (n == 0) {
                return null;
            }
            if (n == UnixSocket.WOULD_BLOCK) {
                if (System.nanoTime() > limit) {
                    throw new AssertionError("no answer");
                }
                Thread.sleep(0, 50_000);
                continue;
            }
            MemorySegment.copy(buffer, U8, 0, all, done, (int) n);
            done += (int) n;
        }
        return all;
    }

    /** The payload of the next message from the back-end; null at the end of the stream. */
    byte[] receiveMessage() throws Exception {
        byte[] header = receive(MessageHeader.BYTES);
        if (header == null) {
            return null;
        }
        return receive((int) MessageHeader.decode(MemorySegment.ofArray(header)).bytes());
    }

    long getU64(int request) throws Exception {
        send(request, new byte[0]);
        return MemorySegment.ofArray(receiveMessage()).get(U64, 0);
    }

    static byte[] u64(long value) {
        byte[] bytes = new byte[8];
        MemorySegment.ofArray(bytes).set(U64, 0, value);
        return bytes;
    }

    static byte[] state(int index, int number) {
        return u64(index & 0xffffffffL | (long) number << 32);
    }

    static byte[] table(long guest, long bytes, long user, long offset) {
        byte[] payload = new byte[40];
        MemorySegment to = MemorySegment.ofArray(payload);
        to.set(U32, 0, 1);
        to.set(U64, 8, guest);
        to.set(U64, 16, bytes);
        to.set(U64, 24, user);
        to.set(U64, 32, offset);
        return payload;
    }

    static byte[] addresses(int index, long desc, long used, long avail) {
        byte[] payload = new byte[40];
        MemorySegment to = MemorySegment.ofArray(payload);
        to.set(U32, 0, index);
        to.set(U64, 8, desc);
        to.set(U64, 16, used);
        to.set(U64, 24, avail);
        return payload;
    }

    void negotiate() throws Exception {
        long offered = getU64(1);
        getU64(15);
        send(16, u64(1 | 1 << 3 | 1 << 5 | 1 << 9 | 1 << 12 | 1 << 13 | 1 << 15));
        send(3, new byte[0]);
        send(2, u64(offered & FEATURES));
    }

    void shareMemory() throws Exception {
        send(5, table(GUEST_BASE, BYTES, USER_BASE, 0), memFd.fd());
    }

    void startRing(int index, int base) throws Exception {
        kicks[index] = EventFd.create();
        calls[index] = EventFd.create();
        long at = USER_BASE + ring(index);
        send(8, state(index, SIZE));
        send(10, state(index, base));
        send(9, addresses(index, at, at + 0x2000, at + 0x1000));
        send(13, u64(index), calls[index].fd());
        send(12, u64(index), kicks[index].fd());
        send(18, state(index, 1));
    }

    /** Stops a ring; returns its next available index. */
    int stopRing(int index) throws Exception {
        send(11, state(index, 0));
        byte[] answer = receiveMessage();
        kicks[index].close();
        calls[index].close();
        kicks[index] = null;
        return MemorySegment.ofArray(answer).get(U32, 4);
    }

    /** Waits until the back-end has handled everything sent so far. */
    void sync() throws Exception {
        getU64(17);
    }

    /** All of it, with one ring. */
    Guest start(int ringCount) throws Exception {
        negotiate();
        shareMemory();
        for (int i = 0; i < ringCount; i++) {
            startRing(i, 0);
        }
        return this;
    }

    // Ring

    static long ring(int index) {
        return index * RING_BYTES;
    }

    private long slot(int index, int head) {
        return DATA + (index * SIZE + head) * 0x400L;
    }

    MemorySegment data(int index, int head) {
        return memory.asSlice(slot(index, head) + 0x200, 512);
    }

    int status(int index, int head) {
        return memory.get(U8, slot(index, head) + 16) & 0xff;
    }

    /** Puts a request into the ring, without a kick; head is a multiple of 3. */
    void queue(int index, int head, int type, long sector) {
        long slot = slot(index, head);
        memory.set(U32, slot, type);
        memory.set(U64, slot + 8, sector);
        memory.set(U8, slot + 16, (byte) 0x55);
        boolean read = type == IN;
        boolean data = type == IN || type == OUT;
        desc(index, head, slot, 16, 1, data ? head + 1 : head + 2);
        desc(index, head + 1, slot + 0x200, 512, read ? 3 : 1, head + 2);
        desc(index, head + 2, slot + 16, 1, 2, 0);
        long avail = ring(index) + 0x1000;
        int idx = memory.get(U16, avail + 2);
        memory.set(U16, avail + 4 + 2L * (idx % SIZE), (char) head);
        java.lang.invoke.VarHandle.fullFence();
        memory.set(U16, avail + 2, (char) (idx + 1));
        java.lang.invoke.VarHandle.fullFence();
    }

    void desc(int index, int i, long at, int bytes, int flags, int next) {
        long desc = ring(index) + 16L * i;
        memory.set(U64, desc, GUEST_BASE + at);
        memory.set(U32, desc + 8, bytes);
        memory.set(U16, desc + 12, (char) flags);
        memory.set(U16, desc + 14, (char) next);
    }

    void kick(int index) {
        kicks[index].set();
    }

    int used(int index) {
        return (char) INDEX.getAcquire(memory, ring(index) + 0x2002);
    }

    /** The index at which the back-end wants a kick. */
    int availEvent(int index) {
        return memory.get(U16, ring(index) + 0x2004 + 8L * SIZE);
    }

    /** Waits until the used index has got to {@code wanted}. */
    void awaitUsed(int index, int wanted) throws InterruptedException {
        long limit = System.nanoTime() + LIMIT_NS;
        while (used(index) != (wanted & 0xffff)) {
            if (System.nanoTime() > limit) {
                throw new AssertionError("used index " + used(index) + ", not " + wanted);
            }
            Thread.sleep(0, 50_000);
        }
    }

    /** One request to its end; returns the status. */
    int run(int index, int type, long sector) throws InterruptedException {
        int wanted = used(index) + 1;
        queue(index, 0, type, sector);
        kick(index);
        awaitUsed(index, wanted);
        return status(index, 0);
    }

    @Override
    public void close() {
        socket.close();
        mapped.close();
        memFd.close();
        for (int i = 0; i < kicks.length; i++) {
            if (kicks[i] != null) {
                kicks[i].close();
                calls[i].close();
                kicks[i] = null;
            }
        }
    }
}
