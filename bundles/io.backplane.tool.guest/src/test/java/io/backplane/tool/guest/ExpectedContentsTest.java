package io.backplane.tool.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExpectedContentsTest {
    private final MemorySegment memory = Arena.ofAuto().allocate(8192, 8);
    private final ExpectedContents contents = ExpectedContents.unknown(77, 512, 100);

    @Test
    void unknownUnitsAreNotCompared() {
        assertNull(contents.check(memory, 0, 0, 16));
        assertEquals(0, contents.knownCount());
    }

    @Test
    void aSingleWrongByteIsFoundWithItsPlace() {
        int write = contents.newWrite();
        contents.fill(memory, 0, 10, 4, write);
        contents.set(10, 4, write);
        assertNull(contents.check(memory, 0, 10, 4));

        memory.set(ValueLayout.JAVA_BYTE, 2 * 512 + 333, (byte) 99);
        String wrong = contents.check(memory, 0, 10, 4);
        assertTrue(wrong.startsWith("at byte " + (12 * 512 + 328)), wrong);
    }

    @Test
    void anEarlierWriteIsNamed() {
        int first = contents.newWrite();
        int second = contents.newWrite();
        contents.fill(memory, 0, 3, 1, first);
        contents.set(3, 1, second);
        String wrong = contents.check(memory, 0, 3, 1);
        assertTrue(wrong.contains("expected write " + second + ", found write " + first
                + " of position 1536"), wrong);
    }

    @Test
    void aMisplacedWriteIsNamed() {
        int write = contents.newWrite();
        contents.fill(memory, 0, 7, 1, write);
        contents.set(8, 1, write);
        String wrong = contents.check(memory, 0, 8, 1);
        assertTrue(wrong.contains("of position 3584"), wrong);
    }

    @Test
    void zeroesAreCompared() {
        contents.set(0, 2, ExpectedContents.ZERO);
        assertNull(contents.check(memory, 0, 0, 2));
        memory.set(ValueLayout.JAVA_BYTE, 1023, (byte) 1);
        assertTrue(contents.check(memory, 0, 0, 2).contains("expected zeroes"));
    }

    @Test
    void aRecordSurvivesItsFile(@TempDir Path folder) throws IOException {
        contents.set(5, 3, contents.newWrite());
        Path file = folder.resolve("state");
        contents.save(file);
        ExpectedContents loaded = ExpectedContents.load(file);
        assertEquals(77, loaded.seed());
        assertEquals(512, loaded.unitBytes());
        assertEquals(contents.write(6), loaded.write(6));
        assertEquals(contents.newWrite(), loaded.newWrite());
        assertEquals(3, loaded.knownCount());
    }

    @Test
    void aDamagedRecordIsRefused(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("state");
        contents.save(file);
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 1));
        assertThrows(IOException.class, () -> ExpectedContents.load(file));
        bytes[0] ^= 1;
        Files.write(file, bytes);
        assertThrows(IOException.class, () -> ExpectedContents.load(file));
    }
}
