package io.backplane.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataFolderTest {

    @Test
    void lockFileHoldsTheProcessId(@TempDir Path folder) throws Exception {
        try (DataFolder data = DataFolder.open(folder.resolve("a/b"))) {
            assertEquals(ProcessHandle.current().pid() + "\n",
                    Files.readString(data.path().resolve("lock")));
        }
        assertEquals("", Files.readString(folder.resolve("a/b/lock")));
    }

    @Test
    void privateFolderGoesWithItsOwner() throws Exception {
        Path path;
        try (DataFolder data = DataFolder.makePrivate()) {
            path = data.path();
            Files.writeString(data.emptyFolder("cache").resolve("x"), "x");
            assertTrue(Files.isDirectory(path));
        }
        assertFalse(Files.exists(path));
    }

    @Test
    void emptyFolderIsEmptied(@TempDir Path folder) throws Exception {
        try (DataFolder data = DataFolder.open(folder)) {
            Files.writeString(data.emptyFolder("cache").resolve("x"), "x");

            assertFalse(Files.exists(data.emptyFolder("cache").resolve("x")));
        }
    }

    @Test
    void pathThatIsAFileIsRefusedByName(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "x");

        assertTrue(assertThrows(LaunchException.class, () -> DataFolder.open(file))
                .getMessage().contains(file.toString()));
    }
}
