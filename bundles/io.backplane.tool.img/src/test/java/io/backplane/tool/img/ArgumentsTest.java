package io.backplane.tool.img;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ArgumentsTest {

    private static String parsed(String... args) throws ToolException {
        Arguments given = new Arguments(List.of(args), "f:qU", "output=", "shrink");
        return given.options() + " " + given.operands();
    }

    @Test
    void optionsMayFollowOperandsAndBeBundled() throws ToolException {
        assertEquals("[Given[name=q, value=null], Given[name=f, value=raw],"
                + " Given[name=output, value=json]] [a, b]",
                parsed("a", "-qfraw", "b", "--output", "json"));
    }

    @Test
    void longOptionsMayBeShortenedAndTwoDashesEndThem() throws ToolException {
        assertEquals("[Given[name=shrink, value=null], Given[name=output, value=x]] [-q]",
                parsed("--shr", "--out=x", "--", "-q"));
    }

    @Test
    void mistakesNameTheOption() {
        assertEquals("unrecognized option '-z'",
                assertThrows(ToolException.class, () -> parsed("-z")).getMessage());
        assertEquals("unrecognized option '--shrink=1'",
                assertThrows(ToolException.class, () -> parsed("--shrink=1")).getMessage());
        assertEquals("missing argument for option '-f'",
                assertThrows(ToolException.class, () -> parsed("-f")).getMessage());
    }

    @Test
    void sizesHaveThreeDigitsAndAUnit() {
        assertEquals("0 B", Sizes.human(0));
        assertEquals("999 B", Sizes.human(999));
        assertEquals("0.977 KiB", Sizes.human(1000));
        assertEquals("1 KiB", Sizes.human(1024));
        assertEquals("1.5 KiB", Sizes.human(1536));
        assertEquals("196 KiB", Sizes.human(196 << 10));
        assertEquals("0.977 MiB", Sizes.human(1000 << 10));
        assertEquals("10 GiB", Sizes.human(10L << 30));
        assertEquals("8 EiB", Sizes.human(Long.MAX_VALUE));
    }

    @Test
    void sizesAreReadWithUnits() throws ToolException {
        assertEquals(512, Sizes.parse("size", "512"));
        assertEquals(1L << 40, Sizes.parse("size", "1T"));
        assertEquals(3L << 19, Sizes.parse("size", "1.5M"));
        assertEquals(16, Sizes.parse("size", "0x10"));
        for (String bad : new String[] {"", "k", "1x", "-1", "9E", "99999999999999999999"}) {
            assertThrows(ToolException.class, () -> Sizes.parse("size", bad), bad);
        }
    }

    @Test
    void doubledCommasStandForOne() {
        Map<String, String> said = new LinkedHashMap<>();
        OptionText.parse("a=1,b=x,,y,c", said);
        assertEquals("{a=1, b=x,y, c=on}", said.toString());
    }

    @Test
    void runsOfZeroesEndAtBlocksOfTheDisk() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocate(200_000);
            data.set(ValueLayout.JAVA_BYTE, 150_000, (byte) 1);
            assertEquals(150_000, ZeroScan.firstNonZero(data, 0, 200_000));
            assertEquals(-1, ZeroScan.firstNonZero(data, 150_001, 49_999));
            assertEquals(-147_456, ZeroScan.run(data, 0, 200_000, 0, 4096));
            assertEquals(4096, ZeroScan.run(data, 147_456, 52_544, 147_456, 4096));
            assertEquals(-48_448, ZeroScan.run(data, 151_552, 48_448, 151_552, 4096));
            assertEquals(-146_956, ZeroScan.run(data, 0, 200_000, 500, 4096));
        }
    }
}
