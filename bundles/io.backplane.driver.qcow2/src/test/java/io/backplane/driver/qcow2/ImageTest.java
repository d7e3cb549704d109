package io.backplane.driver.qcow2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.block.BlockException;
import io.backplane.block.Preallocation;
import io.backplane.block.RequestFlags;
import io.backplane.block.spi.CheckableNode.CheckResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Images of ours, read by others, and the reverse. */
class ImageTest {
    private static final int MIB = 1 << 20;

    @TempDir
    Path folder;

    private void assertClean(Qcow2Node node) throws Exception {
        List<String> found = new ArrayList<>();
        CheckResult result = OnImage.awaitCheck(node, found, found);
        assertEquals(List.of(), found);
        assertEquals(0, result.corruptions() + result.leaks());
    }

    @ParameterizedTest
    @CsvSource({"512,V3,16,false", "512,V3,64,false", "4096,V2,16,false", "65536,V3,16,false",
        "65536,V3,1,false", "65536,V3,2,false", "65536,V3,4,false", "65536,V3,8,false",
        "65536,V3,32,false", "2097152,V3,16,false", "65536,V3,16,true", "16384,V3,16,true"})
    void writesAreReadBackByQemu(int cluster, Qcow2Version version, int refcountBits,
            boolean extended) throws Exception {
        Qemu.assumeInstalled();
        Path path = folder.resolve("image.qcow2");
        Path raw = folder.resolve("image.raw");
        byte[] model = new byte[24 * MIB];
        try (OnImage on = new OnImage(1)) {
            on.file.slow = false;
            on.run(() -> {
                on.awaitCreate(OnImage.create(model.length, cluster, version, refcountBits,
                        extended, Preallocation.OFF, false));
                Qcow2Node node = on.awaitOpen();
                long[][] writes = {{0, 512}, {100_000, 5_000}, {MIB, 3 * MIB}, {MIB + 100, 300},
                    {9 * MIB + 7, 70_000}, {model.length - 1000, 1000}, {5 * MIB - 3, 6}};
                for (int i = 0; i < writes.length; i++) {
                    byte[] data = OnImage.pattern((int) writes[i][1], i);
                    OnImage.write(node, writes[i][0], data);
                    System.arraycopy(data, 0, model, (int) writes[i][0], data.length);
                }
                assertArrayEquals(model, OnImage.read(node, 0, model.length));
                node.flush();
                assertClean(node);
                on.awaitClose(node);
                node = on.awaitOpen();
                assertArrayEquals(model, OnImage.read(node, 0, model.length));
                on.awaitClose(node);
            });
            on.file.save(path);
        }
        Qemu.check(path);
        Qemu.ok("qemu-img", "convert", "-f", "qcow2", "-O", "raw", path.toString(),
                raw.toString());
        assertArrayEquals(model, Files.readAllBytes(raw));
    }

    @ParameterizedTest
    @CsvSource({"compat=0.10", "compat=1.1", "cluster_size=512", "cluster_size=2M",
        "refcount_bits=1", "refcount_bits=64", "extended_l2=on", "preallocation=metadata",
        "lazy_refcounts=on", "compression_type=zstd", "preallocation=full"})
    void imagesOfQemuAreReadAndWritten(String option) throws Exception {
        Qemu.assumeInstalled();
        Path path = folder.resolve("image.qcow2");
        Path raw = folder.resolve("image.raw");
        Qemu.ok("qemu-img", "create", "-q", "-f", "qcow2", "-o", option, path.toString(), "8M");
        // Compressed clusters cannot be preallocated, and are written whole.
        String packed = option.startsWith("prealloc") ? "" : "-c ";
        String unit = option.contains("2M") ? "2M" : "128k";
        Qemu.io(path, "write -P 1 0 64k", "write -P 2 100k 200k",
                "write " + packed + "-P 4 2M " + unit, "write -z 3M 128k", "write -P 5 4M 1M",
                "discard 4500k 128k", "write -P 6 8191k 1k");
        Qemu.ok("qemu-img", "convert", "-f", "qcow2", "-O", "raw", path.toString(),
                raw.toString());
        byte[] model = Files.readAllBytes(raw);
        try (OnImage on = new OnImage(1)) {
            on.file = MemoryDisk.load("file", on.loops, path);
            on.file.slow = false;
            on.run(() -> {
                Qcow2Node node = on.awaitOpen(true);
                assertArrayEquals(model, OnImage.read(node, 0, model.length));
                assertClean(node);
                on.awaitClose(node);
                node = on.awaitOpen();
                long[][] writes = {{10, 100}, {MIB + 1000, 5000}, {2 * MIB, 200_000},
                    {3 * MIB + 5, 1000}, {4600_000, 50_000}, {6 * MIB, 100}};
                for (int i = 0; i < writes.length; i++) {
                    byte[] data = OnImage.pattern((int) writes[i][1], i);
                    OnImage.write(node, writes[i][0], data);
                    System.arraycopy(data, 0, model, (int) writes[i][0], data.length);
                }
                node.pwriteZeroes(0, 2 * MIB, RequestFlags.MAY_UNMAP);
                java.util.Arrays.fill(model, 0, 2 * MIB, (byte) 0);
                node.pdiscard(6 * MIB, 2 * MIB);
                java.util.Arrays.fill(model, 6 * MIB, 8 * MIB, (byte) 0);
                assertArrayEquals(model, OnImage.read(node, 0, model.length));
                node.flush();
                on.awaitClose(node);
                node = on.awaitOpen(true);
                assertClean(node);
                on.awaitClose(node);
            });
            on.file.save(path);
        }
        Qemu.check(path);
        Qemu.ok("qemu-img", "convert", "-f", "qcow2", "-O", "raw", path.toString(),
                raw.toString());
        assertArrayEquals(model, Files.readAllBytes(raw));
    }

