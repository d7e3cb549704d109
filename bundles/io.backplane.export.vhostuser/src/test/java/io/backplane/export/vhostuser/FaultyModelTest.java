package io.backplane.export.vhostuser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.AioContext;
import io.backplane.block.BlockException;
import io.backplane.device.virtio.blk.VirtioBlkModel;
import io.backplane.state.StateException;
import io.backplane.state.StateRecord;
import io.backplane.virtio.QueueHandler;
import io.backplane.virtio.QueueRunner;
import io.backplane.virtio.VirtQueueElement;
import io.backplane.virtio.device.VirtioDevice;
import io.backplane.virtio.device.VirtioDeviceModel;
import io.backplane.virtio.device.VirtioDeviceRequest;
import io.backplane.virtio.device.VirtioDrive;
import io.backplane.virtio.device.VirtioHost;
import io.backplane.virtio.transport.ModelFault;
import io.backplane.virtio.transport.VirtioPort;
import io.backplane.virtio.transport.VirtioPortListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A model that breaks its contract loses its devices, and their guests see nothing of it. */
class FaultyModelTest {
    private static final int WRITEBACK_OFFSET = 32;

    /** Where a version is broken. */
    enum Bug {
        NONE, EXCEPTION, ASSERTION, LINKAGE, STACK, NO_ANSWER, AFTER_WAITING, AFTER_ANSWER, ENTER,
        LEAVE, READ_CONFIG, WRITE_CONFIG, FEATURES, ACCEPT_FEATURES, RESET, FREEZE;

        void run(Bug here) {
            if (this != here) {
                return;
            }
            switch (this) {
                case ASSERTION -> throw new AssertionError("planted");
                case LINKAGE -> throw new NoSuchMethodError("planted");
                case STACK -> endless(1);
                default -> throw new IllegalStateException("planted");
            }
        }

        private static int endless(int depth) {
            return endless(depth + 1) + depth;
        }
    }

    /** A version of virtio-blk that is broken somewhere. */
    private record Faulty(VirtioBlkModel good, Bug bug, AtomicInteger runs)
            implements VirtioDeviceModel {
        @Override
        public String type() {
            return good.type();
        }

        @Override
        public Class<? extends Record> optionsType() {
            return good.optionsType();
        }

        @Override
        public VirtioDrive drive(Record options) {
            return good.drive(options);
        }

        @Override
        public VirtioDevice create(VirtioDeviceRequest request) throws BlockException {
            return new FaultyDevice(good.create(request), bug, runs, request);
        }

        @Override
        public VirtioDevice thaw(VirtioDeviceRequest request, StateRecord state)
                throws BlockException, StateException {
            return new FaultyDevice(good.thaw(request, state), bug, runs, request);
        }
    }

    private record FaultyQueue(Bug bug, AtomicInteger runs, VirtioDeviceRequest request)
            implements QueueHandler {
        @Override
        public void enter() {
            request.backend().incrementInFlight();
            try {
                bug.run(Bug.ENTER);
            } catch (IllegalStateException e) {
                request.backend().decrementInFlight();
                throw e;
            }
        }

        @Override
        public void leave() {
            request.backend().decrementInFlight();
            if (runs.get() > 0) { // else the look at an empty ring after the thaw would fail
                bug.run(Bug.LEAVE);
            }
        }

        @Override
        public void handle(VirtQueueElement element) {
            runs.incrementAndGet();
            switch (bug) {
                case NO_ANSWER -> { }
                case AFTER_WAITING -> {
                    try {
                        request.backend().flush();
                    } catch (BlockException e) {
                        throw new AssertionError(e);
                    }
                    throw new IllegalStateException("planted");
                }
                case AFTER_ANSWER, LEAVE -> {
                    int last = element.writable().count() - 1;
                    element.writable().segment(last).set(java.lang.foreign.ValueLayout.JAVA_BYTE,
                            element.writable().offset(last)
                                    + element.writable().length(last) - 1, (byte) 0);
                    element.complete(1);
                    bug.run(Bug.AFTER_ANSWER);
                }
                default -> bug.run(bug);
            }
        }
    }

