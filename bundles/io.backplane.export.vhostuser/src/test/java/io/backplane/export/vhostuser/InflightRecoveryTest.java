package io.backplane.export.vhostuser;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.backplane.hostio.posix.MappedFile;
import io.backplane.virtio.LittleEndian;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** A successor takes up what its predecessor had taken, by the buffer the front-end kept. */
class InflightRecoveryTest {

    @Test
    void successorAnswersWhatThePredecessorTookAndThenTheRest() throws Exception {
        try (Server server = new Server(1); Guest guest = new Guest(server.socket)) {
            guest.negotiate();
            byte[] wish = new byte[20];
            MemorySegment.ofArray(wish).set(LittleEndian.U32, 16, 1 | Guest.SIZE << 16);
            guest.send(31, wish);
            byte[] shape = guest.receiveMessage();
            int fd = guest.socket.takeFd();
            long bytes = MemorySegment.ofArray(shape).get(LittleEndian.U64, 0);
            assertEquals(InflightRegion.bytes(Guest.SIZE), bytes);
            try (MappedFile kept = MappedFile.map(fd, 0, bytes, true)) {
                // The predecessor answered head 12, took heads 3 and 0 in this order, and died.
                InflightRegion dead = new InflightRegion(kept.segment(), Guest.SIZE);
                dead.recover(0);
                dead.taken(12);
                dead.answering(12);
                guest.queue(0, 12, Guest.OUT, 1);
                guest.queue(0, 3, Guest.OUT, 1);
                guest.queue(0, 0, Guest.OUT, 2);
                guest.queue(0, 6, Guest.OUT, 3);
                guest.memory.set(LittleEndian.U16, 0x2002, (char) 1);
                dead.answered(12, 1);
                dead.taken(3);
                dead.taken(0);
                guest.shareMemory();
                guest.send(32, shape, fd);
                guest.startRing(0, 1);
                guest.awaitUsed(0, 4);
                assertEquals(3, guest.memory.get(LittleEndian.U32, 0x2004 + 8));
                assertEquals(0, guest.memory.get(LittleEndian.U32, 0x2004 + 16));
                assertEquals(6, guest.memory.get(LittleEndian.U32, 0x2004 + 24));
                assertEquals(3, server.backend.verbCount.get());
                assertEquals(4, guest.stopRing(0));
            } finally {
                io.backplane.hostio.posix.Fds.close(fd);
            }
        }
    }
}
