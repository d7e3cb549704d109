package io.backplane.hostio.nio;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.backplane.hostio.HostFile;
import io.backplane.hostio.OpenFlags;
import io.backplane.memory.IoVector;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NioFileTest {
    @TempDir
    private Path folder;

    @Test
    void lengthFollowsWritesAndTruncationWithoutAskingTheChannel() throws Exception {
        Path path = Files.write(folder.resolve("f"), new byte[100]);
        HostFile file = new NioFileEngine().awaitOpen(path.toString(), OpenFlags.READ_WRITE);
        assertEquals(100, file.length());
        try (Arena arena = Arena.ofConfined()) {
            IoVector vector = IoVector.of(arena.allocate(50));
            file.pwritev(vector, 0, 50, 10, false);
            assertEquals(100, file.length());
            file.pwritev(vector, 0, 50, 90, true);
            assertEquals(140, file.length());
        }
        file.truncate(1000);
        assertEquals(1000, file.length());
        assertEquals(1000, Files.size(path));
        file.truncate(7);
        assertEquals(7, Files.size(path));
        file.close();
        assertEquals(7, file.length(), "a closed channel would not have answered");
    }
}
