package io.backplane.driver.qcow2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
}
