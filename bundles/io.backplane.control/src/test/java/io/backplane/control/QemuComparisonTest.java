package io.backplane.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.backplane.schema.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The same requests to qemu-storage-daemon: the same answers, error classes and texts included. */
@Timeout(60)
class QemuComparisonTest {
    private static final String[] REQUESTS = {
        "nope",
        "query-version {'x':1}",
        "query-block",
        "query-blockstats",
        "query-block-exports",
        "query-jobs",
        "query-named-block-nodes",
        "blockdev-add",
        "blockdev-add {'driver':'foo'}",
        "blockdev-add {'driver':1}",
        "blockdev-add {'driver':'null-co'}",
        "blockdev-add {'driver':'null-co','node-name':'n0'}",
        "blockdev-add {'driver':'null-co','node-name':'n0'}",
        "blockdev-add {'driver':'null-co','node-name':'1bad'}",
        "blockdev-add {'driver':'null-co','node-name':'n1','size':'x'}",
        "blockdev-add {'driver':'null-co','node-name':'n1','size':1.5}",
        "blockdev-add {'driver':'null-co','node-name':'n1','bogus':1}",
        "blockdev-add {'driver':'null-co','node-name':'n1','read-only':1}",
        "blockdev-add {'driver':'null-co','node-name':'n1','read-only':'on'}",
        "blockdev-add {'driver':'null-co','node-name':1}",
        "blockdev-add {'driver':'null-co','node-name':'n1','discard':'foo'}",
        "blockdev-add {'driver':'null-co','node-name':'n1','cache':1}",
        "blockdev-add {'driver':'null-co','node-name':'n1','cache':{'foo':true}}",
        "blockdev-add {'driver':'null-co','node-name':'n1','cache':{'direct':'x'}}",
        "blockdev-add {'driver':'raw','node-name':'n1'}",
        "blockdev-add {'driver':'raw','node-name':'n1','file':1}",
        "blockdev-add {'driver':'raw','node-name':'n1','file':'nono'}",
        "blockdev-add {'driver':'raw','node-name':'n1','file':{'driver':'file'}}",
        "blockdev-add {'driver':'raw','node-name':'n1','file':{'driver':'file',"
            + "'filename':'/nonexistent/a'}}",
        "blockdev-add {'driver':'raw','node-name':'n1','file':{'driver':'file','filename':3}}",
        "blockdev-add {'driver':'raw','node-name':'n1','file':{'driver':'file','filename':'x',"
            + "'bar':3}}",
        "blockdev-del {'node-name':'nono'}",
        "blockdev-del",
        "blockdev-del {'node-name':'n0','b':1}",
        "blockdev-reopen {'options':[{'driver':'null-co','node-name':'zz'}]}",
        "blockdev-reopen {'options':[{'driver':'null-co'}]}",
        "object-add {'qom-type':'foo','id':'a'}",
        "object-add {'qom-type':'iothread'}",
        "object-add {'qom-type':'iothread','id':'io0','poll-max-ns':'x'}",
        "object-add {'qom-type':'iothread','id':'io0','poll-max-ns':-1}",
        "object-add {'qom-type':'iothread','id':'io0','foo':-1}",
        "object-add {'qom-type':'iothread','id':'1o'}",
        "object-add {'qom-type':'iothread','id':'io0'}",
        "object-add {'qom-type':'iothread','id':'io0'}",
        "object-del {'id':'io9'}",
        "object-del {'id':'io0'}",
        "block_resize {'size':1}",
        "block_resize {'size':1,'node-name':'zz'}",
        "block_resize {'size':1,'device':'zz'}",
        "block_resize {'size':1024,'node-name':'n0'}",
        "block-export-add {'type':'foo','id':'e','node-name':'n0'}",
        "block-export-add {'type':'vhost-user-blk','id':'e','node-name':'zz',"
            + "'addr':{'type':'unix','path':'vub'}}",
        "block-export-add {'type':'vhost-user-blk','id':'1e','node-name':'n0',"
            + "'addr':{'type':'unix','path':'vub'}}",
        "block-export-add {'type':'vhost-user-blk','id':'e','node-name':'n0',"
            + "'addr':{'type':'unix'}}",
        "block-export-add {'type':'vhost-user-blk','id':'e','node-name':'n0','iothread':'zz',"
            + "'addr':{'type':'unix','path':'vub'}}",
        "block-export-add {'type':'vhost-user-blk','id':'e','node-name':'n0',"
            + "'addr':{'type':'unix','path':'vub'}}",
        "block-export-add {'type':'vhost-user-blk','id':'e','node-name':'n0',"
            + "'addr':{'type':'unix','path':'vub2'}}",
        "query-block-exports",
        "blockdev-del {'node-name':'n0'}",
        "block-export-del {'id':'zz'}",
        "block-export-del {'id':'e','mode':'foo'}",
        "block-export-del {'id':'e'}",
        "block-export-del {'id':'e'}",
        "blockdev-del {'node-name':'n0'}",
        "job-dismiss {'id':'j0'}",
        "job-cancel {'id':'jz'}",
        "block-job-set-speed {'device':'jz','speed':1}",
        "blockdev-create {'job-id':'1j','options':{'driver':'file','filename':'f','size':1}}",
        "blockdev-create {'job-id':'j3','options':{'driver':'file'}}",
        "blockdev-create {'options':{'driver':'file'}}",
    };

