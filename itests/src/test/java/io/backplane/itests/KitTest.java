package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Drivers and devices that nobody knew: made, built, deployed into a live daemon, used, removed. */
class KitTest {
    private static final Path ROOT = BuiltBundle.root();
    private static final Path EXAMPLE = ROOT.resolve("features/kit/example");
    private static final String KEY = "0123456789abcdef".repeat(8);
    private static final String SECRET = "\"crypt\"";

    @TempDir
    private Path folder;

    @Test
    void newDriverIsBuiltDeployedUsedByAGuestAndRemoved() throws Exception {
        Path project = folder.resolve("crypt");
        run("sh", ROOT.resolve("backplane").toString(), "new", "driver", "crypt", "--dir",
                project.toString());
        copyExample(project);
        // The conformance cases, but not all: the bundle's own run has them all.
        run("mvn", "-B", "-q", "-o", "-f", project.toString(), "package",
                "-Dtest=CryptConformanceTest#keyOf*+requestsOf*+closedDisk*+unloaded*");
        useDriver(project.resolve("target/org.example.crypt-1.0.0.jar"));
    }

    @Test
    void newDriverIsMadeByAnUnpackedDistribution() throws Exception {
        Path archive = folder.resolve("kit.tar.gz");
        Command assembled = Assembler.run("--feature", "kit", "-o", archive.toString());
        assertEquals(0, assembled.exitCode(), assembled.err());
        Path dist = Files.createDirectory(folder.resolve("dist"));
        run("tar", "xzf", archive.toString(), "-C", dist.toString(), "--strip-components=1");
        Path project = folder.resolve("plain");

        run("env", "-i", "PATH=/usr/bin:/bin", dist.resolve("backplane").toString(), "new",
                "driver", "plain", "--dir", project.toString());

        Path repository = dist.toRealPath().resolve("kit/repository");
        assertTrue(Files.readString(project.resolve("pom.xml"))
                .contains("<url>file://" + repository + "</url>"));
        assertTrue(Files.isRegularFile(dist.resolve("kit/example/CryptNode.java")));
        // With no copies of Backplane in Maven's own repository: all of it is in the kit.
        Path local = localRepository();
        run("mvn", "-B", "-q", "-o", "-f", project.toString(), "package", "-DskipTests",
                "-Dmaven.repo.local=" + local);
        try (Stream<Path> files = Files.walk(local)) {
            for (Path link : files.filter(Files::isSymbolicLink).toList()) {
                Files.delete(link);
            }
        }
        assertTrue(Files.exists(project.resolve("target/org.example.plain-1.0.0.jar")));
    }

    /** Maven's own, by links, but for Backplane. */
    private Path localRepository() throws IOException {
        Path local = Files.createDirectories(folder.resolve("m2"));
        Path own = Path.of(System.getProperty("user.home"), ".m2/repository");
        for (Path part = Path.of(""); !part.toString().equals("io/backplane");
                part = part.toString().isEmpty() ? Path.of("io") : Path.of("io/backplane")) {
            Files.createDirectories(local.resolve(part));
            try (Stream<Path> entries = Files.list(own.resolve(part))) {
                for (Path entry : entries.toList()) {
                    Path link = local.resolve(own.relativize(entry));
                    if (!Path.of("io/backplane").startsWith(own.relativize(entry))) {
                        Files.createSymbolicLink(link, entry);
                    }
                }
            }
        }
        return local;
    }

    private void copyExample(Path project) throws IOException {
        Path main = project.resolve("src/main/java/org/example/crypt");
        Path test = project.resolve("src/test/java/org/example/crypt");
        for (String name : List.of("CryptNode.java", "CryptOptions.java")) {
            Files.delete(main.resolve(name));
            Files.copy(EXAMPLE.resolve(name), main.resolve(name));
        }
        Files.delete(test.resolve("CryptConformanceTest.java"));
        Files.copy(EXAMPLE.resolve("CryptConformanceTest.java"),
                test.resolve("CryptConformanceTest.java"));
    }

