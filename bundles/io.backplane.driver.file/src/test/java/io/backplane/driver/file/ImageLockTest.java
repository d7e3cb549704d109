package io.backplane.driver.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backplane.block.BlockException;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.Permissions;
import io.backplane.block.backend.BlockBackend;
import io.backplane.driver.raw.RawDriver;
import io.backplane.driver.raw.RawOptions;
import io.backplane.hostio.threads.EpollPollerFactory;
import io.backplane.hostio.threads.ThreadsFileEngine;
import io.backplane.tck.OnGraph;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Image locks against the real qemu-img and qemu-io, both ways. */
class ImageLockTest {
    private static final int NO_WRITE = Permissions.ALL & ~2 & ~8;

    @TempDir
    Path folder;
    private Path image;

    @BeforeEach
    void needsQemu() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/qemu-io")), "no qemu-io");
        image = folder.resolve("disk.img");
        // qcow2 for QEMU, so that it allows no other writer; raw for us
        assertEquals("0 ", run(List.of("qemu-img", "create", "-q", "-f", "qcow2",
                image.toString(), "1M")));
    }

    private static String run(List<String> command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes());
        assertTrue(process.waitFor(20, TimeUnit.SECONDS));
        return process.exitValue() + " " + out;
    }

    private String qemuWrite() throws Exception {
        return run(List.of("qemu-io", "-f", "qcow2", "-c", "write 0 512", image.toString()));
    }

    private void with(OnGraph.Body body) throws Exception {
        OnGraph.run(new EpollPollerFactory(), on -> {
            on.graph.addDriver(new FileDriver("file", new FileEngines(new ThreadsFileEngine())));
            on.graph.addDriver(new RawDriver());
            body.run(on);
        });
    }

    private BlockdevOptions options(boolean readOnly, boolean forceShare,
            FileOptions.OnOffAuto locking) {
        FileOptions file = new FileOptions(image.toString(), locking, null, null, null, null);
        return new BlockdevOptions("raw", "disk", null, null, readOnly, null, forceShare, null,
                new RawOptions(new BlockdevRef.Inline(BlockdevOptions.of("file", null, file)),
                        null, null));
    }

    private static BlockBackend attach(OnGraph on, int used, int shared) throws BlockException {
        return on.graph.awaitAttach("blk", new BlockdevRef.ByName("disk"),
                new Permissions(used, shared), on.loops.main());
    }

    @Test
    void qemuCannotWriteWhatWeWriteAndCanAfterwards() throws Exception {
        with(on -> {
            on.graph.awaitAdd(options(false, false, null));
            BlockBackend blk = attach(on, Permissions.READ_WRITE, NO_WRITE);
            String refused = qemuWrite();
            assertTrue(refused.startsWith("1 ") && refused.contains("Failed to get \"write\" lock")
                    && refused.contains("Is another process using the image [" + image + "]?"),
                    refused);
            String info = run(List.of("qemu-img", "info", image.toString()));
            assertTrue(info.startsWith("1 ")
                    && info.contains("Failed to get shared \"write\" lock"), info);
            assertTrue(run(List.of("qemu-img", "info", "-U", image.toString())).startsWith("0 "));
            blk.awaitClose();
            assertTrue(qemuWrite().startsWith("0 "), "locks are still held");
        });
    }

    @Test
    void readersShareWithQemuReaders() throws Exception {
        with(on -> {
            on.graph.awaitAdd(options(true, false, null));
            attach(on, Permissions.READ, NO_WRITE);
            assertTrue(run(List.of("qemu-img", "info", image.toString())).startsWith("0 "));
            assertTrue(qemuWrite().contains("Failed to get \"write\" lock"));
        });
    }

    @Test
    void lockOfWhoIsGoneInAMomentIsWaitedFor() throws Exception {
        Process qemu = new ProcessBuilder("timeout", "-s", "KILL", "0.2", "qemu-io", "-f", "qcow2",
                image.toString()).redirectErrorStream(true).start();
        while (qemu.isAlive() && !locked()) {
            Thread.onSpinWait();
        }
        with(on -> {
            on.graph.awaitAdd(options(false, false, null));
            attach(on, Permissions.READ_WRITE, NO_WRITE).awaitClose();
        });
        qemu.waitFor();
    }

    private boolean locked() throws Exception {
        return run(List.of("qemu-io", "-f", "qcow2", "-c", "quit", image.toString()))
                .contains("Failed to get");
    }

    @Test
    void weCannotWriteWhatQemuWrites() throws Exception {
        Process qemu = new ProcessBuilder("qemu-io", "-f", "qcow2", image.toString())
                .redirectErrorStream(true).start();
        try {
            qemu.getOutputStream().write("write 0 512\n".getBytes());
            qemu.getOutputStream().flush();
            StringBuilder seen = new StringBuilder();
            while (seen.indexOf("wrote 512") < 0) {
                int c = qemu.getInputStream().read();
                assertTrue(c >= 0, seen::toString);
                seen.append((char) c);
            }
            with(on -> {
                on.graph.awaitAdd(options(false, false, null));
                BlockException e = assertThrows(BlockException.class,
                        () -> attach(on, Permissions.READ_WRITE, NO_WRITE));
                assertEquals("Failed to get \"write\" lock\nIs another process using the image ["
                        + image + "]?", e.getMessage());
                assertTrue(on.graph.backends().isEmpty());
                on.graph.awaitDelete("disk");
                on.graph.awaitAdd(options(false, false, FileOptions.OnOffAuto.OFF));
                attach(on, Permissions.READ_WRITE, NO_WRITE).awaitClose();
                on.graph.awaitDelete("disk");
                on.graph.awaitAdd(options(true, true, null));
                attach(on, Permissions.READ, Permissions.ALL);
            });
        } finally {
            qemu.getOutputStream().close();
            assertTrue(qemu.waitFor(20, TimeUnit.SECONDS));
        }
        with(on -> {
            on.graph.awaitAdd(options(false, false, null));
            attach(on, Permissions.READ_WRITE, NO_WRITE);
        });
    }
}
