package io.backplane.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.backplane.shell.Samples.Add;
import io.backplane.shell.Samples.Batch;
import io.backplane.shell.Samples.Cache;
import io.backplane.shell.Samples.Del;
import io.backplane.shell.Samples.Discard;
import io.backplane.shell.Samples.FileOptions;
import io.backplane.shell.Samples.Qcow2Options;
import io.backplane.shell.Samples.Ref;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArgumentsTest {
    private static final Add QCOW2 = new Add("qcow2", "d", Discard.UNMAP, new Cache(true), true,
            new Qcow2Options(new Ref.Named("f"), 65_536L));

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '`', value = {
        "driver=qcow2,node-name=d,discard=unmap,cache.direct=on,read-only=on,file=f,cache-size=64k",
        "qcow2 f node-name=d discard=unmap cache.direct=on read-only=on cache-size=64k",
        "--driver qcow2 --node-name d --discard unmap --cache.direct --read-only --file f"
            + " --cache-size 64k",
        "--driver=qcow2 --node-name=d --discard=unmap --cache.direct=on --read-only on --file=f"
            + " --cache-size=64k",
        "qcow2 --read-only --cache.direct f --node-name d --discard unmap --cache-size 65536",
        "{\"driver\":\"qcow2\",\"node-name\":\"d\",\"discard\":\"unmap\","
            + "\"cache\":{\"direct\":true},\"read-only\":true,\"file\":\"f\",\"cache-size\":65536}",
        "qcow2 --cache {\"direct\":true} {\"node-name\":\"d\",\"discard\":\"unmap\"} file=f"
            + " --read-only --cache-size 64k"})
    void allFormsMeanTheSame(String line) {
        assertEquals(QCOW2, add(line.split(" ")));
    }

    @Test
    void jsonStandsWhereAnArgumentHasParts() {
        Add file = new Add("file", null, null, null, null, new FileOptions("/x,y"));

        assertEquals(new Ref.Inline(file), ((Qcow2Options) add("qcow2", "--file",
                "{\"driver\":\"file\",\"filename\":\"/x,y\"}").options()).file());
        assertEquals(new Ref.Inline(file), ((Qcow2Options) add("qcow2", "--file.driver", "file",
                "--file.filename", "/x,y").options()).file());
    }

    @Test
    void commaInTheValueOfAnOptionIsAComma() {
        assertEquals(new FileOptions("/a,b=c"), add("file", "--filename", "/a,b=c").options());
        assertEquals(new FileOptions("{x"), add("file", "--filename", "{x").options());
    }

    @Test
    void listsTakeWordsWithCommas() {
        assertEquals(new Batch("j", List.of("a", "b")), parse("batch", Batch.class,
                "j", "--nodes", "a,b"));
        assertEquals(new Batch("j", List.of("a")), parse("batch", Batch.class, "j", "nodes=a"));
        assertEquals(new Batch("j", List.of("a", "b")), parse("batch", Batch.class,
                "id=j,nodes.0=a,nodes.1=b"));
        assertEquals(new Batch("j", List.of("a", "b")), parse("batch", Batch.class, "j",
                "--nodes", "[\"a\", \"b\"]"));
    }

    @Test
    void requiredArgumentsMayStandAlone() {
        assertEquals(new Del("d"), parse("blockdev-del", Del.class, "d"));
        assertNull(Arguments.parse("query-it", null, Samples.BRANCHES, List.of()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "'';driver",
        "driver=nosuch;nosuch",
        "qcow2;file",
        "qcow2 f extra;extra",
        "qcow2 f --nosuch x;nosuch",
        "qcow2 f --node-name;--node-name",
        "qcow2 f cache-size=much;much",
        "qcow2 f discard=maybe;maybe",
        "qcow2 f =x;=x",
        "{\"driver\":;JSON"})
    void mistakesAreNamed(String line, String named) {
        UsageException mistake = assertThrows(UsageException.class,
                () -> add(line.isEmpty() ? new String[0] : line.split(" ")));

        assertEquals(true, mistake.getMessage().contains(named), mistake.getMessage());
    }

    @Test
    void wordsForACommandWithoutArgumentsAreRefused() {
        assertThrows(UsageException.class,
                () -> Arguments.parse("query-it", null, Samples.BRANCHES, List.of("x")));
    }

    private static Add add(String... words) {
        return (Add) parse("blockdev-add", Add.class, words);
    }

    private static Record parse(String command, Class<? extends Record> type, String... words) {
        return Arguments.parse(command, type, Samples.BRANCHES, List.of(words));
    }
}
