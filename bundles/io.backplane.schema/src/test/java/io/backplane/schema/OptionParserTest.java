package io.backplane.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.backplane.schema.Samples.Cache;
import io.backplane.schema.Samples.Colour;
import io.backplane.schema.Samples.FileOptions;
import io.backplane.schema.Samples.Node;
import io.backplane.schema.Samples.NullOptions;
import io.backplane.schema.Samples.Picky;
import io.backplane.schema.Samples.RawOptions;
import io.backplane.schema.Samples.Ref;
import io.backplane.schema.Samples.StrictRef;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptionParserTest {
    private final OptionParser parser = new OptionParser(Samples::branches);

    private Node node(String text) throws OptionException {
        return parser.parseText(Node.class, text, "driver");
    }

    @Test
    void unionsTakeTheMembersOfTheirBranch() throws OptionException {
        assertEquals(new Node("raw", "n", new Cache(true, null), true, Colour.DARK_BLUE,
                new RawOptions(new StrictRef.Inline(new Node("file", null, null, null, null,
                        new FileOptions("x", 2.0))), new Ref.None(), 512L, 3,
                        List.of(new StrictRef.ByName("a")))),
                node("{'driver':'raw','node-name':'n','cache':{'direct':true},'read-only':true,"
                + "'colour':'dark-blue','file':{'driver':'file','filename':'x','ratio':2},"
                + "'backing':null,'offset':512,'count':3,'children':['a']}"));
    }

    @Test
    void keyvalGivesTheSameRecord() throws OptionException {
        assertEquals(node("{'driver':'raw','cache':{'no-flush':true},'colour':'x-green',"
                + "'file':'f','offset':65536,'children':['a','b'],'backing':null}"),
                node("raw,cache.no-flush=on,colour=x-green,file=f,offset=64k,"
                + "children.0=a,children.1=b,backing="));
    }

    @Test
    void whatIsMissingIsNullOrZero() throws OptionException {
        RawOptions raw = assertInstanceOf(RawOptions.class,
                node("{'driver':'raw','file':'f'}").options());
        assertEquals(new RawOptions(new StrictRef.ByName("f"), null, null, 0, null), raw);
        assertEquals(new NullOptions(), node("null-co").options());
    }

    @Test
    void recordsGoBackToTheTreeTheyCameFrom() throws OptionException {
        String text = "{\"driver\": \"raw\", \"cache\": {\"direct\": true}, \"colour\": \"red\", "
                + "\"file\": {\"driver\": \"file\", \"filename\": \"x\"}, \"backing\": null, "
                + "\"count\": 3, \"children\": [\"a\"]}";
        assertEquals(text, Json.write(RecordTree.of(node(text))));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "{}|Parameter 'driver' is missing",
        "{'driver':'foo'}|Parameter 'driver' does not accept value 'foo'",
        "{'driver':1}|Invalid parameter type for 'driver', expected: string",
        "{'driver':'null-co','bogus':1}|Parameter 'bogus' is unexpected",
        "{'driver':'null-co','read-only':1}"
            + "|Invalid parameter type for 'read-only', expected: boolean",
        "{'driver':'null-co','read-only':'on'}"
            + "|Invalid parameter type for 'read-only', expected: boolean",
        "{'driver':'null-co','colour':'foo'}|Parameter 'colour' does not accept value 'foo'",
        "{'driver':'null-co','cache':1}|Invalid parameter type for 'cache', expected: object",
        "{'driver':'null-co','cache':{'foo':true}}|Parameter 'cache.foo' is unexpected",
        "{'driver':'null-co','cache':{'direct':'x'}}"
            + "|Invalid parameter type for 'cache.direct', expected: boolean",
        "{'driver':'raw'}|Parameter 'file' is missing",
        "{'driver':'raw','file':1}|Invalid parameter type for 'file', expected: BlockdevRef",
        "{'driver':'raw','file':null}|Invalid parameter type for 'file', expected: BlockdevRef",
        "{'driver':'raw','file':{'driver':'file'}}|Parameter 'file.filename' is missing",
        "{'driver':'raw','file':{'driver':'file','filename':3}}"
            + "|Invalid parameter type for 'file.filename', expected: string",
        "{'driver':'raw','file':{'driver':'file','filename':'x','bar':3}}"
            + "|Parameter 'file.bar' is unexpected",
        "{'driver':'raw','file':'f','offset':'x'}"
            + "|Invalid parameter type for 'offset', expected: integer",
        "{'driver':'raw','file':'f','offset':1.5}"
            + "|Invalid parameter type for 'offset', expected: integer",
        "{'driver':'raw','file':'f','offset':-1}|Parameter 'offset' expects a size, not -1",
        "{'driver':'raw','file':'f','offset':9223372036854775808}"
            + "|Parameter 'offset' expects integer",
        "{'driver':'raw','file':'f','count':2147483648}|Parameter 'count' expects int32",
        "{'driver':'raw','file':'f','children':{'a':1}}"
            + "|Invalid parameter type for 'children', expected: array",
        "{'driver':'raw','file':'f','children':['a',1]}"
            + "|Invalid parameter type for 'children[1]', expected: BlockdevRef",
        "null-co,read-only=1|Parameter 'read-only' expects 'on' or 'off'",
        "raw,file=f,offset=1x"
            + "|Parameter 'offset' expects a size such as 65536, 64k or 1.5G, not '1x'",
        "raw,file=f,count=1k|Parameter 'count' expects integer",
        "raw,file.driver=file|Parameter 'file.filename' is missing",
        "raw,file=f,children.0.driver=x|Parameter 'children.0.driver' does not accept value 'x'",
        "|Parameter 'driver' is missing",
        "{'driver':'null-co',}|JSON parse error, expecting value",
    })
    void mistakesReadAsQemus(String text, String message) {
        assertEquals(message, assertThrows(OptionException.class,
                () -> node(text == null ? "" : text)).getMessage());
    }

    @Test
    void recordsMayRefuseValues() {
        OptionException refused = assertThrows(OptionException.class,
                () -> parser.parse(Picky.class, Map.of("even", 3L)));
        assertEquals("'even' must be even, not 3", refused.getMessage());
    }

    @Test
    void schemaDescribesExactlyWhatIsParsed() {
        Introspection schema = new Introspection(Samples::branches);
        schema.command("blockdev-add", Node.class, null, false);
        schema.command("query-nodes", null, TypeRef.listOf(Node.class), true);
        schema.event("GONE", Cache.class);
        String text = Json.write(schema.infos());
        List<Object> infos = schema.infos();
        java.util.Map<String, Map<?, ?>> byName = new java.util.HashMap<>();
        for (Object info : infos) {
            Map<?, ?> map = (Map<?, ?>) info;
            assertEquals(null, byName.put((String) map.get("name"), map), text);
        }
        Map<?, ?> node = byName.get(byName.get("blockdev-add").get("arg-type"));
        assertEquals("driver", node.get("tag"));
        assertEquals(3, ((List<?>) node.get("variants")).size());
        assertEquals("[" + byName.get("blockdev-add").get("arg-type") + "]",
                byName.get("query-nodes").get("ret-type"));
        for (Map<?, ?> info : byName.values()) {
            for (Object member : (List<?>) java.util.Objects.requireNonNullElse(
                    info.get("members"), List.of())) {
                Object type = ((Map<?, ?>) member).get("type");
                assertEquals(true, type == null || byName.containsKey(type), text);
            }
        }
    }
}
