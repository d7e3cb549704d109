package io.backplane.driver.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.block.BlockPermission;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.Permissions;
import io.backplane.block.backend.BlockBackend;
import io.backplane.hostio.threads.EpollPollerFactory;
import io.backplane.hostio.threads.ThreadsFileEngine;
import io.backplane.memory.IoVector;
import io.backplane.tck.OnGraph;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that were opened by an engine that goes, in any order with the driver. */
class EngineChangeTest {
    private static final int BYTES = 4096;
    private static final Permissions SOLE = new Permissions(
            Permissions.READ_WRITE, Permissions.ALL & ~BlockPermission.WRITE.bit());

    @TempDir
    private Path folder;

    private interface Body {
        void run(OnGraph on, BlockBackend disk, MemorySegment memory) throws Exception;
    }

    private Path image() {
        return folder.resolve("a.img");
    }

    private static FileDriver driver(ThreadsFileEngine... engines) {
        return new FileDriver("file", new FileEngines(engines));
    }

    private void with(FileDriver driver, Body body) throws Exception {
        Files.write(image(), new byte[BYTES]);
        try (Arena arena = Arena.ofShared()) {
            OnGraph.run(new EpollPollerFactory(), on -> {
                on.graph.addDriver(driver);
                on.graph.awaitAdd(BlockdevOptions.of("file", "disk",
                        new FileOptions(image().toString(), null, null, null, null, null)));
                BlockBackend disk = on.graph.awaitAttach("blk", new BlockdevRef.ByName("disk"),
                        SOLE, on.loops.main());
                body.run(on, disk, arena.allocate(BYTES));
            });
        }
    }

    private static void write(BlockBackend disk, MemorySegment memory, int value)
            throws Exception {
        memory.fill((byte) value);
        disk.pwritev(0, BYTES, IoVector.of(memory), 0, 0);
        disk.flush();
        memory.fill((byte) 0);
        disk.preadv(0, BYTES, IoVector.of(memory), 0, 0);
        assertEquals(value, memory.get(ValueLayout.JAVA_BYTE, BYTES - 1));
    }

    private static void replace(OnGraph on, FileDriver old, FileDriver next) {
        on.graph.awaitRemoveDriver(old);
        on.graph.addDriver(next);
        on.settle();
    }

    /** Descriptors of the image in this process. */
    private long descriptors() throws Exception {
        try (var all = Files.list(Path.of("/proc/self/fd"))) {
            return all.filter(fd -> {
                try {
                    return Files.readSymbolicLink(fd).equals(image().toRealPath());
                } catch (java.io.IOException e) {
                    return false;
                }
            }).count();
        }
    }

    @Test
    void engineThatWasReplacedWhileThereWasNoDriverIsNotUsedAgain() throws Exception {
        ThreadsFileEngine gone = new ThreadsFileEngine();
        FileDriver first = driver(gone);
        with(first, (on, disk, memory) -> {
            write(disk, memory, 1);
            on.graph.awaitRemoveDriver(first);
            gone.close();
            CompletableFuture<Void> parked = on.start(on.loops.main(),
                    () -> write(disk, memory, 2));
            on.settle();
            try (ThreadsFileEngine other = new ThreadsFileEngine()) {
                FileDriver second = driver(other);
                on.graph.addDriver(second);
                on.await(parked);
                assertEquals(1, descriptors());
            }
        });
    }

    @Test
    void driverThatTookAFileOverKnowsWhoseItIs() throws Exception {
        ThreadsFileEngine opener = new ThreadsFileEngine();
        try (ThreadsFileEngine stays = new ThreadsFileEngine()) {
            FileDriver first = driver(opener);
            with(first, (on, disk, memory) -> {
                FileDriver second = driver(stays, opener);
                replace(on, first, second); // keeps the descriptor, though it would choose 'stays'
                write(disk, memory, 3);
                FileDriver third = driver(stays); // the opener has left
                replace(on, second, third);
                opener.close();
                write(disk, memory, 4);
                assertEquals(1, descriptors());
            });
        }
    }

    @Test
    void fileThatCannotBeOpenedAgainIsHandedOverToTheNextWhoTries() throws Exception {
        ThreadsFileEngine gone = new ThreadsFileEngine();
        Path aside = folder.resolve("aside");
        try (ThreadsFileEngine other = new ThreadsFileEngine()) {
            FileDriver first = driver(gone);
            with(first, (on, disk, memory) -> {
                on.graph.awaitRemoveDriver(first);
                gone.close();
                Files.move(image(), aside);
                FileDriver second = driver(other);
                on.graph.addDriver(second);
                CompletableFuture<Void> parked = on.start(on.loops.main(),
                        () -> write(disk, memory, 5));
                on.settle();
                assertTrue(on.graph.find("disk").driverMissing());
                Files.move(aside, image());
                on.graph.addDriver(driver(other));
                on.await(parked);
                assertEquals(1, descriptors());
            });
        }
    }
}
