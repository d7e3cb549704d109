package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.backplane.rules.Rule;
import io.backplane.tool.guest.frontend.DeviceOptions;
import io.backplane.tool.guest.frontend.GuestDevice;
import io.backplane.tool.guest.frontend.GuestDisk;
import io.backplane.tool.guest.frontend.GuestQueue;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Devices that come, change and go in a running daemon. {@code -Dbackplane.devices.upgrades} and
 * {@code -Dbackplane.devices.rounds} make the repeating tests long.
 */
class DevicesTest {
    private static final int UPGRADES = Integer.getInteger("backplane.devices.upgrades", 4);
    private static final int ROUNDS = Integer.getInteger("backplane.devices.rounds", 30);
    private static final String TYPE = "virtio-blk";
    private static final String BUNDLE = "io.backplane.device.virtio.blk";

    @TempDir
    private Path folder;

    private Daemon start() throws IOException, InterruptedException {
        try (RandomAccessFile file = new RandomAccessFile(path("disk.img"), "rw")) {
            file.setLength(32 << 20);
        }
        return Daemon.start("--blockdev", "driver=file,filename=" + path("disk.img")
                + ",node-name=file0", "--blockdev", "driver=raw,file=file0,node-name=disk",
                "--object", "iothread,id=io0", "--chardev", "socket,id=m,path=" + path("qmp")
                + ",server=on,wait=off", "--monitor", "m", "--no-shell");
    }

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    private String add(String id, String more) {
        return "{'execute': 'device_add', 'arguments': {'driver': '" + TYPE + "', 'id': '" + id
                + "', 'addr': {'type': 'unix', 'path': '" + path(id) + "'}" + more + "}}";
    }

    private static void delete(Qmp qmp, String id) throws Exception {
        qmp.execute("{'execute': 'device_del', 'arguments': {'id': '" + id + "'}}");
        for (int i = 0; i < 500 && devices(qmp).toString().contains("\"" + id + "\""); i++) {
            Thread.sleep(10);
        }
        assertFalse(devices(qmp).toString().contains("\"" + id + "\""));
    }

    private static JsonElement devices(Qmp qmp) throws IOException {
        return qmp.execute("{'execute': 'x-query-devices'}");
    }

    private static JsonObject device(Qmp qmp) throws IOException {
        return devices(qmp).getAsJsonArray().get(0).getAsJsonObject();
    }

    private CompletableFuture<Command> verify(String id, int seconds) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return Command.backplane("guest", "--socket", path(id), "verify", "--time",
                        Integer.toString(seconds), "--queues", "2");
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static void awaitGuest(Qmp qmp) throws Exception {
        for (int i = 0; i < 500 && !device(qmp).get("connected").getAsBoolean(); i++) {
            Thread.sleep(10);
        }
    }

    @Test
    void modelUnderAVerifyingGuestIsUpgradedAndUpdated() throws Exception {
        try (Daemon daemon = start(); Qmp qmp = Qmp.connect(folder.resolve("qmp"))) {
            qmp.execute(add("vd0", ", 'drive': 'disk', 'num-queues': 2, 'iothread': 'io0'"));
            CompletableFuture<Command> guest = verify("vd0", 8 + UPGRADES * 3);
            awaitGuest(qmp);
            for (int i = 1; i <= UPGRADES; i++) {
                Path jar = TestBundle.versionOf(BUNDLE, "0.2." + i, folder);
                if (i % 2 == 1) {
                    upgrade(qmp, jar, ", 'auto-finalize': " + (i % 4 == 1));
                } else {
                    update(daemon, jar);
                }
                assertEquals("0.2." + i, device(qmp).get("version").getAsString());
                assertTrue(guest.isDone() || device(qmp).get("connected").getAsBoolean(),
                        "it has to reconnect");
            }
            Command verified = guest.get();
            assertEquals(0, verified.exitCode(), verified.out() + verified.err());
            assertEquals(UPGRADES, device(qmp).getAsJsonArray("swaps").size());
            System.out.println("pauses: " + device(qmp).getAsJsonArray("swaps"));
            assertEquals(0, daemon.stop());
        }
    }

