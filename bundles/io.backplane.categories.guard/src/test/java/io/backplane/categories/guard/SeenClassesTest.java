package io.backplane.categories.guard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What is remembered of classes. */
class SeenClassesTest {
    private final SeenClasses<String> seen = new SeenClasses<>();

    private static List<byte[]> classes(int content) {
        return List.of(new byte[] {1, 2}, new byte[] {(byte) content});
    }

    @Test
    void sameContentIsFoundAsLongAsItStands() {
        seen.add(classes(7), "good");

        assertEquals("good", seen.find(classes(7), _ -> true));
        assertNull(seen.find(classes(7), _ -> false));
        assertNull(seen.find(classes(8), _ -> true));
    }

    @Test
    void onlySoManyAreKeptAndTheLatestOfThem() {
        for (int i = 0; i < 100; i++) {
            seen.add(classes(i), "of " + i);
            seen.find(classes(0), _ -> true);
        }

        assertEquals("of 0", seen.find(classes(0), _ -> true), "it was asked for");
        assertEquals("of 99", seen.find(classes(99), _ -> true));
        assertNull(seen.find(classes(1), _ -> true));
    }
}
