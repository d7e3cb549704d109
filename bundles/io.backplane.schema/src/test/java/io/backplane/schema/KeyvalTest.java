package io.backplane.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyvalTest {

    @Test
    void dottedKeysNest() throws OptionException {
        assertEquals(Map.of("driver", "qcow2", "file", Map.of("driver", "file", "filename", "x")),
                Keyval.parse("driver=qcow2,file.driver=file,file.filename=x", null));
    }

    @Test
    void firstPartMayLackItsKey() throws OptionException {
        assertEquals(Map.of("driver", "raw", "x", "y=z"), Keyval.parse("raw,x=y=z", "driver"));
        assertEquals(Map.of("driver", "a,b"), Keyval.parse("a,,b", "driver"));
    }

    @Test
    void doubledCommasAreCommas() throws OptionException {
        assertEquals(Map.of("a", "x,y", "b", ",", "c", ""), Keyval.parse("a=x,,y,b=,,,c=", null));
    }

    @Test
    void numbersInKeysMakeLists() throws OptionException {
        assertEquals(Map.of("c", List.of("x", Map.of("d", "y"))),
                Keyval.parse("c.1.d=y,c.0=x", null));
    }

    @Test
    void lastOfEqualKeysWinsAndEmptyIsEmpty() throws OptionException {
        assertEquals(Map.of("a", "2"), Keyval.parse("a=1,a=2", null));
        assertEquals(Map.of(), Keyval.parse("", "driver"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "null-co,node-name=x,node-name|Expected '=' after parameter 'node-name'",
        "raw,1x=x|Invalid parameter '1x'",
        "=x|Invalid parameter ''",
        "driver=raw,file.=1|Invalid parameter 'file.'",
        "driver=raw,file=a,file.driver=b|Parameters 'file.*' used inconsistently",
        "driver=raw,file.driver=b,file=a|Parameters 'file.*' used inconsistently",
        "children.1=a|Parameter 'children.0' missing",
        "children.0=a,children.b=a|Parameters 'children.*' used inconsistently",
    })
    void mistakesReadAsQemus(String text, String message) {
        assertEquals(message, assertThrows(OptionException.class,
                () -> Keyval.parse(text, "driver")).getMessage());
    }

    @Test
    void sizesHaveUnits() {
        assertEquals(65536, Size.parse("64k"));
        assertEquals(1 << 20, Size.parse("1M"));
        assertEquals(3L << 29, Size.parse("1.5G"));
        assertEquals(512, Size.parse("0x200"));
        assertEquals(1L << 60, Size.parse("1E"));
        assertEquals(7, Size.parse("7B"));
        for (String bad : List.of("", "k", "1kk", "-1", "1.5.5", "8E", "0x", "1x", " 1")) {
            assertEquals(-1, Size.parse(bad), bad);
        }
    }
}
