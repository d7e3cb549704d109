package io.backplane.driver.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.block.BlockException;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.CacheOptions;
import io.backplane.block.Permissions;
import io.backplane.block.RequestFlags;
import io.backplane.block.backend.BlockBackend;
import io.backplane.hostio.Errno;
import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostFileEngine;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.OpenFlags;
import io.backplane.hostio.threads.EpollPollerFactory;
import io.backplane.hostio.threads.ThreadsFileEngine;
import io.backplane.memory.IoVector;
import io.backplane.tck.OnGraph;
import java.lang.foreign.Arena;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host whose next sync fails, and which takes the pages for clean then, as Linux does. */
class LostWritesTest {
    private static final int BYTES = 4096;

    @TempDir
    private Path folder;

    /** An engine whose files fail their next sync with an error of the test's choice. */
    private static final class ForgetfulHost implements HostFileEngine, AutoCloseable {
        private final ThreadsFileEngine inner = new ThreadsFileEngine();
        private int failNextSync;

        @Override
        public String aio() {
            return "threads";
        }

        @Override
        public String unavailableReason() {
            return null;
        }

        @Override
        public HostFile awaitOpen(String path, OpenFlags flags) throws HostIoException {
            HostFile file = inner.awaitOpen(path, flags);
            return (HostFile) Proxy.newProxyInstance(HostFile.class.getClassLoader(),
                    new Class<?>[] {HostFile.class}, (_, method, args) -> {
                        boolean sync = method.getName().equals("flush")
                                || method.getName().equals("pwritev") && (boolean) args[4];
                        if (sync && failNextSync != 0) {
                            int errno = failNextSync;
                            failNextSync = 0;
                            throw new HostIoException(errno, "sync of " + path);
                        }
                        try {
                            return method.invoke(file, args);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }

        @Override
        public boolean serves(HostFile file) {
            return Proxy.isProxyClass(file.getClass());
        }

        @Override
        public void close() {
            inner.close();
        }
    }

    private interface Body {
        void run(OnGraph on, ForgetfulHost host, FileDriver driver, BlockBackend disk,
                IoVector data) throws Exception;
    }

    private BlockdevOptions options(boolean direct) {
        return new BlockdevOptions("file", "disk", null, new CacheOptions(direct, null), null, null,
                null, null, new FileOptions(folder.resolve("a.img").toString(), null, null, null,
                        null, null));
    }

    private void with(boolean direct, Body body) throws Exception {
        Files.write(folder.resolve("a.img"), new byte[BYTES]);
        try (ForgetfulHost host = new ForgetfulHost(); Arena arena = Arena.ofShared()) {
            FileDriver driver = new FileDriver("file", new FileEngines(host));
            OnGraph.run(new EpollPollerFactory(), on -> {
                on.graph.addDriver(driver);
                on.graph.awaitAdd(options(direct));
                body.run(on, host, driver, attach(on),
                        IoVector.of(arena.allocate(BYTES, 4096)));
            });
        }
    }

    private static BlockBackend attach(OnGraph on) throws BlockException {
        return on.graph.awaitAttach("blk", new BlockdevRef.ByName("disk"),
                new Permissions(Permissions.READ_WRITE, Permissions.ALL), on.loops.main());
    }

    private static void assertLost(BlockBackend disk, BlockException.Kind kind) {
        BlockException e = assertThrows(BlockException.class, disk::flush);
        assertEquals(kind, e.kind());
        assertTrue(e.getMessage().contains("may be lost"), e.getMessage());
    }

    @Test
    void noFlushSucceedsAfterOneThatFailedUntilTheNodeIsOpenedAnew() throws Exception {
        with(false, (on, host, _, disk, data) -> {
            disk.pwritev(0, BYTES, data, 0, 0);
            host.failNextSync = Errno.ENOSPC;
            assertEquals(BlockException.Kind.NO_SPACE,
                    assertThrows(BlockException.class, disk::flush).kind());
            assertLost(disk, BlockException.Kind.NO_SPACE);
            disk.pwritev(0, BYTES, data, 0, 0); // what asks for no stability still works
            assertThrows(BlockException.class,
                    () -> disk.pwritev(0, BYTES, data, 0, RequestFlags.FUA));
            assertLost(disk, BlockException.Kind.NO_SPACE);
            disk.awaitClose();
            on.graph.awaitDelete("disk");
            on.graph.awaitAdd(options(false));
            BlockBackend again = attach(on);
            again.pwritev(0, BYTES, data, 0, RequestFlags.FUA);
            again.flush();
        });
    }

    @Test
    void writeWhoseSyncFailedCountsOneThatWasRefusedDoesNot() throws Exception {
        with(false, (_, host, _, disk, data) -> {
            host.failNextSync = Errno.ENOSPC;
            assertThrows(BlockException.class,
                    () -> disk.pwritev(0, BYTES, data, 0, RequestFlags.FUA));
            disk.flush();
            disk.pwritev(0, BYTES, data, 0, 0);
            host.failNextSync = Errno.EIO;
            assertThrows(BlockException.class,
                    () -> disk.pwritev(0, BYTES, data, 0, RequestFlags.FUA));
            assertLost(disk, BlockException.Kind.IO);
        });
    }

    @Test
    void nextVersionOfTheDriverKnows() throws Exception {
        with(false, (on, host, driver, disk, data) -> {
            disk.pwritev(0, BYTES, data, 0, 0);
            host.failNextSync = Errno.EIO;
            assertThrows(BlockException.class, disk::flush);
            on.graph.awaitRemoveDriver(driver);
            on.graph.addDriver(new FileDriver("file", new FileEngines(host)));
            on.settle();
            assertLost(disk, BlockException.Kind.IO);
        });
    }

    @Test
    void withoutAPageCacheAFlushMayBeRepeated() throws Exception {
        with(true, (_, host, _, disk, data) -> {
            disk.pwritev(0, BYTES, data, 0, 0);
            host.failNextSync = Errno.EIO;
            assertThrows(BlockException.class, disk::flush);
            disk.flush();
        });
    }
}
