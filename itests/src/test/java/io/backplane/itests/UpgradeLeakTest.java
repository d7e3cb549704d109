package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What upgrades leave behind: nothing. The property {@code backplane.leak.upgrades} says how many
 * (default 12; 1000 in long runs); the first third only warms up.
 */
class UpgradeLeakTest {
    private static final int UPGRADES = Integer.getInteger("backplane.leak.upgrades", 12);
    private static final List<String> DRIVERS = List.of("null-co", "raw", "qcow2", "file");
    private static final String DEVICE = "virtio-blk";
    private static final long MIB = 1 << 20;

    /** With the JVM's accounts of native memory, and a heap too small to hide what is native. */
    private static final Map<String, String> OPTIONS = Map.of("BACKPLANE_JVM_OPTS",
            "-XX:NativeMemoryTracking=detail -Xms96m -Xmx96m -XX:+AlwaysPreTouch");

    /** Accounts of native memory; {@code Other} is what arenas and buffers take. */
    private static final List<String> ACCOUNTS = List.of("Class", "Metaspace", "Other", "Thread");

    // Three upgrades that leak a buffer of 64 KiB exceed it, or 1000 that leak 128 bytes.
    private static final long SLACK_OTHER_BYTES = 128 << 10;
    // Profiles of what is compiled: a JVM that only interprets (-Xint) does not grow at all.
    private static final long SLACK_ACCOUNT_BYTES = 6 * MIB;
    private static final long SLACK_RESIDENT_BYTES = 48 * MIB;
    private static final int SLACK_MAPPINGS = 16;

    /** What the JVM reserves for classes: it commits and frees pieces of it, each a mapping. */
    private static final Pattern CLASS_SPACE = Pattern.compile(
            "\\[0x(\\w+) - 0x(\\w+)\\] reserved \\d+KB for (Metaspace|Class) from.*");

    /** What the framework, the component runtime and we keep of a bundle. */
    private static final List<String> KEPT = List.of(
            "org.apache.felix.framework.BundleImpl",
            "org.apache.felix.framework.BundleRevisionImpl",
            "org.apache.felix.framework.BundleWiringImpl",
            "org.apache.felix.framework.BundleWiringImpl$BundleClassLoader",
            "org.apache.felix.framework.ServiceRegistrationImpl",
            "org.apache.felix.framework.cache.BundleArchive",
            "org.apache.felix.framework.cache.JarRevision",
            "org.apache.felix.scr.impl.BundleComponentActivator",
            "io.backplane.block.spi.HandOver");

    @TempDir
    private Path folder;