    @ParameterizedTest
    @CsvSource({"compat=0.10", "compat=1.1", "cluster_size=512", "extended_l2=on"})
    void snapshotsKeepWhatTheyHold(String option) throws Exception {
        Qemu.assumeInstalled();
        Path path = folder.resolve("image.qcow2");
        Path raw = folder.resolve("image.raw");
        Qemu.ok("qemu-img", "create", "-q", "-f", "qcow2", "-o", option, path.toString(), "4M");
        Qemu.io(path, "write -P 1 0 1M", "write -P 2 2M 300k", "write -c -P 3 3M 64k");
        Qemu.ok("qemu-img", "convert", "-f", "qcow2", "-O", "raw", path.toString(),
                raw.toString());
        byte[] before = Files.readAllBytes(raw);
        Qemu.ok("qemu-img", "snapshot", "-c", "one", path.toString());
        byte[] model = before.clone();
        try (OnImage on = new OnImage(1)) {
            on.file = MemoryDisk.load("file", on.loops, path);
            on.file.slow = false;
            on.run(() -> {
                Qcow2Node node = on.awaitOpen();
                assertClean(node);
                long[][] writes = {{1000, 100}, {MIB / 2, 200_000}, {3 * MIB + 10, 20},
                    {2 * MIB - 50, 100}};
                for (int i = 0; i < writes.length; i++) {
                    byte[] data = OnImage.pattern((int) writes[i][1], i);
                    OnImage.write(node, writes[i][0], data);
                    System.arraycopy(data, 0, model, (int) writes[i][0], data.length);
                }
                node.pdiscard(2 * MIB + 128 * 1024, 64 * 1024);
                java.util.Arrays.fill(model, 2 * MIB + 128 * 1024, 2 * MIB + 192 * 1024,
                        (byte) 0);
                assertArrayEquals(model, OnImage.read(node, 0, model.length));
                on.awaitClose(node);
                node = on.awaitOpen(true);
                assertClean(node);
                on.awaitClose(node);
            });
            on.file.save(path);
        }
        Qemu.check(path);
        Qemu.ok("qemu-img", "convert", "-f", "qcow2", "-O", "raw", path.toString(),
                raw.toString());
        assertArrayEquals(model, Files.readAllBytes(raw));
        Qemu.ok("qemu-img", "snapshot", "-a", "one", path.toString());
        Qemu.check(path);
        Qemu.ok("qemu-img", "convert", "-f", "qcow2", "-O", "raw", path.toString(),
                raw.toString());
        assertArrayEquals(before, Files.readAllBytes(raw));
    }

