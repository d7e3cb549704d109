package io.backplane.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.backplane.boot.StartupOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line after a restart of bundles, in whatever order they come. */
class RestartTest {
    private static final StartupOption EXPORT = new StartupOption("export",
            "vhost-user-blk,id=e,node-name=d,addr.type=unix,addr.path=/x");

    @TempDir
    private Path folder;

    private Path image() {
        return folder.resolve("a.img");
    }

    private StartupOption blockdev() {
        return new StartupOption("blockdev", "file,node-name=d,filename=" + image());
    }

    @Test
    void whatIsMissingIsWaitedFor() throws Exception {
        ControlFixture daemon = new ControlFixture();
        try {
            daemon.inMain(() -> {
                daemon.control.exports().remove(daemon.exports);
                return null;
            });
            CompletableFuture<String> again = daemon.startAgain(blockdev(), EXPORT);
            Thread.sleep(50);
            Files.write(image(), new byte[512]);
            Thread.sleep(50);
            assertFalse(again.isDone());
            daemon.inMain(() -> {
                daemon.control.exports().add(daemon.exports);
                return null;
            });
            again.get(20, TimeUnit.SECONDS);
            assertEquals(1, daemon.exports.requests.size());
        } finally {
            daemon.close();
        }
    }

    @Test
    void stopEndsIt() throws Exception {
        ControlFixture daemon = new ControlFixture();
        CompletableFuture<String> again = daemon.startAgain(blockdev(), EXPORT);
        Thread.sleep(50);
        daemon.close();
        assertEquals("", again.get(20, TimeUnit.SECONDS));
    }

    @Test
    void exportOfATypeThatCameBackTooEarlyIsMadeLater() throws Exception {
        ControlFixture daemon = new ControlFixture();
        try {
            Files.write(image(), new byte[512]);
            daemon.start(blockdev(), EXPORT);
            daemon.inMain(() -> {
                daemon.control.exports().remove(daemon.exports);
                daemon.control.exports().awaitOrphan("vhost-user-blk");
                daemon.graph.awaitDelete("d");
                daemon.control.exports().add(daemon.exports);
                return null;
            });
            Thread.sleep(50);
            assertEquals(1, daemon.exports.requests.size());
            daemon.start(blockdev());
            for (int i = 0; i < 1000 && daemon.exports.requests.size() < 2; i++) {
                Thread.sleep(20);
            }
            assertEquals(2, daemon.exports.requests.size());
        } finally {
            daemon.close();
        }
    }
}