    private record FaultyDevice(VirtioDevice good, Bug bug, AtomicInteger runs,
            VirtioDeviceRequest request) implements VirtioDevice {
        @Override
        public int deviceId() {
            return good.deviceId();
        }

        @Override
        public long features() {
            bug.run(Bug.FEATURES);
            return good.features();
        }

        @Override
        public int queueCount() {
            return good.queueCount();
        }

        @Override
        public void attach(VirtioHost host) {
            good.attach(host);
        }

        @Override
        public QueueRunner openQueue(int index, AioContext home) {
            return bug.ordinal() > Bug.LEAVE.ordinal() || bug == Bug.NONE
                    ? good.openQueue(index, home)
                    : new QueueRunner(home, "faulty " + index, new FaultyQueue(bug, runs, request));
        }

        @Override
        public int configBytes() {
            return good.configBytes();
        }

        @Override
        public void readConfig(int offset, byte[] to) {
            bug.run(Bug.READ_CONFIG);
            good.readConfig(offset, to);
        }

        @Override
        public boolean writeConfig(int offset, byte[] from) {
            bug.run(Bug.WRITE_CONFIG);
            return good.writeConfig(offset, from);
        }

        @Override
        public void acceptFeatures(long features) {
            bug.run(Bug.ACCEPT_FEATURES);
            good.acceptFeatures(features);
        }

        @Override
        public void reset() {
            bug.run(Bug.RESET);
            good.reset();
        }

        @Override
        public StateRecord freeze() {
            bug.run(Bug.FREEZE);
            return good.freeze();
        }

        @Override
        public void awaitClose() {
            good.awaitClose();
        }
    }

    /** What monitors would hear. */
    private static final class Events implements VirtioPortListener {
        final List<ModelFault> faults = new CopyOnWriteArrayList<>();
        final List<String> gaveUp = new CopyOnWriteArrayList<>();

        @Override
        public void failed(VirtioPort port, ModelFault fault) {
            faults.add(fault);
        }

        @Override
        public void held(VirtioPort port, String reason) {
        }

        @Override
        public void gaveUp(VirtioPort port) {
            gaveUp.add(port.id());
        }

        @Override
        public void swapped(VirtioPort port, VirtioPort.Swap swap) {
        }

        void awaitFaults(int count) throws InterruptedException {
            for (int i = 0; i < 1000 && faults.size() < count; i++) {
                Thread.sleep(5);
            }
            assertEquals(count, faults.size(), faults.toString());
        }
    }

    private static Events listen(Server server) {
        Events events = new Events();
        server.transport.listen(events);
        return events;
    }

    private final AtomicInteger runs = new AtomicInteger();

    private Faulty faulty(Server server, Bug bug) {
        return new Faulty(server.model(), bug, runs);
    }

    /** Has the one and only version be {@code model}. */
    private static void change(Server server, VirtioDeviceModel model, int version)
            throws Exception {
        server.transport.add(model, "bundle", Integer.toString(version), version);
        server.inMain(() -> {
            server.transport.awaitRenew(List.of(server.export));
            server.transport.awaitWithdraw(server.first);
            return null;
        });
    }

    private static void repair(Server server) {
        server.transport.add(server.model(), "bundle", "9", 9);
    }

    private static void awaitQuarantine(Server server) throws Exception {
        for (int i = 0; i < 1000 && server.inMain(server.export::modelVersion) != null; i++) {
            Thread.sleep(5);
        }
        assertNull(server.inMain(server.export::modelVersion));
    }

