package io.backplane.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompletionTest {
    private static final Names THERE = new Names() {
        @Override
        public List<String> forMember(String command, String member, boolean isNode,
                String typed) {
            return isNode || command.equals("blockdev-del") ? List.of("disk", "disk-file")
                    : member.equals("filename") ? List.of("/tmp/", "/tmp/x") : List.of();
        }

        @Override
        public List<String> forCommand(String command) {
            return command.equals("why") ? List.of("io.backplane.graph") : List.of();
        }
    };

    @ParameterizedTest
    @CsvSource(delimiter = ';', nullValues = "-", value = {
        "blo;blockdev-add blockdev-del",
        "felix:s;felix:start felix:stop",
        "bp:no;bp:nodes",
        "comp;-",
        "blockdev-add dri;driver=",
        "blockdev-add driver=;driver=file driver=qcow2",
        "blockdev-add driver=q;driver=qcow2",
        "blockdev-add q;qcow2",
        "blockdev-add --driver q;qcow2",
        "blockdev-add --driver=q;--driver=qcow2",
        "blockdev-add driver=qcow2,fi;driver=qcow2,file. driver=qcow2,file=",
        "blockdev-add driver=qcow2,file=di;driver=qcow2,file=disk driver=qcow2,file=disk-file",
        "blockdev-add driver=qcow2 file.dr;file.driver=",
        "blockdev-add qcow2 disk-;disk-file",
        "blockdev-add qcow2 --cache-;--cache-size",
        "blockdev-add qcow2 --file.driver file --file.f;--file.filename",
        "blockdev-add qcow2 --cache.direct --rea;--read-only",
        "blockdev-add discard=;discard=ignore discard=unmap",
        "blockdev-add cache.direct=;cache.direct=on cache.direct=off",
        "blockdev-add file filename=/t;filename=/tmp/ filename=/tmp/x",
        "blockdev-add nosuch=;-",
        "'blockdev-del ';disk disk-file node-name=",
        "qmp blockdev-d;blockdev-del",
        "qmp blockdev-del disk-;disk-file",
        "help query;query-it",
        "query-it --;--help --json",
        "nodes --j;--json",
        "why io;io.backplane.graph"})
    void lineGoesOn(String line, String expected) {
        List<String> values = values(line);

        assertEquals(expected == null ? List.of() : List.of(expected.split(" ")), values);
    }

    @Test
    void commandAfterASemicolonIsCompleted() {
        assertEquals(List.of("disk-file"), values("nodes; blockdev-del disk-"));
    }

    private static List<String> values(String line) {
        Completion completion = new Completion(Samples.commands(), Samples.BRANCHES,
                List.of("bp:blockdev-add", "bp:blockdev-del", "bp:nodes", "bp:complete",
                        "felix:start", "felix:stop"), THERE);
        return completion.of(Completion.words(line)).stream()
                .map(Completion.Candidate::value).toList();
    }
}