    private static String request(String row) {
        int space = row.indexOf(' ');
        return space < 0 ? "{'execute':'" + row + "'}" : "{'execute':'" + row.substring(0, space)
                + "','arguments':" + row.substring(space + 1) + "}";
    }

    /** An answer without what is one program's own, members in the order of their names. */
    private static String normal(String reply) throws Exception {
        return Json.write(sorted(Json.parseObject(reply)));
    }

    private static Object sorted(Object tree) {
        return switch (tree) {
            case Map<?, ?> map -> {
                Map<String, Object> sorted = new java.util.TreeMap<>();
                map.forEach((key, value) -> sorted.put((String) key, sorted(value)));
                yield sorted;
            }
            case List<?> list -> list.stream().map(QemuComparisonTest::sorted).toList();
            case null, default -> tree;
        };
    }

    private static Process startQemu() {
        try {
            return new ProcessBuilder("qemu-storage-daemon", "--chardev", "stdio,id=c",
                    "--monitor", "chardev=c").redirectError(ProcessBuilder.Redirect.DISCARD)
                    .directory(new java.io.File(System.getProperty("java.io.tmpdir"))).start();
        } catch (IOException e) {
            return null;
        }
    }

    private static String reply(BufferedReader in) throws IOException {
        String line;
        do {
            line = in.readLine();
        } while (line != null && line.contains("\"event\""));
        return line;
    }

    @Test
    void answersAreTheSame() throws Exception {
        Process qemu = startQemu();
        assumeTrue(qemu != null, "qemu-storage-daemon is not installed");
        ControlFixture daemon = new ControlFixture();
        List<String> ours = new ArrayList<>();
        List<String> theirs = new ArrayList<>();
        try (BufferedReader in = qemu.inputReader(StandardCharsets.UTF_8);
                OutputStream out = qemu.getOutputStream()) {
            reply(in);
            out.write("{'execute':'qmp_capabilities'}\n".getBytes(StandardCharsets.UTF_8));
            out.flush();
            reply(in);
            for (String row : REQUESTS) {
                out.write((request(row) + "\n").getBytes(StandardCharsets.UTF_8));
                out.flush();
                theirs.add(row + "\n  " + normal(reply(in)));
                ours.add(row + "\n  " + normal(daemon.ask(request(row))));
            }
        } finally {
            qemu.destroyForcibly();
            daemon.close();
        }
        assertEquals(String.join("\n", theirs), String.join("\n", ours));
    }
}