    @ParameterizedTest
    @CsvSource({"OFF,false,65536", "METADATA,false,65536", "FALLOC,false,65536",
        "FULL,false,4096", "METADATA,true,65536", "METADATA,false,2097152",
        "METADATA,false,512"})
    void createdAndGrownImagesPassQemuImgCheck(Preallocation mode, boolean extended, int cluster)
            throws Exception {
        Qemu.assumeInstalled();
        Path path = folder.resolve("image.qcow2");
        byte[] data = OnImage.pattern(10_000, 3);
        try (OnImage on = new OnImage(1)) {
            on.file.slow = false;
            on.run(() -> {
                on.awaitCreate(OnImage.create(3 * MIB, cluster, Qcow2Version.V3, 16, extended,
                        mode, false));
                Qcow2Node node = on.awaitOpen();
                assertArrayEquals(new byte[3 * MIB], OnImage.read(node, 0, 3 * MIB));
                OnImage.write(node, 2 * MIB, data);
                node.truncate(64L * MIB, true, mode, 0);
                assertEquals(64L * MIB, node.length());
                OnImage.write(node, 63L * MIB, data);
                assertArrayEquals(data, OnImage.read(node, 2 * MIB, data.length));
                assertArrayEquals(new byte[MIB], OnImage.read(node, 10L * MIB, MIB));
                on.awaitClose(node);
                node = on.awaitOpen(true);
                assertClean(node);
                assertArrayEquals(data, OnImage.read(node, 63L * MIB, data.length));
                on.awaitClose(node);
            });
            on.file.save(path);
        }
        Qemu.check(path);
        String info = Qemu.ok("qemu-img", "info", path.toString());
        assertTrue(info.contains("virtual size: 64 MiB"), info);
        assertTrue(info.contains("extended l2: " + extended), info);
    }

    @Test
    void shrunkImageShowsZeroesWhenItGrowsAgain() throws Exception {
        Qemu.assumeInstalled();
        Path path = folder.resolve("image.qcow2");
        try (OnImage on = new OnImage(1)) {
            on.run(() -> {
                on.awaitCreate(OnImage.create(4 * MIB));
                Qcow2Node node = on.awaitOpen();
                OnImage.write(node, 0, OnImage.pattern(4 * MIB, 1));
                node.truncate(MIB + 512, true, Preallocation.OFF, 0);
                assertEquals(MIB + 512, node.length());
                node.truncate(4 * MIB, true, Preallocation.OFF, 0);
                assertArrayEquals(new byte[3 * MIB - 512],
                        OnImage.read(node, MIB + 512, 3 * MIB - 512));
                on.awaitClose(node);
            });
            on.file.save(path);
        }
        Qemu.check(path);
    }

    @Test
    void growingAboveALongerBackingFileHidesIt() throws Exception {
        try (OnImage on = new OnImage(1)) {
            on.backing = new MemoryDisk("backing", on.loops);
            on.backing.setLength(4 * MIB);
            on.backing.put(0, OnImage.pattern(4 * MIB, 1), 0, 4 * MIB);
            on.run(() -> {
                on.awaitCreate(OnImage.create(MIB + 1024));
                Qcow2Node node = on.awaitOpen();
                node.truncate(5 * MIB, true, Preallocation.OFF, 0);
                assertArrayEquals(java.util.Arrays.copyOf(OnImage.pattern(4 * MIB, 1), MIB + 1024),
                        OnImage.read(node, 0, MIB + 1024));
                assertArrayEquals(new byte[4 * MIB - 1024],
                        OnImage.read(node, MIB + 1024, 4 * MIB - 1024));
                assertClean(node);
                on.awaitClose(node);
            });
        }
    }

    @Test
    void externalDataFileHoldsTheDataAtItsOwnOffsets() throws Exception {
        Qemu.assumeInstalled();
        Path path = folder.resolve("image.qcow2");
        Path dataPath = folder.resolve("data.raw");
        Path raw = folder.resolve("out.raw");
        for (boolean rawBit : new boolean[] {false, true}) {
            byte[] model = new byte[4 * MIB];
            try (OnImage on = new OnImage(1)) {
                on.data = new MemoryDisk(dataPath.toString(), on.loops);
                on.run(() -> {
                    on.awaitCreate(new Qcow2CreateOptions(OnImage.REF,
                            new io.backplane.block.BlockdevRef.ByName("data"), rawBit, null,
                            4 * MIB, null, null, null, null, null, null, null, null, null));
                    Qcow2Node node = on.awaitOpen();
                    byte[] data = OnImage.pattern(300_000, 2);
                    OnImage.write(node, MIB + 77, data);
                    System.arraycopy(data, 0, model, MIB + 77, data.length);
                    OnImage.write(node, 100, data);
                    System.arraycopy(data, 0, model, 100, data.length);
                    node.pwriteZeroes(MIB, 65536, RequestFlags.MAY_UNMAP);
                    java.util.Arrays.fill(model, MIB, MIB + 65536, (byte) 0);
                    node.pdiscard(MIB + 65536, 65536);
                    if (!rawBit) {
                        java.util.Arrays.fill(model, MIB + 65536, MIB + 131072, (byte) 0);
                    }
                    assertArrayEquals(model, OnImage.read(node, 0, model.length));
                    assertClean(node);
                    assertEquals(dataPath.toString(),
                            ((Qcow2Info) node.imageInfo().formatSpecific()).dataFile());
                    on.awaitClose(node);
                });
                on.file.save(path);
                on.data.save(dataPath);
            }
            Qemu.check(path);
            Qemu.ok("qemu-img", "convert", "-f", "qcow2", "-O", "raw", path.toString(),
                    raw.toString());
            assertArrayEquals(model, Files.readAllBytes(raw));
            if (rawBit) {
                assertArrayEquals(model, Files.readAllBytes(dataPath));
            }
        }
    }