    /** What must not grow with the number of upgrades. */
    private record Footprint(Map<String, Long> counts, Map<String, Long> nativeBytes,
            long mappings, long residentBytes) {

        static Footprint of(Daemon daemon) throws Exception {
            String pid = Long.toString(daemon.pid());
            Path proc = Path.of("/proc", pid);
            Map<String, Long> counts = new TreeMap<>();
            for (int i = 0; i < 3; i++) { // what a collection frees may free more
                jcmd(pid, "GC.run");
                Thread.sleep(100);
            }
            // First, for it opens libraries of the JVM to name their functions.
            String memory = jcmd(pid, "VM.native_memory", "detail");
            String histogram = jcmd(pid, "GC.class_histogram");
            for (String name : KEPT) {
                counts.put(name, histogram.lines().map(line -> line.strip().split("\\s+"))
                        .filter(line -> line.length > 3 && line[3].equals(name))
                        .mapToLong(line -> Long.parseLong(line[1])).sum());
            }
            counts.put("class loaders", jcmd(pid, "VM.classloader_stats").lines()
                    .filter(line -> line.contains("BundleClassLoader")).count());
            descriptors(proc.resolve("fd")).forEach(target ->
                    counts.merge("descriptors of " + target, 1L, Long::sum));
            counts.put("folders of the bundle cache", count(daemon.data().resolve("cache")));
            counts.put("files of the temporary folder", count(daemon.data().resolve("tmp")));
            return new Footprint(counts, nativeBytes(memory), mappings(proc, memory),
                    residentBytes(proc));
        }

        /** How many there are, apart from those of metadata of classes, which has an account. */
        private static long mappings(Path proc, String memory) throws IOException {
            List<Matcher> spaces = memory.lines().map(CLASS_SPACE::matcher)
                    .filter(Matcher::matches).toList();
            assertFalse(spaces.isEmpty(), "no class space is told");
            return Files.readString(proc.resolve("maps")).lines()
                    .mapToLong(line -> Long.parseUnsignedLong(line.split("-")[0], 16))
                    .filter(start -> spaces.stream().noneMatch(space ->
                            start >= Long.parseUnsignedLong(space.group(1), 16)
                            && start < Long.parseUnsignedLong(space.group(2), 16))).count();
        }

        private static Map<String, Long> nativeBytes(String summary) {
            Map<String, Long> bytes = new TreeMap<>();
            Pattern line = Pattern.compile("-\\s+(\\w+) \\(reserved=\\d+KB, committed=(\\d+)KB.*");
            summary.lines().map(l -> line.matcher(l.strip())).filter(Matcher::matches)
                    .filter(m -> ACCOUNTS.contains(m.group(1)))
                    .forEach(m -> bytes.put(m.group(1), Long.parseLong(m.group(2)) << 10));
            return bytes;
        }

        /** Checks that nothing has grown since {@code before}. */
        void assertNotMoreThan(Footprint before) {
            assertEquals(before.counts, counts);
            for (String account : ACCOUNTS) {
                long slack = account.equals("Other") ? SLACK_OTHER_BYTES : SLACK_ACCOUNT_BYTES;
                assertTrue(nativeBytes.get(account) <= before.nativeBytes.get(account) + slack,
                        account);
            }
            assertTrue(mappings <= before.mappings + SLACK_MAPPINGS, "mappings");
            assertTrue(residentBytes <= before.residentBytes + SLACK_RESIDENT_BYTES, "memory");
        }

        private static String jcmd(String... arguments) throws Exception {
            String program = Path.of(System.getProperty("java.home"), "bin/jcmd").toString();
            Command done = Command.run(Stream.concat(Stream.of(program),
                    Stream.of(arguments)).toArray(String[]::new));
            assertEquals(0, done.exitCode(), done.err());
            return done.out();
        }

        private static long count(Path entries) throws IOException {
            try (Stream<Path> list = Files.list(entries)) {
                return list.count();
            }
        }

        /** What they stand for, without the numbers that the system gives. */
        private static List<String> descriptors(Path folder) throws IOException {
            try (Stream<Path> list = Files.list(folder)) {
                return list.map(Footprint::target).map(t -> t.replaceAll("\\d+", "")).toList();
            }
        }

        private static String target(Path link) {
            try {
                return Files.readSymbolicLink(link).toString();
            } catch (IOException e) {
                return "what is closed meanwhile";
            }
        }

        private static long residentBytes(Path proc) throws IOException {
            return Files.readString(proc.resolve("status")).lines()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10).sum();
        }

        static long threads(Daemon daemon) throws IOException {
            return count(Path.of("/proc", Long.toString(daemon.pid()), "task"));
        }
    }

    @Test
    void upgradesLeaveNothingBehind() throws Exception {
        Disk disk = Disk.create(folder, "qcow2", 16 * MIB);
        Path qmpSocket = folder.resolve("qmp");
        try (Daemon daemon = Daemon.startWith(OPTIONS,
                "--blockdev", "driver=file,node-name=f,filename=" + disk.image(),
                "--blockdev", "driver=qcow2,node-name=q,file=f",
                "--blockdev", "driver=null-co,node-name=n,size=16M",
                "--blockdev", "driver=raw,node-name=r,file=n",
                "--object", "iothread,id=io0",
                "--export", "vhost-user-blk,id=e,node-name=q,writable=on,iothread=io0,"
                        + "addr.type=unix,addr.path=" + folder.resolve("blk"),
                "--chardev", "socket,id=m,path=" + qmpSocket + ",server=on,wait=off",
                "--monitor", "m", "--no-shell"); Qmp qmp = Qmp.connect(qmpSocket)) {
            Upgrades upgrades = new Upgrades(daemon, qmp);
            upgrade(upgrades, 0, Math.max(UPGRADES / 3, DRIVERS.size() + 1));
            Footprint before = Footprint.of(daemon);
            long threads = Footprint.threads(daemon);
            upgrade(upgrades, UPGRADES, 2 * UPGRADES);
            Footprint after = Footprint.of(daemon);
            System.out.println("before " + before + "\nafter  " + after + ", threads " + threads
                    + " to " + Footprint.threads(daemon));
            after.assertNotMoreThan(before);
            assertTrue(Footprint.threads(daemon) <= threads + 2, "threads");
            assertEquals(0, daemon.stop(), daemon.err());
        }
    }

    private void upgrade(Upgrades upgrades, int from, int to) throws Exception {
        for (int i = from; i < to; i++) {
            int what = i % (DRIVERS.size() + 1);
            if (what < DRIVERS.size()) {
                String driver = DRIVERS.get(what);
                upgrades.driver(driver, TestBundle.versionOf("io.backplane.driver."
                        + driver.replace("-", ""), "0.2." + what, folder));
            } else {
                upgrades.device(DEVICE, TestBundle.versionOf("io.backplane.device.virtio.blk",
                        "0.2." + i, folder));
            }
        }
    }
}
