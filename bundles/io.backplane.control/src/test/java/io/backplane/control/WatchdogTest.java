package io.backplane.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.AioContext;
import io.backplane.aio.CoMutex;
import io.backplane.aio.Coroutine;
import io.backplane.block.BlockPermission;
import io.backplane.block.BlockdevRef;
import io.backplane.block.Permissions;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.backend.BlockDevOps;
import io.backplane.block.graph.DrainedSection;
import io.backplane.rules.Rule;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A watchdog in a whole daemon; waits for what it tells, never for a time. */
@Timeout(60)
class WatchdogTest {
    private static final String PERIODIC =
            System.setProperty(AioContext.PERIODIC_TIMERS, "on");

    private final ControlFixture daemon = new ControlFixture();

    @AfterAll
    static void restore() {
        if (PERIODIC == null) {
            System.clearProperty(AioContext.PERIODIC_TIMERS);
        } else {
            System.setProperty(AioContext.PERIODIC_TIMERS, PERIODIC);
        }
    }

    @AfterEach
    void close() throws Exception {
        daemon.close();
    }

    private String ask(String name, String arguments) throws Exception {
        return daemon.ask("{'execute':'" + name + "','arguments':" + arguments + "}");
    }

    private List<String> awaitEvents(String name) throws InterruptedException {
        List<String> data;
        while ((data = daemon.eventData(name)).isEmpty()) {
            Thread.sleep(5);
        }
        return data;
    }

    private BlockBackend attach() throws Exception {
        ask("blockdev-add", "{'driver':'null-co','node-name':'n','size':1048576}");
        return daemon.inMain(() -> daemon.graph.awaitAttach("blk", new BlockdevRef.ByName("n"),
                new Permissions(BlockPermission.CONSISTENT_READ.bit(), Permissions.ALL),
                daemon.loops().main()));
    }

    @Test
    @Rule("E6")
    void aCycleOfMutexesIsToldOnceWithItsEdges() throws Exception {
        CoMutex a = new CoMutex("mutex a");
        CoMutex b = new CoMutex("mutex b");
        AioContext main = daemon.loops().main();
        main.schedule(() -> { // both in one turn, so that each has its first lock
            for (List<CoMutex> pair : List.of(List.of(a, b), List.of(b, a))) {
                main.spawn(() -> {
                    pair.getFirst().awaitLock();
                    Coroutine.awaitYield();
                    pair.getLast().awaitLock();
                });
            }
        });
        String data = awaitEvents("DEADLOCK_DETECTED").getFirst();
        assertTrue(data.contains("waits for mutex a") && data.contains("waits for mutex b"), data);
        long before = turns();
        while (turns() < before + 4) { // it ticks on, and nothing else turns main
            Thread.sleep(5);
        }
        assertEquals(1, daemon.eventData("DEADLOCK_DETECTED").size());
    }

    @Test
    @Rule("G6")
    void aDrainThatWaitsForItsOwnRequestIsTold() throws Exception {
        BlockBackend blk = attach();
        CompletableFuture<DrainedSection> section = new CompletableFuture<>();
        CompletableFuture<Void> ended = new CompletableFuture<>();
        daemon.loops().main().spawn(() -> {
            section.complete(daemon.graph.awaitDrained(daemon.graph.find("n"), "by mistake"));
            try {
                blk.flush();
                ended.complete(null);
            } catch (Exception e) {
                ended.completeExceptionally(e);
            }
        });
        String data = awaitEvents("DEADLOCK_DETECTED").getFirst();
        assertTrue(data.contains("the end of the drain of block device 'blk'"), data);
        String drains = ask("query-drain", "{}");
        assertTrue(drains.contains("\"owner\": \"by mistake\"")
                && drains.contains("\"waiting\": false"), drains);
        daemon.inMain(() -> {
            section.join().close();
            return null;
        });
        ended.get(10, TimeUnit.SECONDS);
        daemon.inMain(() -> {
            blk.awaitClose();
            return null;
        });
    }

    /** An owner that must not have its requests parked, and has. */
    private static final class BusyOwner implements BlockDevOps {
        volatile boolean busy = true;

        @Override
        public void drainedBegin() {
            // what it began goes on
        }

        @Override
        public boolean drainedPoll() {
            return busy;
        }

