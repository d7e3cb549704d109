package io.backplane.console;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonWordsTest {

    @Test
    void objectBecomesOneWord() {
        assertEquals("x '{\"driver\": \"raw\", \"file\": {\"driver\": \"file\"}}' --json",
                JsonWords.quote("x {\"driver\": \"raw\", \"file\": {\"driver\": \"file\"}} --json"));
    }

    @Test
    void objectAfterEqualsBecomesOneWord() {
        assertEquals("x file='{\"a\": [1, 2]}'", JsonWords.quote("x file={\"a\": [1, 2]}"));
    }

    @Test
    void quotesAndBracesInStringsStay() {
        assertEquals("x '{\"a\": \"it\\u0027s } \\\" {\"}'",
                JsonWords.quote("x {\"a\": \"it's } \\\" {\"}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nodes", "",
        "x '{\"a\": 1}'", "x \"{\\\"a\\\": 1}\"", "x { nodes; jobs }",
        "x {\"a\": 1", "x {\"a", "x a{\"b\": 1}", "{", "x '{", "\\"})
    void whatIsNoObjectOfItsOwnStays(String line) {
        assertEquals(line, JsonWords.quote(line));
    }
}
