package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.backplane.tool.guest.ExpectedContents;
import io.backplane.tool.guest.VerifyLoad;
import io.backplane.tool.guest.frontend.DeviceOptions;
import io.backplane.tool.guest.frontend.GuestDevice;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A driver or device model of somebody else breaks its contract under a guest's load: its own node
 * or device is in quarantine until a fixed version is deployed, and nothing else notices.
 */
class FaultTest {
    private static final String EXCEPTION = "throw new IllegalStateException(\"planted\");";
    private static final String ASSERTION = "throw new AssertionError(\"planted\");";
    private static final String STACK = "endless(1);";
    private static final String LINKAGE = "throw new NoSuchMethodError(\"planted\");";
    private static final int BUGGY_AT = 300;
    private static final VerifyLoad LOAD = new VerifyLoad(300, 4, 32 << 10, false, false, 0,
            false);
    /** The common pool may have one thread. */
    private static final Executor THREADS = body -> Thread.ofPlatform().daemon().start(body);

    @TempDir
    private Path folder;

    /** A guest that verifies what it reads and may not lose its connection. */
    private record Load(GuestDevice device, AtomicBoolean enough,
            CompletableFuture<VerifyLoad.Result> result) implements AutoCloseable {
        static Load start(Path socket) throws IOException {
            VerifyLoad load = LOAD;
            GuestDevice device = GuestDevice.connect(load.device(
                    DeviceOptions.of(socket.toString()).withQueues(2, 128)));
            ExpectedContents contents = load.unknown(device, BackEndScenarios.seed());
            AtomicBoolean enough = new AtomicBoolean();
            return new Load(device, enough, CompletableFuture.supplyAsync(
                    () -> BackEndScenarios.run(load, device, contents, enough), THREADS));
        }

        VerifyLoad.Result end() throws Exception {
            enough.set(true);
            return result.get(60, TimeUnit.SECONDS);
        }

        @Override
        public void close() {
            device.close();
        }
    }

    private Daemon start(String options) throws Exception {
        for (String name : new String[] {"sick.img", "well.img"}) {
            try (RandomAccessFile file = new RandomAccessFile(path(name), "rw")) {
                file.setLength(32 << 20);
            }
        }
        return Daemon.startWith(Map.of("BACKPLANE_JVM_OPTS", options), "--object",
                "iothread,id=io0", "--blockdev", "driver=file,filename=" + path("sick.img")
                + ",node-name=file", "--blockdev", "driver=file,filename=" + path("well.img")
                + ",node-name=well", "--export", "type=vhost-user-blk,id=well,node-name=well,"
                + "writable=on,num-queues=2,iothread=io0,addr.type=unix,addr.path="
                + path("well.sock"), "--chardev", "socket,id=m,path=" + path("qmp")
                + ",server=on,wait=off", "--monitor", "m", "--no-shell");
    }

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    private static void deploy(Daemon daemon, BundleJar jar) throws IOException {
        jar.write(daemon.data().resolve("deploy/sick.jar"));
    }

    private static BundleJar jar(String source, String version, String bug) throws IOException {
        return new BundleJar("sick", version).header("Bundle-Activator", "sick.Activator")
                .header("Import-Package", "io.backplane.aio,io.backplane.block,"
                        + "io.backplane.block.backend,io.backplane.block.spi,"
                        + "io.backplane.memory,io.backplane.schema,io.backplane.state,"
                        + "io.backplane.virtio,io.backplane.virtio.device,org.osgi.framework")
                .source("sick.Activator", source.replace("BUG", bug)
                        .replace("LIMIT", Integer.toString(BUGGY_AT)));
    }

    private static void awaitAnswer(Qmp qmp, String command) throws Exception {
        JsonObject answer = null;
        for (int i = 0; i < 200; i++) {
            answer = qmp.answer(command);
            if (answer.has("return")) {
                return;
            }
            Thread.sleep(50);
        }
        throw new AssertionError(command + ": " + answer);
    }

    private void serve(Qmp qmp) throws Exception {
        awaitAnswer(qmp, "{'execute': 'blockdev-add', 'arguments': {'driver': 'sick',"
                + " 'node-name': 'sick', 'file': 'file'}}");
        qmp.execute("{'execute': 'block-export-add', 'arguments': {'type': 'vhost-user-blk',"
                + " 'id': 'sick', 'node-name': 'sick', 'writable': true, 'num-queues': 2,"
                + " 'iothread': 'io0', 'addr': {'type': 'unix', 'path': '" + path("sick.sock")
                + "'}}}");
    }