        @Override
        public void drainedEnd() {
            // nothing was stopped
        }

        @Override
        public void resized() {
            // it flushes only
        }
    }

    @Test
    @Rule({"D6", "G6"})
    void anOwnerBusyWithARequestThatItsDrainParksIsTold() throws Exception {
        BlockBackend blk = attach();
        BusyOwner owner = new BusyOwner();
        var publication = daemon.inMain(() -> daemon.graph.publish("blk", owner));
        CompletableFuture<Void> drained = new CompletableFuture<>();
        daemon.loops().main().spawn(() -> {
            daemon.graph.awaitDrained(daemon.graph.find("n"), "an operator").close();
            drained.complete(null);
        });
        CompletableFuture<Void> flushed = new CompletableFuture<>();
        daemon.inMain(() -> { // the drain has begun: it came first
            daemon.loops().main().spawn(() -> {
                try {
                    blk.flush();
                    flushed.complete(null);
                } catch (Exception e) {
                    flushed.completeExceptionally(e);
                }
            });
            return null;
        });
        String data = awaitEvents("DEADLOCK_DETECTED").getFirst();
        assertTrue(data.contains("of [n] (an operator)")
                && data.contains("the end of the drain of block device 'blk'"), data);
        owner.busy = false;
        daemon.inMain(() -> {
            publication.close(); // as good as an owner that has become quiet
            return null;
        });
        drained.get(10, TimeUnit.SECONDS);
        flushed.get(10, TimeUnit.SECONDS);
        daemon.inMain(() -> {
            blk.awaitClose();
            return null;
        });
    }

    @Test
    @Rule("E6")
    void aDrainPastItsDeadlineNamesTheRequestThatNeverEnds() throws Exception {
        BlockBackend blk = attach();
        CompletableFuture<Coroutine> carrier = new CompletableFuture<>();
        daemon.loops().main().spawn(() -> {
            blk.incrementInFlight();
            Coroutine.current().carry(blk, "read", 4096, 512);
            carrier.complete(Coroutine.current());
            Coroutine.suspend();
            Coroutine.current().carryNothing();
            blk.decrementInFlight();
        });
        carrier.join();
        CompletableFuture<Void> drained = new CompletableFuture<>();
        daemon.loops().main().spawn(() -> {
            daemon.graph.awaitDrained(daemon.graph.find("n"), "a reconfiguration").close();
            drained.complete(null);
        });
        String data = awaitEvents("DRAIN_STALLED").getFirst();
        assertTrue(data.contains("\"owner\": \"a reconfiguration\""), data);
        assertTrue(data.contains("read of 512 bytes at 4096 on node 'n' by 'blk', suspended"),
                data);
        String drains = ask("query-drain", "{}");
        assertTrue(drains.contains("\"offset\": 4096, \"bytes\": 512"), drains);
        assertTrue(drains.contains("\"waiting\": true"), drains);
        assertEquals(List.of(), daemon.eventData("DEADLOCK_DETECTED"));
        carrier.join().wake();
        drained.get(10, TimeUnit.SECONDS);
        daemon.inMain(() -> {
            blk.awaitClose();
            return null;
        });
    }

    @Test
    @Rule("E6")
    void eventLoopsAreDescribed() throws Exception {
        ask("object-add", "{'qom-type':'iothread','id':'io0'}");
        String loops = ask("query-event-loops", "{}");
        assertTrue(loops.contains("\"name\": \"main\"") && loops.contains("\"name\": \"io0\""),
                loops);
        assertTrue(loops.contains("\"mechanism\": \"epoll\""), loops);
        assertTrue(loops.contains("\"phase\": \"dispatching\""), loops);
    }

    @Test
    @Rule("E13")
    void nothingTicksWhileNothingWaits() throws Exception {
        attachAndDrain();
        long before;
        do { // a watchdog that ticked on would turn main each time
            before = turns();
            Thread.sleep(1200);
        } while (turns() != before);
    }

    private void attachAndDrain() throws Exception {
        BlockBackend blk = attach();
        daemon.inMain(() -> {
            blk.awaitClose();
            return null;
        });
    }

    private long turns() {
        return daemon.loops().reports().getFirst().turnCount();
    }
}