    private void useDriver(Path jar) throws Exception {
        Path image = folder.resolve("crypt.img");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(16 << 20);
        }
        Path socket = folder.resolve("qmp.sock");
        Path disk = folder.resolve("disk.sock");
        try (Daemon daemon = Daemon.start("--blockdev", "driver=null-co,node-name=n0,size=1M",
                "--chardev", "socket,id=m,path=" + socket + ",server=on,wait=off", "--monitor",
                "chardev=m"); Qmp qmp = Qmp.connect(socket)) {
            assertFalse(knows(qmp));
            Path deployed = daemon.data().resolve("deploy/crypt.jar");
            Files.createDirectories(deployed.getParent());
            Files.copy(jar, deployed);
            qmp.awaitEvent("SCHEMA_CHANGED", SECRET);
            assertTrue(knows(qmp));
            qmp.execute("{'execute': 'blockdev-add', 'arguments': {'driver': 'crypt',"
                    + " 'node-name': 'secret', 'key': '" + KEY + "', 'file': {'driver': 'file',"
                    + " 'filename': '" + image + "'}}}");
            qmp.execute("{'execute': 'block-export-add', 'arguments': {'type':"
                    + " 'vhost-user-blk', 'id': 'e', 'node-name': 'secret', 'writable': true,"
                    + " 'addr': {'type': 'unix', 'path': '" + disk + "'}}}");
            Command verified = Command.backplane("guest", "verify", "--time", "3", "--socket",
                    disk.toString());
            assertEquals(0, verified.exitCode(), verified.out() + verified.err());
            qmp.execute("{'execute': 'block-export-del', 'arguments': {'id': 'e'}}");
            qmp.awaitEvent("BLOCK_EXPORT_DELETED", "\"e\"");
            qmp.execute("{'execute': 'blockdev-del', 'arguments': {'node-name': 'secret'}}");
            Files.delete(deployed);
            qmp.awaitEvent("SCHEMA_CHANGED", SECRET);
            assertFalse(knows(qmp));
            assertEquals("", daemon.err());
        }
    }

    @Test
    @Tag("vm")
    void newDeviceIsBuiltDeployedUsedByAVirtualMachineAndRemoved() throws Exception {
        Path project = folder.resolve("entropy");
        run("sh", ROOT.resolve("backplane").toString(), "new", "device", "entropy", "--dir",
                project.toString());
        run("mvn", "-B", "-q", "-o", "-f", project.toString(), "package",
                "-Dtest=EntropyTest,EntropyConformanceTest#good*+deviceFrozen*+unloaded*");
        useDevice(project.resolve("target/org.example.entropy-1.0.0.jar"));
    }

    private void useDevice(Path jar) throws Exception {
        Path socket = folder.resolve("qmp.sock");
        Path rng = folder.resolve("rng.sock");
        try (Daemon daemon = Daemon.start("--chardev", "socket,id=m,path=" + socket
                + ",server=on,wait=off", "--monitor", "chardev=m", "--no-shell");
                Qmp qmp = Qmp.connect(socket)) {
            assertFalse(types(qmp).contains("\"entropy\""));
            Path deployed = daemon.data().resolve("deploy/entropy.jar");
            Files.createDirectories(deployed.getParent());
            Files.copy(jar, deployed);
            qmp.awaitEvent("SCHEMA_CHANGED", "\"entropy\"");
            assertTrue(types(qmp).contains("\"entropy\""));
            assertTrue(qmp.execute("{'execute': 'query-qmp-schema'}").toString()
                    .contains("\"entropy\""));
            assertTrue(qmp.execute("{'execute': 'device-list-properties', 'arguments':"
                    + " {'typename': 'entropy'}}").toString().contains("\"chunk-bytes\""));
            String add = "{'execute': 'device_add', 'arguments': {'driver': 'entropy', 'id':"
                    + " 'rng0', 'chunk-bytes': 1000, 'addr': {'type': 'unix', 'path': '" + rng
                    + "'}}}";
            qmp.execute(add);
            try (Vm vm = Vm.boot(folder, 1, false, "-chardev", "socket,id=rng,path=" + rng,
                    "-device", "vhost-user-rng-pci,chardev=rng")) {
                assertTrue(vm.run("cat /sys/class/misc/hw_random/rng_current")
                        .startsWith("virtio_rng"));
                String sums = vm.run("for i in 1 2; do dd if=/dev/hwrng bs=4k count=4 2>/dev/null"
                        + " >/tmp/r$i; gzip -9 -c /tmp/r$i | wc -c; md5sum </tmp/r$i; done");
                List<String> lines = sums.lines().toList();
                assertTrue(Integer.parseInt(lines.get(0)) > 16384, sums); // not compressible
                assertNotEquals(lines.get(1), lines.get(3));
                qmp.execute("{'execute': 'device_del', 'arguments': {'id': 'rng0'}}");
                qmp.awaitEvent("DEVICE_DELETED", "\"rng0\"");
                vm.powerOff();
            }
            Files.delete(deployed);
            qmp.awaitEvent("SCHEMA_CHANGED", "\"entropy\"");
            assertFalse(types(qmp).contains("\"entropy\""));
            assertTrue(qmp.answer(add).has("error"));
            assertEquals("", daemon.err());
            assertEquals(0, daemon.stop());
        }
    }

    private static String types(Qmp qmp) throws IOException {
        return qmp.execute("{'execute': 'qom-list-types', 'arguments': {'implements':"
                + " 'device'}}").toString();
    }

    private static boolean knows(Qmp qmp) throws IOException {
        return qmp.execute("{'execute': 'query-qmp-schema'}").toString().contains(SECRET);
    }

    @Test
    void exampleInTheReadmeIsTheExampleInTheTree() throws IOException {
        String readme = Files.readString(ROOT.resolve("README.md"));
        List<String> core = Files.readAllLines(EXAMPLE.resolve("CryptNode.java"));
        int begin = indexOf(core, "public void preadv(") - 1;
        int end = indexOf(core, "public void pwriteZeroes(") - 1;
        StringBuilder text = new StringBuilder();
        core.subList(begin, end - 1).forEach(line -> text.append(line).append('\n'));
        assertTrue(readme.contains(text), "README.md does not show CryptNode's\n" + text);
        int code = 0;
        for (String name : List.of("CryptNode.java", "CryptOptions.java")) {
            for (String line : Files.readAllLines(EXAMPLE.resolve(name))) {
                code += line.isBlank() || line.startsWith("import ") ? 0 : 1;
            }
        }
        assertTrue(code < 150, "the example has " + code + " lines");
    }

    private static int indexOf(List<String> lines, String part) {
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).contains(part)) {
                return i;
            }
        }
        throw new AssertionError("no line with " + part);
    }

    private static void run(String... command) throws Exception {
        Command done = Command.run(command);
        assertEquals(0, done.exitCode(), String.join(" ", command) + "\n" + done.out()
                + done.err());
    }
}