    @ParameterizedTest
    @EnumSource(names = {"EXCEPTION", "ASSERTION", "LINKAGE", "STACK", "NO_ANSWER",
        "AFTER_WAITING", "ENTER"})
    void requestsThatMetAFaultAreRunByTheNextVersion(Bug bug) throws Exception {
        try (Server server = new Server(2); Guest guest = new Guest(server.socket).start(2)) {
            Events events = listen(server);
            assertEquals(0, guest.run(0, Guest.OUT, 5));
            server.backend.suspending = true;
            change(server, faulty(server, bug), 2);
            for (int head = 3; head < 15; head += 3) {
                guest.queue(0, head, Guest.OUT, head);
                guest.queue(1, head, Guest.OUT, head);
            }
            guest.kick(0);
            guest.kick(1);
            events.awaitFaults(1);
            assertEquals("2", events.faults.getFirst().version());
            assertEquals("bundle", events.faults.getFirst().bundle());
            awaitQuarantine(server);
            assertEquals(1, guest.used(0), "nothing is answered in quarantine");
            assertEquals(0, guest.used(1));
            repair(server);
            guest.awaitUsed(0, 5);
            guest.awaitUsed(1, 4);
            for (int head = 3; head < 15; head += 3) {
                assertEquals(0, guest.status(0, head));
                assertEquals(0, guest.status(1, head));
            }
            assertEquals(0, guest.run(1, Guest.IN, 5));
            assertEquals(1, events.faults.size());
            server.awaitQuiet();
        }
    }

    @Test
    void deviceThatThrowsAtTheDiskIsTakenOut() throws Exception {
        try (Server server = new Server(1); Guest guest = new Guest(server.socket).start(1)) {
            Events events = listen(server);
            assertEquals(0, guest.run(0, Guest.OUT, 5));
            server.notice(() -> server.backend.ownerFaults.accept(server.ops,
                    new IllegalStateException("planted")));
            events.awaitFaults(1);
            assertEquals("java.lang.IllegalStateException",
                    events.faults.getFirst().exceptionClass());
            assertEquals("planted", events.faults.getFirst().message());
            assertEquals("1", events.faults.getFirst().version());
            awaitQuarantine(server);
            repair(server);
            assertEquals(0, guest.run(0, Guest.OUT, 6));
            assertEquals(1, events.faults.size());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"AFTER_ANSWER", "LEAVE"})
    void requestThatIsAnsweredAlreadyIsNotRunAgain(Bug bug) throws Exception {
        try (Server server = new Server(1); Guest guest = new Guest(server.socket).start(1)) {
            Events events = listen(server);
            change(server, faulty(server, bug), 2);
            assertEquals(0, guest.run(0, Guest.OUT, 5));
            events.awaitFaults(1);
            repair(server);
            assertEquals(0, guest.run(0, Guest.OUT, 5));
            assertEquals(2, guest.used(0));
            assertEquals(1, runs.get());
        }
    }

    @Test
    void anotherDeviceInTheSameThreadGoesOn() throws Exception {
        try (Server server = new Server(1, 0, true); Server healthy = new Server(server);
                Guest guest = new Guest(server.socket).start(1);
                Guest other = new Guest(healthy.socket).start(1)) {
            Events events = listen(server);
            guest.sync();
            change(server, faulty(server, Bug.STACK), 2);
            guest.queue(0, 0, Guest.OUT, 1);
            guest.kick(0);
            events.awaitFaults(1);
            for (int i = 0; i < 50; i++) {
                assertEquals(0, other.run(0, Guest.OUT, i));
            }
            repair(server);
            guest.awaitUsed(0, 1);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"READ_CONFIG", "WRITE_CONFIG", "FEATURES", "RESET"})
    void messageThatMetAFaultIsAnsweredByTheNextVersion(Bug bug) throws Exception {
        try (Server server = new Server(1); Guest guest = new Guest(server.socket).start(1)) {
            Events events = listen(server);
            assertEquals(0, guest.run(0, Guest.OUT, 5));
            if (bug == Bug.FEATURES) {
                server.transport.add(faulty(server, Bug.FEATURES), "bundle", "2", 2);
            } else {
                change(server, faulty(server, bug), 2);
            }
            byte[] config = new byte[12 + 60];
            config[4] = 60;
            byte[] off = new byte[12 + 1];
            off[0] = WRITEBACK_OFFSET;
            off[4] = 1;
            switch (bug) {
                case READ_CONFIG -> guest.send(24, config);
                case WRITE_CONFIG -> guest.send(25, off);
                case RESET -> guest.send(34, new byte[0]);
                default -> { }
            }
            if (bug != Bug.FEATURES) {
                events.awaitFaults(1);
            }
            repair(server);
            if (bug == Bug.READ_CONFIG) {
                assertEquals(12 + 60, guest.receiveMessage().length);
            }
            guest.sync();
            if (bug == Bug.WRITE_CONFIG) {
                assertEquals(0, writeback(server));
            }
            if (bug != Bug.RESET) {
                assertEquals(0, guest.run(0, Guest.IN, 5));
            }
        }
    }

