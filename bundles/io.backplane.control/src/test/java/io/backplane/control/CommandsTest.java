package io.backplane.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.boot.StartupOption;
import io.backplane.qmp.QmpException;
import io.backplane.rules.Rule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class CommandsTest {
    private static final String EMPTY = "{\"return\": {}}";

    private final ControlFixture daemon = new ControlFixture();

    @AfterEach
    void close() throws Exception {
        daemon.close();
    }

    private static String error(String message) {
        return "{\"error\": {\"class\": \"GenericError\", \"desc\": \"" + message + "\"}}";
    }

    private String ask(String name, String arguments) throws Exception {
        return daemon.ask("{'execute':'" + name + "','arguments':" + arguments + "}");
    }

    private void awaitJob(String id) throws Exception {
        String concluded = "{\"id\": \"" + id + "\", \"status\": \"concluded\"}";
        while (!daemon.eventData("JOB_STATUS_CHANGE").contains(concluded)) {
            Thread.sleep(1);
        }
    }

    @Test
    void imagesAreCreatedOpenedResizedAndClosed(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("a.qcow2");
        assertEquals(EMPTY, ask("blockdev-create", "{'job-id':'j','options':{'driver':'file',"
                + "'filename':'" + file + "','size':0}}"));
        awaitJob("j");
        assertEquals(EMPTY, ask("job-dismiss", "{'id':'j'}"));
        assertEquals(EMPTY, ask("blockdev-add", "{'driver':'file','node-name':'f','filename':'"
                + file + "'}"));
        assertEquals(EMPTY, ask("blockdev-create", "{'job-id':'k','options':{'driver':'qcow2',"
                + "'file':'f','size':1048576}}"));
        awaitJob("k");
        assertEquals("{\"return\": [{\"id\": \"k\", \"type\": \"create\", \"status\": "
                + "\"concluded\", \"current-progress\": 1, \"total-progress\": 1}]}",
                ask("query-jobs", "{}").replaceAll("progress\": [0-9]+", "progress\": 1"));
        assertEquals(EMPTY, ask("job-dismiss", "{'id':'k'}"));
        assertEquals(EMPTY, ask("blockdev-add", "{'driver':'qcow2','node-name':'q','file':'f'}"));
        assertEquals(EMPTY, ask("block_resize", "{'node-name':'q','size':2097152}"));
        String nodes = ask("query-named-block-nodes", "{'flat':true}");
        assertTrue(nodes.contains("\"virtual-size\": 2097152"), nodes);
        assertTrue(nodes.contains("\"format-specific\": {\"type\": \"qcow2\""), nodes);
        assertTrue(ask("blockdev-del", "{'node-name':'f'}").contains("error"));
        assertEquals(EMPTY, ask("blockdev-del", "{'node-name':'q'}"));
        assertEquals(EMPTY, ask("blockdev-del", "{'node-name':'f'}"));
        assertEquals("{\"return\": []}", ask("query-named-block-nodes", "{}"));
    }

    @Test
    void aJobTellsItsStates(@TempDir Path folder) throws Exception {
        ask("blockdev-create", "{'job-id':'j','options':{'driver':'file','filename':'"
                + folder.resolve("x") + "','size':10}}");
        awaitJob("j");
        ask("job-dismiss", "{'id':'j'}");
        assertEquals(List.of("created", "running", "waiting", "pending", "concluded", "null")
                .stream().map(s -> "{\"id\": \"j\", \"status\": \"" + s + "\"}").toList(),
                daemon.eventData("JOB_STATUS_CHANGE"));
    }

    @Test
    void aFailedJobKeepsItsReasonUntilItIsDismissed() throws Exception {
        assertEquals(EMPTY, ask("blockdev-create", "{'job-id':'j','options':{'driver':'file',"
                + "'filename':'/nonexistent/x','size':10}}"));
        awaitJob("j");
        String jobs = ask("query-jobs", "{}");
        assertTrue(jobs.contains("No such file or directory"), jobs);
        assertEquals(List.of("created", "running", "aborting", "concluded").stream()
                .map(s -> "{\"id\": \"j\", \"status\": \"" + s + "\"}").toList(),
                daemon.eventData("JOB_STATUS_CHANGE"));
        assertEquals(error("Job ID 'j' already in use"), ask("blockdev-create",
                "{'job-id':'j','options':{'driver':'file','filename':'/x','size':10}}"));
    }

    /** QEMU names the last part of the place only. */
    @Test
    void aNestedMistakeIsNamedByItsWholePlace() throws Exception {
        assertEquals(error("Parameter 'options.driver' does not accept value 'bogus'"),
                ask("blockdev-create", "{'job-id':'j','options':{'driver':'bogus'}}"));
    }

    @Test
    void exportsComeAndGo() throws Exception {
        ask("blockdev-add", "{'driver':'null-co','node-name':'n'}");
        ask("object-add", "{'qom-type':'iothread','id':'io0'}");
        String add = "{'type':'vhost-user-blk','id':'e','node-name':'n','iothread':'io0',"
                + "'addr':{'type':'unix','path':'/x'}}";
        assertEquals(EMPTY, ask("block-export-add", add));
        assertEquals("io0", daemon.exports.requests.getFirst().contexts().getFirst().name());
        assertEquals(error("Block export id 'e' is already in use"), ask("block-export-add", add));
        assertEquals("{\"return\": [{\"id\": \"e\", \"type\": \"vhost-user-blk\", \"node-name\": "
                + "\"n\", \"shutting-down\": false}]}", ask("query-block-exports", "{}"));
        assertEquals(error("object 'io0' is in use, can not be deleted"),
                ask("object-del", "{'id':'io0'}"));
        daemon.exports.hasClient = true;
        assertTrue(ask("block-export-del", "{'id':'e'}").contains("still in use"));
        assertEquals(EMPTY, ask("block-export-del", "{'id':'e','mode':'hard'}"));
        assertEquals(List.of("{\"id\": \"e\"}"), daemon.eventData("BLOCK_EXPORT_DELETED"));
        assertEquals(EMPTY, ask("object-del", "{'id':'io0'}"));
    }

    @Test
    void anExportThatEndsByItselfIsForgotten() throws Exception {
        ask("blockdev-add", "{'driver':'null-co','node-name':'n'}");
        ask("block-export-add", "{'type':'vhost-user-blk','id':'e','node-name':'n',"
                + "'addr':{'type':'unix','path':'/x'}}");
        daemon.inMain(() -> {
            daemon.exports.requests.getFirst().ended().run();
            return null;
        });
        while (daemon.eventData("BLOCK_EXPORT_DELETED").isEmpty()) {
            Thread.sleep(1);
        }
        assertEquals("{\"return\": []}", ask("query-block-exports", "{}"));
        assertEquals(EMPTY, ask("blockdev-del", "{'node-name':'n'}"));
    }

    @Test
    void exportsComeBackWithTheirType() throws Exception {
        ask("blockdev-add", "{'driver':'null-co','node-name':'n'}");
        ask("block-export-add", "{'type':'vhost-user-blk','id':'e','node-name':'n',"
                + "'addr':{'type':'unix','path':'/x'}}");
        String before = ask("query-block-exports", "{}");
        daemon.control.exports().remove(daemon.exports);
        daemon.inMain(() -> {
            daemon.control.exports().awaitOrphan("vhost-user-blk");
            return null;
        });
        assertEquals("{\"return\": []}", ask("query-block-exports", "{}"));
        daemon.control.exports().add(daemon.exports);
        while (!before.equals(ask("query-block-exports", "{}"))) {
            Thread.sleep(1);
        }
    }

    /** Both finish, whoever comes first. */
    @Test
    @Rule({"M5", "E9", "R-BLOCK-RESIZE-DRAIN"})
    void aResizeAndADrainDoNotWaitForEachOther(@TempDir Path folder) throws Exception {
        daemon.start(new StartupOption(StartupOption.DEFAULT, folder.toString()));
        for (int i = 1; i <= 20; i++) {
            long size = (10L << 30) + ((long) i << 26);
            java.util.concurrent.CompletableFuture<String> resized =
                    new java.util.concurrent.CompletableFuture<>();
            daemon.loops().main().spawn(() -> {
                try {
                    resized.complete(io.backplane.schema.Json.write(
                            daemon.dispatcher.awaitExecute("block_resize", java.util.Map.of(
                                    "node-name", "disk", "size", size),
                                    io.backplane.qmp.QmpSession.operator("resize"))));
                } catch (QmpException e) {
                    resized.completeExceptionally(e);
                }
            });
            daemon.inMain(() -> {
                try (var _ = daemon.graph.awaitAllDrained()) {
                    io.backplane.aio.Coroutine.awaitYield();
                }
                return null;
            });
            assertEquals("{}", resized.get(10, java.util.concurrent.TimeUnit.SECONDS));
        }
    }

    @Test
    @Rule("G7")
    void aDeletedFileIsFreeAtOnce(@TempDir Path folder) throws Exception {
        Path image = folder.resolve("image");
        Files.write(image, new byte[1 << 16]);
        String file = "{'driver':'raw','node-name':'r','file':{'driver':'file','filename':'"
                + image + "','locking':'on'}}";
        for (int i = 0; i < 20; i++) {
            assertEquals(EMPTY, ask("blockdev-add", file));
            daemon.inMain(() -> daemon.graph.awaitAttach("w", new io.backplane.block.BlockdevRef
                    .ByName("r"), new io.backplane.block.Permissions(
                    io.backplane.block.Permissions.READ_WRITE, 0), daemon.loops().main()));
            daemon.inMain(() -> {
                daemon.graph.backends().getFirst().awaitClose();
                return null;
            });
            assertEquals(EMPTY, ask("blockdev-del", "{'node-name':'r'}"));
        }
    }

    @Test
    @Rule("D10")
    void commandsGoOnInsideADrainThatIsHeld(@TempDir Path folder) throws Exception {
        daemon.start(new StartupOption(StartupOption.DEFAULT, folder.toString()));
        var section = daemon.inMain(() -> daemon.graph.awaitDrained(daemon.graph.find("disk")));
        for (int i = 0; i < 5; i++) {
            assertTrue(ask("query-drain", "{}").contains("disk"));
            assertTrue(ask("query-named-block-nodes", "{}").contains("\"node-name\": \"disk\""));
            assertEquals(EMPTY, ask("blockdev-add", "{'driver':'null-co','node-name':'n'}"));
            assertEquals(EMPTY, ask("block-export-add", "{'type':'vhost-user-blk','id':'e',"
                    + "'node-name':'n','addr':{'type':'unix','path':'/x'}}"));
            assertEquals(EMPTY, ask("block-export-del", "{'id':'e','mode':'hard'}"));
            daemon.inMain(() -> {
                daemon.control.exports().awaitOrphan("vhost-user-blk");
                return null;
            });
            assertEquals(EMPTY, ask("blockdev-del", "{'node-name':'n'}"));
            assertEquals(EMPTY, ask("object-add", "{'qom-type':'iothread','id':'t'}"));
            assertEquals(EMPTY, ask("object-del", "{'id':'t'}"));
        }
        daemon.inMain(() -> {
            section.close();
            return null;
        });
        assertFalse(ask("query-drain", "{}").contains("disk"));
    }

    @Test
    void quitIsAnsweredThenSaidThenDone() throws Exception {
        assertEquals(EMPTY, ask("quit", "{}"));
        daemon.inMain(() -> null);
        assertTrue(daemon.stopAsked);
        assertEquals(List.of("{\"guest\": false, \"reason\": \"host-qmp-quit\"}"),
                daemon.eventData("SHUTDOWN"));
    }

    @Test
    void stoppingClosesEverything(@TempDir Path folder) throws Exception {
        daemon.start(new StartupOption(StartupOption.DEFAULT, folder.toString()));
        assertTrue(Files.exists(folder.resolve("qmp.sock")));
        daemon.inMain(() -> {
            daemon.control.awaitStop(true);
            return null;
        });
        assertEquals("{\"return\": []}", ask("query-block-exports", "{}"));
        assertEquals("{\"return\": []}", ask("query-named-block-nodes", "{}"));
        assertEquals("{\"return\": []}", ask("query-iothreads", "{}"));
    }

    @Test
    void embeddedDefaultMakesItsDiskOnce(@TempDir Path folder) throws Exception {
        String summary = daemon.start(new StartupOption(StartupOption.DEFAULT,
                folder.toString()));
        assertTrue(summary.contains("vhost-user-blk-pci"), summary);
        assertTrue(summary.contains(folder.resolve("qmp.sock").toString()), summary);
        assertTrue(ask("query-named-block-nodes", "{}").contains("\"virtual-size\": 10737418240"));
        assertFalse(Files.exists(folder.resolve("disk.qcow2.part")));
        daemon.inMain(() -> {
            daemon.control.awaitStop(false);
            daemon.monitor.close();
            return null;
        });
        Object made = Files.getAttribute(folder.resolve("disk.qcow2"), "unix:ino");
        ControlFixture again = new ControlFixture();
        try {
            again.start(new StartupOption(StartupOption.DEFAULT, folder.toString()));
        } finally {
            again.close();
        }
        assertEquals(made, Files.getAttribute(folder.resolve("disk.qcow2"), "unix:ino"));
    }

    @Test
    void commandLineIsExecutedInItsOrderAndNamesItsMistake() throws Exception {
        assertEquals("", daemon.start(
                new StartupOption("object", "iothread,id=io0,poll-max-ns=0"),
                new StartupOption("blockdev", "null-co,node-name=n,size=64k"),
                new StartupOption("blockdev", "{\"driver\":\"raw\",\"node-name\":\"r\","
                        + "\"file\":\"n\"}"),
                new StartupOption("export", "vhost-user-blk,id=e,node-name=r,addr.type=unix,"
                        + "addr.path=/x,iothread=io0")));
        assertEquals(1, daemon.exports.requests.size());
        QmpException refused = assertThrows(QmpException.class, () -> daemon.start(
                new StartupOption("blockdev", "null-co,node-name=m,bogus=1")));
        assertEquals("--blockdev null-co,node-name=m,bogus=1: Parameter 'bogus' is unexpected",
                refused.getMessage());
        refused = assertThrows(QmpException.class, () -> daemon.start(
                new StartupOption("nbd-server", "addr.type=unix")));
        assertEquals("--nbd-server addr.type=unix: this distribution has no --nbd-server",
                refused.getMessage());
        refused = assertThrows(QmpException.class, () -> daemon.start(
                new StartupOption("monitor", "chardev=nono")));
        assertEquals("--monitor chardev=nono: chardev \"nono\" not found", refused.getMessage());
    }

    @Test
    void jsonPseudoNamesMayUseDots() throws Exception {
        JsonFilenameParser parser = new JsonFilenameParser(daemon.dispatcher.branches());
        assertEquals(parser.parse("{'driver':'raw','file':{'driver':'null-co','size':512}}"),
                parser.parse("{'driver':'raw','file.driver':'null-co','file.size':512}"));
        assertThrows(io.backplane.block.BlockException.class,
                () -> parser.parse("{'driver':'raw','file':'x','file.driver':'null-co'}"));
    }

    @Test
    void everyCommandOfTheIssueIsThere() {
        for (String name : ("qmp_capabilities query-version query-commands query-qmp-schema "
                + "query-status quit object-add object-del query-iothreads blockdev-add "
                + "blockdev-del blockdev-reopen blockdev-create query-named-block-nodes "
                + "query-block query-blockstats x-debug-query-block-graph block_resize "
                + "block-export-add block-export-del query-block-exports job-dismiss query-jobs")
                .split(" ")) {
            assertTrue(daemon.dispatcher.commands().containsKey(name), name);
        }
    }
}