    private static long writes(Qmp qmp, String node) throws IOException {
        JsonElement stats = qmp.execute("{'execute': 'query-blockstats'}");
        for (JsonElement each : stats.getAsJsonArray()) {
            JsonObject device = each.getAsJsonObject();
            if (device.toString().contains("\"" + node + "\"")) {
                return device.getAsJsonObject("stats").get("wr_operations").getAsLong();
            }
        }
        throw new AssertionError(stats.toString());
    }

    /** The disk beside the sick one is served as ever. */
    private static void assertServed(Qmp qmp) throws Exception {
        long before = writes(qmp, "well");
        for (int i = 0; i < 500 && writes(qmp, "well") < before + 50; i++) {
            Thread.sleep(10);
        }
        assertTrue(writes(qmp, "well") >= before + 50, "the healthy disk stands still");
    }

    @ParameterizedTest
    @ValueSource(strings = {ASSERTION, STACK})
    void guestOfABuggyDriverWaitsForTheFixAndNobodyElseNotices(String bug) throws Exception {
        try (Daemon daemon = start(""); Qmp qmp = Qmp.connect(folder.resolve("qmp"));
                Load well = Load.start(folder.resolve("well.sock"))) {
            deploy(daemon, jar(DRIVER, "1.0.0", bug));
            serve(qmp);
            try (Load sick = Load.start(folder.resolve("sick.sock"))) {
                JsonObject fault = qmp.awaitEvent("DRIVER_FAULT", "sick");
                assertEquals("1.0.0", fault.get("version").getAsString());
                assertEquals("hold", fault.get("action").getAsString());
                assertServed(qmp);
                assertFalse(sick.result.isDone());
                deploy(daemon, jar(DRIVER, "1.0.1", ";"));
                qmp.awaitEvent("DRIVER_RESTORED", "sick");
                Thread.sleep(500);
                assertGood(sick.end());
            }
            assertGood(well.end());
            assertEquals(1, daemon.err().split("bug:", -1).length - 1, daemon.err());
            assertEquals(0, daemon.stop());
        }
    }

