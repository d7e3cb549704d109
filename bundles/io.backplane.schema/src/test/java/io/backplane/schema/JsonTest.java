package io.backplane.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonTest {

    /** Values and errors of a stream, in order; errors begin with '!'. */
    private static List<Object> stream(String text) {
        List<Object> seen = new ArrayList<>();
        JsonStream stream = new JsonStream(new JsonStream.Sink() {
            @Override
            public void value(Object tree) {
                seen.add(tree);
            }

            @Override
            public void error(String message) {
                seen.add("!" + message);
            }
        });
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < bytes.length; i++) {
            stream.feed(bytes, i, i + 1);
        }
        stream.end();
        return seen;
    }

    @Test
    void allTypesAreRead() throws OptionException {
        Map<String, Object> tree = Json.parseObject(
                "{'a': [1, -2, 0, 1.5, 1e2, true, false, null], \"b\": {}, 'c':[], "
                + "'d': 18446744073709551615, 'e': 9223372036854775808, 'f':\"\"}");
        assertEquals(java.util.Arrays.asList(1L, -2L, 0L, 1.5, 100.0, true, false, null),
                tree.get("a"));
        assertEquals(Map.of(), tree.get("b"));
        assertEquals(List.of(), tree.get("c"));
        assertEquals(new BigInteger("18446744073709551615"), tree.get("d"));
        assertEquals(List.of("a", "b", "c", "d", "e", "f"), List.copyOf(tree.keySet()));
    }

    @Test
    void escapesAreReadAndWritten() throws OptionException {
        assertEquals("\b\f\n\r\t\"'\\/é\uD83D\uDE00ü\u0000", Json.parse(
                "\"\\b\\f\\n\\r\\t\\\"\\'\\\\\\/\\u00e9\\uD83D\\uDE00ü\\u0000\""));
        assertEquals("\"\\u00E9\\n\\u0001\\u007F\\\"\\\\/\"", Json.write("é\n\u0001\u007f\"\\/"));
    }

    @Test
    void aWrittenTreeReadsBackTheSame() throws OptionException {
        String text = "{\"a\": [1, 2.5, null, true], \"b\": {\"c\": \"d\"}, \"e\": {}}";
        assertEquals(text, Json.write(Json.parse(text)));
        assertEquals(Json.parse(text), Json.parse(Json.writePretty(Json.parse(text))));
    }

    @Test
    void prettyTextLooksAsQemuPrintsIt() throws OptionException {
        assertEquals("""
                {
                    "a": [
                        1,
                        {
                        }
                    ],
                    "b": [
                    ]
                }""", Json.writePretty(Json.parse("{'a':[1,{}],'b':[]}")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', value = {
        "{\"execute\" \"x\"}~missing : in object pair",
        "{\"execute\":\"query-version\",}~expecting value",
        "{\"execute\":foo}~invalid keyword 'foo'",
        "{\"execute\":\"x\" \"y\"}~expected separator in dict",
        "{execute:1}~invalid keyword 'execute'",
        "[1 2]~expected separator in list",
        "{\"a\":1,\"a\":2}~duplicate key",
        "}~expecting value",
        "@~stray '@'",
        "{1:2}~key is not a string in object",
        "{\"a\":\"\\q\"}~invalid escape sequence in string",
        "{\"a\":\"\\ud800\"}~\\ud800 is not a valid Unicode character",
        "{\"a\":1e999}~number out of range '1e999'",
        "{\"a\":~premature EOI",
        "\"abc~stray '\"abc'",
        "-x~stray '-x'",
        "1.~stray '1.'",
    })
    void syntaxErrorsReadAsQemus(String text, String message) {
        assertEquals("JSON parse error, " + message,
                assertThrows(OptionException.class, () -> Json.parse(text)).getMessage());
    }

    @Test
    void aStreamGoesOnBehindAnError() {
        assertEquals(List.of("!JSON parse error, stray '01'", "!JSON parse error, expecting value",
                Map.of("b", 2L)), stream("{\"a\":01}\n{\"b\":2}"));
        assertEquals(List.of("!JSON parse error, stray '@'", List.of()), stream("@ junk \"x\n[]"));
    }

    @Test
    void valuesFollowOneAnotherWithoutSeparator() {
        assertEquals(java.util.Arrays.asList(Map.of(), List.of(1L), "a", 12L, true),
                stream("{}[1]'a'12 true"));
    }

    @Test
    void nestingIsLimited() {
        assertEquals("!JSON nesting depth limit exceeded", stream("[".repeat(1025)).get(0));
        assertEquals(1, stream("[".repeat(1024) + "]".repeat(1024)).size());
    }

    @Test
    void anEndlessStringIsRefused() {
        List<Object> seen = new ArrayList<>();
        JsonStream stream = new JsonStream(new JsonStream.Sink() {
            @Override
            public void value(Object tree) {
                seen.add("value");
            }

            @Override
            public void error(String message) {
                seen.add(message);
            }
        });
        byte[] chunk = new byte[1 << 20];
        java.util.Arrays.fill(chunk, (byte) 'x');
        stream.feed(new byte[] {'"'}, 0, 1);
        for (int i = 0; i < 65; i++) {
            stream.feed(chunk, 0, chunk.length);
        }
        stream.feed("\"\n12\n".getBytes(StandardCharsets.UTF_8), 0, 5);
        assertEquals(List.of("JSON token size limit exceeded", "value"), seen);
    }
}