    /** Upgrades by a job; ends it if {@code more} says that it does not end by itself. */
    private static void upgrade(Qmp qmp, Path jar, String more) throws Exception {
        qmp.execute("{'execute': 'device-upgrade', 'arguments': {'driver': '" + TYPE
                + "', 'bundle': '" + jar + "', 'job-id': 'u', 'auto-dismiss': false" + more
                + "}}");
        String status = "";
        for (int i = 0; i < 1000 && !status.equals("concluded"); i++) {
            JsonObject job = qmp.execute("{'execute': 'query-jobs'}").getAsJsonArray().get(0)
                    .getAsJsonObject();
            assertFalse(job.has("error"), job::toString);
            status = job.get("status").getAsString();
            if (status.equals("pending")) {
                qmp.answer("{'execute': 'job-finalize', 'arguments': {'id': 'u'}}");
            }
            Thread.sleep(10);
        }
        assertEquals("concluded", status);
        qmp.execute("{'execute': 'job-dismiss', 'arguments': {'id': 'u'}}");
    }

    /** What {@code update} in Felix does, by the shell. */
    private static void update(Daemon daemon, Path jar) throws Exception {
        String socket = daemon.data().resolve("shell.sock").toString();
        Command list = Command.backplane("shell", "--socket", socket, "-c",
                "felix:lb -s " + BUNDLE);
        String line = list.out().lines().filter(l -> l.contains(BUNDLE)).findFirst()
                .orElseThrow(() -> new AssertionError(list.out() + list.err()));
        Command update = Command.backplane("shell", "--socket", socket, "-c", "felix:update "
                + line.strip().split("\\|")[0].strip() + " file:" + jar);
        assertEquals(0, update.exitCode(), update.out() + update.err());
    }

    @Test
    @Rule("M1")
    void addThatFailedHasLeftNothingWhenItAnswers() throws Exception {
        try (Daemon daemon = start(); Qmp qmp = Qmp.connect(folder.resolve("qmp"))) {
            for (String bad : List.of(", 'drive': 'disk', 'logical_block_size': 7",
                    ", 'drive': 'nothing'", ", 'drive': 'disk', 'num-queues': 2000",
                    ", 'drive': 'disk', 'iothread': 'nothing'", ", 'drive': 'disk', 'x': 1", "")) {
                assertTrue(qmp.answer(add("vd0", bad)).has("error"), bad);
                qmp.execute(add("vd0", ", 'drive': 'disk'"));
                assertTrue(qmp.answer(add("vd0", ", 'drive': 'disk'")).toString()
                        .contains("Duplicate device ID 'vd0'"));
                delete(qmp, "vd0");
            }
            assertEquals(0, daemon.stop());
        }
    }

    @Test
    void devicesThatComeAndGoLeaveNothingBehind() throws Exception {
        try (Daemon daemon = start(); Qmp qmp = Qmp.connect(folder.resolve("qmp"))) {
            List<Integer> fds = new ArrayList<>();
            for (int i = 0; i < ROUNDS; i++) {
                qmp.execute(add("vd0", ", 'drive': 'disk', 'iothread': 'io0', 'num-queues': 2"));
                try (GuestDisk disk = GuestDisk.connect(path("vd0"))) {
                    assertEquals(0, disk.write(0, new byte[4096]));
                }
                delete(qmp, "vd0");
                if (i >= 2) {
                    String[] open = new File("/proc/" + daemon.pid() + "/fd").list();
                    fds.add(open.length);
                }
            }
            assertTrue(fds.getLast() <= fds.getFirst() + 4, "descriptors " + fds);
            qmp.execute("{'execute': 'object-del', 'arguments': {'id': 'io0'}}");
            assertEquals(0, daemon.stop());
        }
    }