    @Test
    void requestsOfABuggyDriverFailByPolicyUntilTheFixIsThere() throws Exception {
        try (Daemon daemon = start("-Dbackplane.driver.missing=error");
                Qmp qmp = Qmp.connect(folder.resolve("qmp"));
                Load well = Load.start(folder.resolve("well.sock"))) {
            deploy(daemon, jar(DRIVER, "1.0.0", EXCEPTION));
            serve(qmp);
            try (Load sick = Load.start(folder.resolve("sick.sock"))) {
                JsonObject fault = qmp.awaitEvent("DRIVER_FAULT", "sick");
                assertEquals("error", fault.get("action").getAsString());
                assertServed(qmp);
                Thread.sleep(200);
                deploy(daemon, jar(DRIVER, "1.0.1", ";"));
                qmp.awaitEvent("DRIVER_RESTORED", "sick");
                Thread.sleep(300);
                VerifyLoad.Result result = sick.end();
                assertEquals(0, result.mismatches(), result.toString());
                assertTrue(result.errors() > 0, result.toString());
            }
            try (Load healed = Load.start(folder.resolve("sick.sock"))) {
                Thread.sleep(300);
                assertGood(healed.end());
            }
            assertGood(well.end());
            assertEquals(0, daemon.stop());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {EXCEPTION, STACK, LINKAGE})
    void guestOfABuggyDeviceWaitsForTheFixAndKeepsItsConnection(String bug) throws Exception {
        try (Daemon daemon = start(""); Qmp qmp = Qmp.connect(folder.resolve("qmp"));
                Load well = Load.start(folder.resolve("well.sock"))) {
            deploy(daemon, jar(DEVICE, "1.0.0", bug));
            addDevice(qmp);
            try (Load sick = Load.start(folder.resolve("sick.sock"))) {
                JsonObject fault = qmp.awaitEvent("DEVICE_FAULT", "sick0");
                assertEquals("1.0.0", fault.get("version").getAsString());
                assertEquals("sick", fault.get("bundle").getAsString());
                assertEquals("hold", fault.get("action").getAsString());
                assertServed(qmp);
                assertFalse(sick.result.isDone());
                deploy(daemon, jar(DEVICE, "1.0.1", ";"));
                qmp.awaitEvent("DEVICE_MODEL_RESTORED", "sick0");
                Thread.sleep(500);
                assertGood(sick.end());
            }
            assertGood(well.end());
            assertEquals(1, daemon.err().split("bug:", -1).length - 1, daemon.err());
            assertEquals(0, daemon.stop());
        }
    }

    @Test
    void guestOfABuggyDeviceIsLetGoByPolicyAndServedAgainAfterTheFix() throws Exception {
        try (Daemon daemon = start("-Dbackplane.device.missing=error"
                + " -Dbackplane.device.missing.timeout-ms=300");
                Qmp qmp = Qmp.connect(folder.resolve("qmp"));
                Load well = Load.start(folder.resolve("well.sock"))) {
            deploy(daemon, jar(DEVICE, "1.0.0", EXCEPTION));
            addDevice(qmp);
            VerifyLoad load = LOAD.withReconnects(1);
            try (GuestDevice guest = GuestDevice.connect(load.device(
                    DeviceOptions.of(path("sick.sock")).withQueues(2, 128)))) {
                ExpectedContents contents = load.unknown(guest, BackEndScenarios.seed());
                AtomicBoolean enough = new AtomicBoolean();
                CompletableFuture<VerifyLoad.Result> result = CompletableFuture.supplyAsync(
                        () -> BackEndScenarios.run(load, guest, contents, enough), THREADS);
                JsonObject fault = qmp.awaitEvent("DEVICE_FAULT", "sick0");
                assertEquals(300, fault.get("timeout-ms").getAsLong());
                qmp.awaitEvent("DEVICE_MODEL_MISSING", "\"held\":false");
                assertServed(qmp);
                deploy(daemon, jar(DEVICE, "1.0.1", ";"));
                qmp.awaitEvent("DEVICE_MODEL_RESTORED", "sick0");
                Thread.sleep(500);
                enough.set(true);
                VerifyLoad.Result outcome = result.get(60, TimeUnit.SECONDS);
                assertGood(outcome);
                assertEquals(1, outcome.reconnects());
            }
            assertGood(well.end());
            assertEquals(0, daemon.stop());
        }
    }

    private void addDevice(Qmp qmp) throws Exception {
        awaitAnswer(qmp, "{'execute': 'device_add', 'arguments': {'driver': 'sick', 'id':"
                + " 'sick0', 'drive': 'file', 'iothread': 'io0', 'addr': {'type': 'unix',"
                + " 'path': '" + path("sick.sock") + "'}}}");
    }

    private static void assertGood(VerifyLoad.Result result) {
        assertTrue(result.isGood() && result.requests() > 0, result.toString());
    }

    private static final String DRIVER = """
            package sick;
            import io.backplane.block.*;
            import io.backplane.block.spi.*;
            import io.backplane.memory.IoVector;
            import io.backplane.schema.*;
            import java.util.Map;
            import org.osgi.framework.*;
            public final class Activator implements BundleActivator, BlockDriver {
                @Name("BlockdevOptionsSick")
                public record Options(@Option("where the data is") BlockdevRef file) { }
                public void start(BundleContext context) {
                    context.registerService(BlockDriver.class, this,
                            FrameworkUtil.asDictionary(Map.of("backplane.driver", name())));
                }
                public void stop(BundleContext context) { }
                public String name() { return "sick"; }
                public DriverTraits traits() { return DriverTraits.FORMAT; }
                public Class<? extends Record> optionsType() { return Options.class; }
                public ChildRole childRole(String childName, Record options) {
                    return ChildRole.DATA;
                }
                public DriverNode awaitOpen(OpenRequest request) throws BlockException {
                    return new Node(request.child("file"));
                }
                static final class Node implements DriverNode {
                    private final BlockChild file;
                    private int count;
                    Node(BlockChild file) { this.file = file; }
                    private static int endless(int depth) { return endless(depth + 1) + depth; }
                    private void check() { if (++count >= LIMIT) { BUG } }
                    public long length() { return file.length(); }
                    public BlockLimits limits() { return BlockLimits.NONE; }
                    public void preadv(long offset, long bytes, IoVector iov, long from,
                            int flags) throws BlockException {
                        file.preadv(offset, bytes, iov, from, flags);
                    }
                    public void pwritev(long offset, long bytes, IoVector iov, long from,
                            int flags) throws BlockException {
                        check();
                        file.pwritev(offset, bytes, iov, from, flags);
                        check();
                    }
                    public void pwriteZeroes(long offset, long bytes, int flags)
                            throws BlockException {
                        file.pwriteZeroes(offset, bytes, flags);
                    }
                    public void pdiscard(long offset, long bytes) throws BlockException {
                        file.pdiscard(offset, bytes);
                    }
                    public void flush() throws BlockException { file.flush(); }
                    public BlockStatus blockStatus(long offset, long bytes)
                            throws BlockException {
                        return file.blockStatus(offset, bytes);
                    }
                    public void truncate(long length, boolean exact, Preallocation preallocation,
                            int flags) throws BlockException {
                        file.truncate(length, exact, preallocation, flags);
                    }
                    public long allocatedBytes() throws BlockException {
                        return file.allocatedBytes();
                    }
                    public Permissions childPermissions(String childName, ChildRole role,
                            Permissions parents) {
                        return ChildPermissions.data(parents);
                    }
                    public ChildRole childRole(String childName) { return ChildRole.DATA; }
                    public void awaitShutdown() { }
                    public void close() { }
                }
            }
            """;

    private static final String DEVICE = """
            package sick;
            import io.backplane.aio.AioContext;
            import io.backplane.block.BlockException;
            import io.backplane.block.backend.BlockBackend;
            import io.backplane.memory.IoVector;
            import io.backplane.schema.Option;
            import io.backplane.virtio.*;
            import io.backplane.virtio.device.*;
            import java.lang.foreign.*;
            import java.nio.ByteOrder;
            import java.util.*;
            import org.osgi.framework.*;
            public final class Activator implements BundleActivator, VirtioDeviceModel {
                public record Options(@Option("its disk") String drive) { }
                public void start(BundleContext context) {
                    context.registerService(VirtioDeviceModel.class, this,
                            FrameworkUtil.asDictionary(Map.of("backplane.device", type())));
                }
                public void stop(BundleContext context) { }
                public String type() { return "sick"; }
                public Class<? extends Record> optionsType() { return Options.class; }
                public VirtioDrive drive(Record options) {
                    return new VirtioDrive(((Options) options).drive(), false);
                }
                public VirtioDevice create(VirtioDeviceRequest request) throws BlockException {
                    return new Disk(request.backend());
                }
                static final class Disk implements VirtioDevice {
                    private final BlockBackend backend;
                    private final List<QueueRunner> runners = new ArrayList<>();
                    Disk(BlockBackend backend) { this.backend = backend; }
                    public int deviceId() { return 2; }
                    public long features() { return 1L << 9 | 1L << 12; }
                    public int queueCount() { return 2; }
                    public void attach(VirtioHost host) { }
                    public QueueRunner openQueue(int index, AioContext home) {
                        QueueRunner runner = new QueueRunner(home, "sick " + index,
                                new Queue(backend));
                        runners.add(runner);
                        return runner;
                    }
                    public int configBytes() { return 36; }
                    public void readConfig(int offset, byte[] to) {
                        MemorySegment all = Arena.ofAuto().allocate(4096);
                        all.set(ValueLayout.JAVA_LONG, 0, backend.length() >>> 9);
                        all.set(ValueLayout.JAVA_SHORT, 34, (short) 2);
                        MemorySegment.copy(all, ValueLayout.JAVA_BYTE, offset, to, 0, to.length);
                    }
                    public boolean writeConfig(int offset, byte[] from) { return false; }
                    public void acceptFeatures(long features) { }
                    public void reset() { }
                    public void awaitClose() { runners.forEach(QueueRunner::close); }
                }
                static final class Queue implements QueueHandler {
                    private final BlockBackend backend;
                    private int count;
                    Queue(BlockBackend backend) { this.backend = backend; }
                    private static int endless(int depth) { return endless(depth + 1) + depth; }
                    private void check() { if (++count >= LIMIT) { BUG } }
                    public void handle(VirtQueueElement element) {
                        check();
                        IoVector out = element.readable();
                        IoVector in = element.writable();
                        byte[] head = new byte[16];
                        out.copyTo(0, MemorySegment.ofArray(head), 0, 16);
                        java.nio.ByteBuffer header = java.nio.ByteBuffer.wrap(head)
                                .order(ByteOrder.LITTLE_ENDIAN);
                        long offset = header.getLong(8) << 9;
                        byte status = 0;
                        try {
                            switch (header.getInt(0)) {
                                case 0 -> backend.preadv(offset, in.bytes() - 1, in, 0, 0);
                                case 1 -> backend.pwritev(offset, out.bytes() - 16, out, 16, 0);
                                case 4 -> backend.flush();
                                default -> status = 2;
                            }
                        } catch (BlockException e) {
                            status = 1;
                        }
                        check();
                        in.copyFrom(in.bytes() - 1, MemorySegment.ofArray(new byte[] {status}),
                                0, 1);
                        element.complete(in.bytes());
                    }
                }
            }
            """;
}
