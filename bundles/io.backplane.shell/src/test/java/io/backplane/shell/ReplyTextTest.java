package io.backplane.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.backplane.schema.Json;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

class ReplyTextTest {

    @Test
    void listOfObjectsIsATable() throws Exception {
        assertEquals("""
                id  addr.type  on   list
                a   unix       yes  1,2
                b              no
                """, text("[{'id': 'a', 'addr': {'type': 'unix'}, 'on': true, 'list': [1, 2]},"
                        + " {'id': 'b', 'on': false}]"));
    }

    @Test
    void objectIsLines() throws Exception {
        assertEquals("""
                name         x
                parts.0.a    1
                parts.1.b.c  2
                none         null
                """, text("{'name': 'x', 'parts': [{'a': 1}, {'b': {'c': 2}}], 'none': null}"));
    }

    @Test
    void whatIsEmptySaysSo() throws Exception {
        assertEquals("(none)\n", text("[]"));
        assertEquals("", text("{}"));
    }

    @Test
    void wideObjectsStandOneBelowTheOther() throws Exception {
        StringBuilder wide = new StringBuilder("{'k0': 0");
        for (int i = 1; i < 20; i++) {
            wide.append(", 'k").append(i).append("': ").append(i);
        }
        String text = text("[" + wide + "}, " + wide + "}]");

        assertEquals(41, text.lines().count());
        assertEquals("k0   0", text.lines().findFirst().orElseThrow());
    }

    private static String text(String json) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ReplyText.print(Json.parse(json.replace('\'', '"')), new PrintStream(bytes, true));
        return bytes.toString();
    }
}
