package io.backplane.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.qmp.QmpSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class QmpWireTest {
    private static final String EMPTY = "{\"return\": {}}";

    private final MonitorFixture fixture = new MonitorFixture();
    private Path path;

    @BeforeEach
    void listen(@TempDir Path folder) throws Exception {
        path = fixture.listen(folder, "");
    }

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    private static String error(String errorClass, String message) {
        return "{\"error\": {\"class\": \"" + errorClass + "\", \"desc\": \"" + message + "\"}}";
    }

    @Test
    void greetingComesFirstAndNegotiationNext() throws Exception {
        try (QmpClient client = new QmpClient(path)) {
            assertEquals("{\"QMP\": {\"version\": {\"qemu\": {\"major\": 7, \"minor\": 2, "
                    + "\"micro\": 0}, \"package\": \"Backplane 0.1.0\"}, "
                    + "\"capabilities\": [\"oob\"]}}", client.line());
            assertEquals(error("CommandNotFound",
                    "Expecting capabilities negotiation with 'qmp_capabilities'"),
                    client.ask("{\"execute\":\"ping\"}"));
            assertEquals(error("GenericError", "Parameter 'enable[0]' does not accept value 'x'"),
                    client.ask("{\"execute\":\"qmp_capabilities\",\"arguments\":"
                            + "{\"enable\":[\"x\"]}}"));
            assertEquals("{\"return\": {}, \"id\": {\"a\": [1, \"x\", null]}}",
                    client.ask("{\"execute\":\"qmp_capabilities\",\"id\":{\"a\":[1,\"x\",null]}}"));
            assertEquals(error("CommandNotFound",
                    "Capabilities negotiation is already complete, command ignored"),
                    client.ask("{\"execute\":\"qmp_capabilities\"}"));
        }
    }

    @Test
    void badRequestsAreAnsweredAsQemuDoes() throws Exception {
        String[][] table = {
            {"{\"execute\":\"nope\"}", "The command nope has not been found"},
            {"[1,2]", "QMP input must be a JSON object"},
            {"\"str\"", "QMP input must be a JSON object"},
            {"12", "QMP input must be a JSON object"},
            {"{}", "QMP input lacks member 'execute'"},
            {"{\"execute\":1}", "QMP input member 'execute' must be a string"},
            {"{\"execute\":\"ping\",\"foo\":1}", "QMP input member 'foo' is unexpected"},
            {"{\"execute\":\"ping\",\"arguments\":1}",
                "QMP input member 'arguments' must be an object"},
            {"{\"execute\":\"ping\",\"arguments\":{\"x\":1}}", "Parameter 'x' is unexpected"},
            {"{\"exec-oob\":\"ping\"}", "QMP input member 'exec-oob' is unexpected"},
            {"{\"execute\" \"x\"}", "JSON parse error, missing : in object pair"},
            {"@", "JSON parse error, stray '@'"},
            {"{\"execute\":\"echo\"}", "Parameter 'text' is missing"},
            {"{\"execute\":\"echo\",\"arguments\":{\"text\":1}}",
                "Invalid parameter type for 'text', expected: string"},
        };
        try (QmpClient client = QmpClient.negotiated(path)) {
            for (String[] row : table) {
                assertEquals(error(row[1].startsWith("The command") ? "CommandNotFound"
                        : "GenericError", row[1]), client.ask(row[0]), row[0]);
            }
            assertEquals("{\"return\": {\"text\": \"a\"}, \"id\": \"b\"}",
                    client.ask("{'execute':'echo','arguments':{'text':'a'},'id':'b'}"));
            assertEquals("{\"error\": {\"class\": \"GenericError\", \"desc\": "
                    + "\"QMP input member 'foo' is unexpected\"}, \"id\": null}",
                    client.ask("{\"execute\":\"ping\",\"foo\":1,\"id\":null}"));
        }
    }

    @Test
    void pipelinedRequestsAreAnsweredInOrder() throws Exception {
        try (QmpClient client = QmpClient.negotiated(path)) {
            StringBuilder many = new StringBuilder();
            for (int i = 0; i < 500; i++) {
                many.append("{\"execute\":\"echo\",\"arguments\":{\"text\":\"").append(i)
                        .append("\"},\"id\":").append(i).append(i % 3 == 0 ? "}\r\n" : "}");
            }
            client.send(many.toString());
            for (int i = 0; i < 500; i++) {
                assertEquals("{\"return\": {\"text\": \"" + i + "\"}, \"id\": " + i + "}",
                        client.line());
            }
        }
    }

    @Test
    void clientsTakeTurns() throws Exception {
        QmpClient first = QmpClient.negotiated(path);
        try (QmpClient second = new QmpClient(path)) {
            second.send("{\"execute\":\"qmp_capabilities\",\"id\":2}\n");
            assertEquals(EMPTY, first.ask("{\"execute\":\"ping\"}"));
            first.close();
            assertTrue(second.line().startsWith("{\"QMP\""));
            assertEquals("{\"return\": {}, \"id\": 2}", second.line());
        }
    }

    @Test
    void aHalfClosedClientGetsItsAnswers() throws Exception {
        try (QmpClient client = new QmpClient(path)) {
            client.send("{\"execute\":\"qmp_capabilities\"}{\"execute\":\"ping\"}"
                    + "{\"execute\":\"ping\",\"id\":1");
            client.endOutput();
            client.line();
            assertEquals(EMPTY, client.line());
            assertEquals(EMPTY, client.line());
            assertEquals(error("GenericError", "JSON parse error, premature EOI"), client.line());
            assertNull(client.line());
        }
    }

    @Test
    void aSlowReaderDoesNotBlockOthersAndLosesNothing(@TempDir Path other) throws Exception {
        String big = "x".repeat(300_000);
        int count = 20;
        fixture.inMain(() -> {
            fixture.server.awaitChardev("socket,id=d,path=" + other.resolve("s")
                    + ",server=on,wait=off");
            fixture.server.addMonitor("d");
            return null;
        });
        try (QmpClient slow = QmpClient.negotiated(path);
                QmpClient quick = QmpClient.negotiated(other.resolve("s"))) {
            Thread writer = Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < count; i++) {
                        slow.send("{\"execute\":\"echo\",\"arguments\":{\"text\":\"" + big
                                + "\"}}");
                    }
                } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            for (int i = 0; i < 100; i++) {
                assertEquals(EMPTY, quick.ask("{\"execute\":\"ping\"}"));
            }
            for (int i = 0; i < count; i++) {
                assertEquals(big.length() + "{\"return\": {\"text\": \"\"}}".length(),
                        slow.line().length());
            }
            writer.join();
        }
    }

    @Test
    void socketBelongsToItsOwnerAndGoesAway() throws Exception {
        assertEquals("rw-------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
        fixture.inMain(() -> {
            fixture.server.close();
            return null;
        });
        assertTrue(Files.notExists(path));
    }

    @Test
    void tcpOnTheLocalHostWorksToo() throws Exception {
        String address = fixture.inMain(() -> {
            fixture.server.awaitChardev("socket,id=t,host=localhost,port=0,server=on,wait=off");
            fixture.server.addMonitor("t");
            return fixture.server.address("t");
        });
        int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
        try (java.net.Socket socket = new java.net.Socket("127.0.0.1", port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write("{'execute':'qmp_capabilities'}".getBytes(
                    java.nio.charset.StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            String text = new String(socket.getInputStream().readAllBytes(),
                    java.nio.charset.StandardCharsets.US_ASCII);
            assertTrue(text.endsWith("]}}\r\n{\"return\": {}}\r\n"), text);
        }
        for (String bad : new String[] {"host=x,port=1", "host=localhost,port=99999",
            "host=localhost", "port=1", "path=/x,host=localhost,port=1"}) {
            org.junit.jupiter.api.Assertions.assertThrows(
                    io.backplane.qmp.QmpException.class, () -> fixture.inMain(() -> {
                        fixture.server.awaitChardev("socket,id=u,server=on,wait=off," + bad);
                        return null;
                    }), bad);
        }
    }

    @Test
    void aBugInACommandIsAnAnswerNotTheEnd() throws Exception {
        fixture.add("bug", null, null, false, _ -> {
            throw new IllegalStateException("oops");
        });
        try (QmpClient client = QmpClient.negotiated(path)) {
            assertEquals(error("GenericError", "internal error in command 'bug': "
                    + "java.lang.IllegalStateException: oops"),
                    client.ask("{\"execute\":\"bug\"}"));
            assertEquals(EMPTY, client.ask("{\"execute\":\"ping\"}"));
        }
    }

    @Test
    void schemaHoldsEachCommandOnce() throws Exception {
        String text = io.backplane.schema.Json.write(fixture.dispatcher.schema());
        for (String name : fixture.dispatcher.commands().keySet()) {
            String entry = "{\"name\": \"" + name + "\", \"meta-type\": \"command\"";
            assertEquals(text.indexOf(entry), text.lastIndexOf(entry));
            assertTrue(text.contains(entry), name);
        }
    }

    @Test
    void theShellExecutesByNameToo() throws Exception {
        Object result = fixture.inMain(() -> fixture.dispatcher.awaitExecute("echo",
                Map.of("text", "x"), QmpSession.operator("shell")));
        assertEquals(Map.of("text", "x"), result);
    }
}