    @Test
    void backingNameAndFormatAreStoredAndImplied() throws Exception {
        Qemu.assumeInstalled();
        Path path = folder.resolve("image.qcow2");
        try (OnImage on = new OnImage(1)) {
            on.run(() -> {
                on.awaitCreate(new Qcow2CreateOptions(OnImage.REF, null, null, null, 4 * MIB,
                        null, "base.raw", "raw", null, null, null, null, null, null));
                Qcow2Node node = on.awaitOpen();
                assertEquals("base.raw", node.imageInfo().backingFile());
                assertEquals("raw", node.imageInfo().backingFormat());
                assertEquals(new io.backplane.block.spi.ImpliedChild("backing",
                        io.backplane.block.spi.ChildRole.BACKING, "base.raw", "raw"),
                        node.impliedChildren().get(0));
                on.awaitClose(node);
            });
            on.file.save(path);
        }
        Files.write(folder.resolve("base.raw"), OnImage.pattern(2 * MIB, 1));
        String info = Qemu.ok("qemu-img", "info", path.toString());
        assertTrue(info.contains("backing file: base.raw"), info);
        assertTrue(info.contains("backing file format: raw"), info);
        Qemu.check(path);
    }

    @Test
    void bitmapsAreMarkedInconsistentByTheFirstWriteOnly() throws Exception {
        Qemu.assumeInstalled();
        Path path = folder.resolve("image.qcow2");
        Qemu.ok("qemu-img", "create", "-q", "-f", "qcow2", path.toString(), "4M");
        Qemu.ok("qemu-img", "bitmap", "--add", path.toString(), "b0");
        try (OnImage on = new OnImage(1)) {
            on.file = MemoryDisk.load("file", on.loops, path);
            on.run(() -> {
                Qcow2Node node = on.awaitOpen();
                assertClean(node);
                on.awaitClose(node);
                assertEquals(1, on.file.getLong(Header.AT_AUTOCLEAR));
                node = on.awaitOpen();
                OnImage.write(node, 0, new byte[512]);
                assertEquals(0, on.file.getLong(Header.AT_AUTOCLEAR));
                on.awaitClose(node);
            });
        }
    }

    @Test
    void imageThatIsRefusedStaysAsItIs() throws Exception {
        try (OnImage on = new OnImage(1)) {
            on.run(() -> {
                on.awaitCreate(OnImage.create(MIB));
                on.file.putLong(Header.AT_L1 + 4, 1L << 32);
                on.file.truncate(on.file.length() - 1000, true, Preallocation.OFF, 0);
                long before = on.file.length();
                BlockException refused = assertThrows(BlockException.class, on::awaitOpen);
                assertTrue(refused.getMessage().contains("Active L1 table offset 4294967296"),
                        refused.getMessage());
                assertEquals(before, on.file.length());
            });
        }
    }

    @Test
    void dirtyImageOfQemuIsRepairedBeforeWriting() throws Exception {
        Qemu.assumeInstalled();
        Path path = folder.resolve("image.qcow2");
        Qemu.ok("qemu-img", "create", "-q", "-f", "qcow2", "-o", "lazy_refcounts=on",
                path.toString(), "64M");
        Qemu.run("qemu-io", "-f", "qcow2", "-c", "write -P 7 0 10M", "-c", "flush", "-c",
                "abort", path.toString());
        try (OnImage on = new OnImage(1)) {
            on.file = MemoryDisk.load("file", on.loops, path);
            on.file.slow = false;
            on.run(() -> {
                assertEquals(1, on.file.getLong(Header.AT_INCOMPATIBLE) & 1);
                Qcow2Node node = on.awaitOpen();
                assertEquals(0, on.file.getLong(Header.AT_INCOMPATIBLE) & 1);
                assertClean(node);
                byte[] expected = new byte[10 * MIB];
                java.util.Arrays.fill(expected, (byte) 7);
                assertArrayEquals(expected, OnImage.read(node, 0, expected.length));
                OnImage.write(node, 20 * MIB, new byte[100]);
                on.awaitClose(node);
            });
            on.file.save(path);
        }
        Qemu.check(path);
    }
}