    @Test
    void typeThatNobodyKnewAtTheStartIsAddedUsedAndRemoved() throws Exception {
        try (Daemon daemon = start(); Qmp qmp = Qmp.connect(folder.resolve("qmp"))) {
            String types = "{'execute': 'qom-list-types', 'arguments': {'implements': 'device'}}";
            assertFalse(qmp.execute(types).toString().contains("filler"));
            Path jar = TestBundle.compile("filler", FILLER, folder, "io.backplane.aio",
                    "io.backplane.block", "io.backplane.memory", "io.backplane.schema",
                    "io.backplane.virtio", "io.backplane.virtio.device", "org.osgi.framework",
                    "io.backplane.state");
            Path deployed = daemon.data().resolve("deploy/filler.jar");
            Files.move(jar, deployed, StandardCopyOption.REPLACE_EXISTING);
            for (int i = 0; i < 600 && !qmp.execute(types).toString().contains("filler"); i++) {
                Thread.sleep(50);
            }
            assertTrue(qmp.execute("{'execute': 'device-list-properties', 'arguments':"
                    + " {'typename': 'filler'}}").toString().contains("\"with-byte\""));
            assertTrue(qmp.execute("{'execute': 'query-qmp-schema'}").toString()
                    .contains("\"with-byte\""));
            qmp.execute(add("f0", ", 'with-byte': 42").replace(TYPE, "filler"));
            assertEquals(42, fill("f0"));
            delete(qmp, "f0");
            Files.delete(deployed);
            for (int i = 0; i < 600 && qmp.execute(types).toString().contains("filler"); i++) {
                Thread.sleep(50);
            }
            assertTrue(qmp.answer(add("f0", ", 'with-byte': 42").replace(TYPE, "filler"))
                    .has("error"));
            assertEquals(0, daemon.stop());
        }
    }

    /** Has the device fill a buffer; the last byte of it. */
    private int fill(String id) throws IOException {
        try (GuestDevice guest = GuestDevice.connect(DeviceOptions.of(path(id)))) {
            guest.start();
            long at = guest.memory().allocate(64, 64);
            GuestQueue queue = guest.queue(0);
            queue.begin(1);
            queue.writable(guest.memory().guestAddress(at), 64);
            queue.end();
            queue.arm();
            if (queue.publish()) {
                queue.kick();
            }
            GuestDisk.awaitCompletion(queue, 5_000_000_000L);
            assertEquals(1, queue.complete());
            assertEquals(64, queue.usedBytes());
            return guest.memory().segment().get(ValueLayout.JAVA_BYTE, at + 63);
        }
    }

    private static final String FILLER = """
            package filler;
            import io.backplane.aio.AioContext;
            import io.backplane.block.BlockException;
            import io.backplane.schema.Option;
            import io.backplane.virtio.*;
            import io.backplane.virtio.device.*;
            import java.util.*;
            import org.osgi.framework.*;
            public final class Activator implements BundleActivator, VirtioDeviceModel {
                public record Options(@Option(value = "what to fill with", optional = true)
                        Integer withByte) { }
                public void start(BundleContext context) {
                    Hashtable<String, Object> properties = new Hashtable<>();
                    properties.put("backplane.device", type());
                    context.registerService(VirtioDeviceModel.class, this, properties);
                }
                public void stop(BundleContext context) { }
                public String type() { return "filler"; }
                public Class<? extends Record> optionsType() { return Options.class; }
                public VirtioDevice create(VirtioDeviceRequest request) throws BlockException {
                    return new Filler(((Options) request.options()).withByte());
                }
                static final class Filler implements VirtioDevice, QueueHandler {
                    private final byte with;
                    private QueueRunner runner;
                    Filler(int with) { this.with = (byte) with; }
                    public int deviceId() { return 4; }
                    public long features() { return 0; }
                    public int queueCount() { return 1; }
                    public void attach(VirtioHost host) { }
                    public QueueRunner openQueue(int index, AioContext home) {
                        runner = new QueueRunner(home, "filler", this);
                        return runner;
                    }
                    public int configBytes() { return 0; }
                    public void readConfig(int offset, byte[] to) { }
                    public boolean writeConfig(int offset, byte[] from) { return false; }
                    public void acceptFeatures(long features) { }
                    public void reset() { }
                    public void awaitClose() { runner.close(); }
                    public void handle(VirtQueueElement element) {
                        for (int i = 0; i < element.writable().count(); i++) {
                            element.writable().segment(i).asSlice(element.writable().offset(i),
                                    element.writable().length(i)).fill(with);
                        }
                        element.complete(element.writable().bytes());
                    }
                }
            }
            """;
}
