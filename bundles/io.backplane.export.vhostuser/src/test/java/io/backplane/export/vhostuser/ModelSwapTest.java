package io.backplane.export.vhostuser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.block.BlockException;
import io.backplane.device.virtio.blk.VirtioBlkModel;
import io.backplane.rules.Rule;
import io.backplane.state.StateRecord;
import io.backplane.virtio.device.VirtioDevice;
import io.backplane.virtio.device.VirtioDeviceModel;
import io.backplane.virtio.device.VirtioDeviceRequest;
import io.backplane.virtio.device.VirtioDrive;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/** The model of a device leaves and comes while its guest is connected. */
class ModelSwapTest {
    private static final int WRITEBACK_OFFSET = 32;

    /** A version whose devices cannot be thawed. */
    private record Failing(VirtioBlkModel good) implements VirtioDeviceModel {
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
            return good.create(request);
        }

        @Override
        public VirtioDevice thaw(VirtioDeviceRequest request, StateRecord state) {
            throw new IllegalStateException("planted");
        }
    }

    private static Void renew(Server server) throws Exception {
        return server.inMain(() -> {
            server.transport.awaitRenew(List.of(server.export));
            return null;
        });
    }

    private static void withdraw(Server server, VirtioDeviceModel model) throws Exception {
        server.inMain(() -> {
            server.transport.awaitWithdraw(model);
            return null;
        });
    }

    private static void add(Server server, VirtioDeviceModel model, int version)
            throws Exception {
        server.transport.add(model, "test", Integer.toString(version), version);
        server.inMain(() -> null);
    }

    @Test
    void guestUnderLoadSeesNothingOfAHundredSwaps() throws Exception {
        try (Server server = new Server(2); Guest guest = new Guest(server.socket).start(2)) {
            server.backend.suspending = true;
            int[] wanted = new int[2];
            for (int round = 0; round < 100; round++) {
                for (int q = 0; q < 2; q++) {
                    for (int head = 0; head < 15; head += 3) {
                        guest.queue(q, head, Guest.OUT, head);
                    }
                    wanted[q] += 5;
                    guest.kick(q);
                }
                add(server, server.model(), round + 2);
                renew(server);
                for (int q = 0; q < 2; q++) {
                    guest.awaitUsed(q, wanted[q]);
                }
            }
            assertEquals(0, guest.run(1, Guest.IN, 5));
            assertEquals("101", server.inMain(server.export::modelVersion));
            assertEquals(100, server.inMain(server.export::history).size());
        }
    }

    @Test
    @Rule("E14")
    void requestOfAGuestThatIsSilentWhileThereIsNoModelCompletes() throws Exception {
        try (Server server = new Server(1); Guest guest = new Guest(server.socket).start(1)) {
            assertEquals(0, guest.run(0, Guest.IN, 0));
            withdraw(server, server.first);
            assertNull(server.inMain(server.export::modelVersion));
            guest.queue(0, 0, Guest.IN, 1);
            guest.kick(0);
            server.awaitTurns();
            assertEquals(1, guest.used(0));
            guest.kicks[0].testAndClear(); // the kick is lost; only our own look helps
            add(server, server.model(), 2);
            guest.awaitUsed(0, 2);
            assertEquals(0, guest.run(0, Guest.IN, 5));
        }
    }

    @Test
    @Rule("D5")
    void swapInsideADrainStartsNothingBeforeItsEnd() throws Exception {
        try (Server server = new Server(1); Guest guest = new Guest(server.socket).start(1)) {
            guest.sync();
            server.drained = true;
            server.notice(server.ops::drainedBegin);
            server.awaitQuiet();
            guest.queue(0, 0, Guest.OUT, 1);
            guest.kick(0);
            add(server, server.model(), 2);
            renew(server);
            server.awaitTurns();
            assertEquals(0, server.backend.verbCount.get());
            server.notice(server.ops::drainedEnd);
            guest.awaitUsed(0, 1);
        }
    }

    @Test
    void theWriteCacheStaysAsTheDriverSetIt() throws Exception {
        try (Server server = new Server(1); Guest guest = new Guest(server.socket).start(1)) {
            guest.sync();
            server.inMain(() -> {
                byte[] off = {0};
                assertTrue(server.export.device().writeConfig(WRITEBACK_OFFSET, off));
                return null;
            });
            add(server, server.model(), 2);
            renew(server);
            byte[] now = {9};
            server.inMain(() -> {
                server.export.device().readConfig(WRITEBACK_OFFSET, now);
                return null;
            });
            assertEquals(0, now[0]);
        }
    }

    @Test
    void versionThatCannotThawIsRolledBack() throws Exception {
        try (Server server = new Server(1); Guest guest = new Guest(server.socket).start(1)) {
            assertEquals(0, guest.run(0, Guest.OUT, 5));
            add(server, new Failing(server.model()), 2);
            ExecutionException e = assertThrows(ExecutionException.class, () -> renew(server));
            assertTrue(e.getCause().getMessage().contains("planted"), e.getCause().getMessage());
            assertEquals("1", server.inMain(server.export::modelVersion));
            assertEquals(0, guest.run(0, Guest.IN, 5));
        }
    }

    @Test
    void modelThatLeavesWithASuccessorThereIsFollowedAtOnce() throws Exception {
        try (Server server = new Server(1); Guest guest = new Guest(server.socket).start(1)) {
            assertEquals(0, guest.run(0, Guest.OUT, 5));
            add(server, server.model(), 2);
            assertEquals("1", server.inMain(server.export::modelVersion));
            withdraw(server, server.first);
            assertEquals("2", server.inMain(server.export::modelVersion));
            assertEquals(0, guest.run(0, Guest.IN, 5));
        }
    }

    @Test
    void guestMayLeaveAndAnotherComeWhileThereIsNoModel() throws Exception {
        try (Server server = new Server(1)) {
            try (Guest guest = new Guest(server.socket).start(1)) {
                assertEquals(0, guest.run(0, Guest.OUT, 5));
                withdraw(server, server.first);
            }
            server.transport.add(server.model(), "test", "2", 2);
            try (Guest guest = new Guest(server.socket).start(1)) {
                assertEquals(0, guest.run(0, Guest.IN, 5));
            }
        }
    }

    @Test
    void deviceWithoutModelCanBeClosed() throws Exception {
        Server server = new Server(1);
        try (Guest guest = new Guest(server.socket).start(1)) {
            assertEquals(0, guest.run(0, Guest.OUT, 5));
            withdraw(server, server.first);
            guest.send(1, new byte[0]); // a message that waits
            server.close();
        }
    }

    @Test
    void guestIsLetGoWhenNoModelComesInTime() throws Exception {
        try (Server server = new Server(1, 2, true, 20_000_000);
                Guest guest = new Guest(server.socket).start(1)) {
            assertEquals(0, guest.run(0, Guest.OUT, 5));
            withdraw(server, server.first);
            assertNull(guest.receiveMessage(), "disconnected");
            server.transport.add(server.model(), "test", "2", 2);
            try (Guest next = new Guest(server.socket).start(1)) {
                assertEquals(0, next.run(0, Guest.IN, 5));
            }
        }
    }
}