    private static int writeback(Server server) throws Exception {
        byte[] now = {9};
        server.inMain(() -> {
            server.export.device().readConfig(WRITEBACK_OFFSET, now);
            return null;
        });
        return now[0];
    }

    @Test
    void whatTheDriverWroteToConfigurationIsWrittenToTheNextVersion() throws Exception {
        try (Server server = new Server(1); Guest guest = new Guest(server.socket).start(1)) {
            Events events = listen(server);
            byte[] off = new byte[12 + 1];
            off[0] = WRITEBACK_OFFSET;
            off[4] = 1;
            guest.send(25, off);
            guest.sync();
            change(server, faulty(server, Bug.EXCEPTION), 2);
            assertEquals(0, writeback(server));
            guest.queue(0, 0, Guest.OUT, 1);
            guest.kick(0);
            events.awaitFaults(1);
            repair(server);
            guest.awaitUsed(0, 1);
            assertEquals(0, writeback(server), "write-through is a promise");
        }
    }

    @Test
    void versionThatCannotFreezeIsReplacedAllTheSame() throws Exception {
        try (Server server = new Server(1); Guest guest = new Guest(server.socket).start(1)) {
            Events events = listen(server);
            change(server, faulty(server, Bug.FREEZE), 2);
            assertEquals(0, guest.run(0, Guest.OUT, 5));
            repair(server);
            server.inMain(() -> {
                server.transport.awaitRenew(List.of(server.export));
                return null;
            });
            assertEquals("9", server.inMain(server.export::modelVersion));
            assertEquals(1, events.faults.size());
            assertEquals(0, guest.run(0, Guest.IN, 5));
        }
    }

    @Test
    void versionsThatFailOneAfterAnotherAreNotTriedAgain() throws Exception {
        try (Server server = new Server(1); Guest guest = new Guest(server.socket).start(1)) {
            Events events = listen(server);
            change(server, faulty(server, Bug.EXCEPTION), 2);
            server.transport.add(faulty(server, Bug.ASSERTION), "bundle", "3", 3);
            guest.queue(0, 0, Guest.OUT, 1);
            guest.kick(0);
            events.awaitFaults(2);
            awaitQuarantine(server);
            repair(server);
            guest.awaitUsed(0, 1);
            assertEquals(0, guest.status(0, 0));
            assertEquals(2, events.faults.size());
        }
    }

    @Test
    void guestIsLetGoIfThePolicyIsError() throws Exception {
        try (Server server = new Server(1, 2, true, 20_000_000);
                Guest guest = new Guest(server.socket).start(1)) {
            Events events = listen(server);
            guest.sync();
            change(server, faulty(server, Bug.EXCEPTION), 2);
            guest.queue(0, 0, Guest.OUT, 1);
            guest.kick(0);
            assertNull(guest.receiveMessage(), "disconnected");
            assertEquals(1, events.faults.size());
            assertTrue(events.faults.getFirst().held());
            assertEquals(20_000_000, events.faults.getFirst().timeoutNs());
            repair(server);
            try (Guest next = new Guest(server.socket).start(1)) {
                assertEquals(0, next.run(0, Guest.IN, 5));
            }
        }
    }

    @Test
    void deviceInQuarantineCanBeClosed() throws Exception {
        Server server = new Server(1);
        try (Guest guest = new Guest(server.socket).start(1)) {
            Events events = listen(server);
            guest.sync();
            change(server, faulty(server, Bug.EXCEPTION), 2);
            guest.queue(0, 0, Guest.OUT, 1);
            guest.kick(0);
            events.awaitFaults(1);
            server.close();
        }
    }
}
