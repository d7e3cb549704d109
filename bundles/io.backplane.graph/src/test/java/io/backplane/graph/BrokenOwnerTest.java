package io.backplane.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.backplane.aio.AioContext;
import io.backplane.block.BlockException;
import io.backplane.block.Preallocation;
import io.backplane.block.backend.BlockDevOps;
import io.backplane.block.graph.DrainedSection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Somebody attached who breaks the contract is detached and told of; nobody else notices. */
class BrokenOwnerTest {
    private final List<Throwable> faults = new ArrayList<>();
    private final FakeDevice before = new FakeDevice();
    private final FakeDevice after = new FakeDevice();
    private final FakeDevice elsewhere = new FakeDevice();

    /** Throws out of one method. */
    private static final class Broken implements BlockDevOps {
        private final String method;
        private final Throwable bug;
        private int calls;

        Broken(String method, Throwable bug) {
            this.method = method;
            this.bug = bug;
        }

        private static <X extends Throwable> void sneak(Throwable t) throws X {
            @SuppressWarnings("unchecked")
            X x = (X) t;
            throw x;
        }

        private void called(String here) {
            calls++;
            if (here.equals(method)) {
                Broken.<RuntimeException>sneak(bug);
            }
        }

        @Override
        public void drainedBegin() {
            called("drainedBegin");
        }

        @Override
        public boolean drainedPoll() {
            called("drainedPoll");
            return false;
        }

        @Override
        public void drainedEnd() {
            called("drainedEnd");
        }

        @Override
        public void resized() {
            called("resized");
        }

        @Override
        public boolean allowsContext(AioContext target) {
            called("allowsContext");
            return true;
        }

        @Override
        public void contextChanged(AioContext context) {
            called("contextChanged");
        }
    }

    private Backend attach(Fakes f, Broken broken) throws BlockException {
        Node disk = f.addDisk("d");
        Backend blk = f.attach("blk", "d", Fakes.RWR, io.backplane.block.Permissions.ALL);
        f.attach("other", "d");
        f.graph.publish("blk", before);
        f.graph.publish("blk", broken);
        f.graph.publish("blk", after);
        f.graph.publish("other", elsewhere);
        blk.ownerFaultListener((ops, bug) -> faults.add(bug));
        assertEquals("d", disk.name());
        return blk;
    }

    private static void resize(Fakes f, long bytes) throws BlockException {
        ((Node) f.graph.find("d")).awaitTruncate(bytes, Preallocation.OFF);
    }

    @ParameterizedTest
    @ValueSource(strings = {"drainedBegin", "drainedPoll", "drainedEnd", "resized",
        "contextChanged"})
    void noticeThatThrowsCostsOnlyWhoThrew(String method) throws Exception {
        for (Throwable bug : List.of(new IllegalStateException("planted"), new AssertionError(),
                new NoClassDefFoundError("gone"), new StackOverflowError())) {
            faults.clear();
            for (FakeDevice device : List.of(before, after, elsewhere)) {
                device.begins = 0;
                device.ends = 0;
                device.resizes = 0;
            }
            Broken broken = new Broken(method, bug);
            Fakes.run(f -> {
                Backend blk = attach(f, broken);
                AioContext io = f.on.ioThread("io");
                f.on.await(f.write(blk, 0));
                resize(f, FakeNode.ROOM / 2);
                blk.awaitMoveTo(io);
                assertEquals(1, faults.size());
                assertSame(bug, faults.getFirst());
                int calls = broken.calls;
                try (DrainedSection _ = f.graph.awaitDrained(f.graph.find("d"))) {
                    CompletableFuture<Void> parked = f.write(blk, 0);
                    f.on.settle();
                    assertFalse(parked.isDone());
                    f.until(() -> blk.parkedCount() == 1);
                }
                f.on.await(f.write(blk, 4096));
                assertEquals(calls, broken.calls, "it hears nothing any more");
                for (FakeDevice device : List.of(before, after, elsewhere)) {
                    assertEquals(device.begins, device.ends);
                    assertEquals(1, device.resizes);
                    assertSame(io, device.context);
                }
                assertEquals(before.begins, after.begins);
                assertSame(io, blk.context());
                assertEquals(1, faults.size());
            });
        }
    }

    @Test
    void whoThrowsWhenAskedForAMoveIsTakenToRefuseIt() throws Exception {
        Fakes.run(f -> {
            Broken broken = new Broken("allowsContext", new AssertionError());
            attach(f, broken);
            Backend other = f.graph.findBackend("other");
            AioContext io = f.on.ioThread("io");
            assertThrows(BlockException.class, () -> other.awaitMoveTo(io));
            assertEquals(1, faults.size());
            other.awaitMoveTo(io);
            assertSame(io, elsewhere.context);
        });
    }

    @Test
    void whoThrowsWhileItIsAttachedInADrainIsNotAttached() throws Exception {
        Fakes.run(f -> {
            Node d = f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            blk.ownerFaultListener((ops, bug) -> faults.add(bug));
            Broken broken = new Broken("drainedBegin", new AssertionError());
            try (DrainedSection _ = f.graph.awaitDrained(d)) {
                f.graph.publish("blk", broken);
                assertEquals(1, faults.size());
            }
            assertEquals(1, broken.calls);
        });
    }

    @Test
    void ownerThatDidNotParkDoesSoOnceItIsBroken() throws Exception {
        Fakes.run(f -> {
            Broken broken = new Broken("drainedBegin", new AssertionError());
            Backend blk = attach(f, broken);
            blk.parkRequests(false);
            try (DrainedSection _ = f.graph.awaitDrained(f.graph.find("d"))) {
                CompletableFuture<Void> late = f.write(blk, 0);
                f.until(() -> blk.parkedCount() == 1);
                assertFalse(late.isDone());
            }
        });
    }
}
