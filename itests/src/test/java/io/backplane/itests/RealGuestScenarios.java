package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a stock Linux guest does with a disk, in an emulated machine. At the end of each scenario
 * the image is checked by {@code qemu-img}, and its contents are compared with what the guest read
 * last.
 */
@Tag("vm")
abstract class RealGuestScenarios {
    private static final long MIB = 1 << 20;
    private static final long DISK_BYTES = 128 * MIB;
    private static final int QUEUES = 4;

    /** Verifying random writes, {@code %d} MiB for each of four jobs, on the raw disk. */
    private static final String FIO = "fio --name=verify --filename=/dev/vda --direct=1"
            + " --ioengine=libaio --iodepth=16 --rw=randwrite --bsrange=4k-64k --numjobs=4"
            + " --size=%dM --offset_increment=%1$dM --verify=crc32c --verify_fatal=1"
            + " --do_verify=1 --group_reporting --minimal --randseed=%2$d >/tmp/fio.out 2>&1"
            + " || { cat /tmp/fio.out; exit 1; }";

    @TempDir
    Path folder;

    /** The implementation under test. */
    abstract Backend backend(Path place, Disk disk) throws IOException;

    @Test
    void fileSystemSurvivesRebootOnQcow2() throws Exception {
        fileSystemSurvivesReboot("qcow2");
    }

    @Test
    void fileSystemSurvivesRebootOnRaw() throws Exception {
        fileSystemSurvivesReboot("raw");
    }

    private void fileSystemSurvivesReboot(String format) throws Exception {
        try (Backend backend = started(Disk.create(folder, format, DISK_BYTES))) {
            try (Vm vm = Vm.boot(folder, backend.socket(), QUEUES, false)) {
                vm.run("""
                        printf 'o\\nn\\np\\n1\\n\\n\\nw\\n' | fdisk /dev/vda >/tmp/fdisk 2>&1
                        mkfs.ext4 -q /dev/vda1
                        mount -t ext4 /dev/vda1 /mnt
                        mkdir /mnt/tree
                        cp -a /bin /modules /lib /init /mnt/tree
                        dd if=/dev/urandom of=/mnt/tree/random bs=64k count=256 2>/dev/null
                        for i in $(seq 200); do echo file $i >/mnt/tree/small-$i; done
                        cd /mnt && find tree -type f | sort | xargs md5sum >sums && cd /
                        sync
                        umount /mnt""");
                vm.assertNoErrors();
                vm.powerOff();
            }
            String sum;
            try (Vm vm = Vm.boot(folder, backend.socket(), QUEUES, false)) {
                vm.run("""
                        e2fsck -f -n /dev/vda1
                        mount -t ext4 /dev/vda1 /mnt
                        cd /mnt && md5sum -c sums >/tmp/sums.out || { cat /tmp/sums.out; exit 1; }
                        cd /; umount /mnt""");
                sum = diskSum(vm);
                vm.assertNoErrors();
                vm.powerOff();
            }
            backend.stop();
            assertImage(backend.disk(), sum);
        }
    }

    @Test
    void fourQueuesOnTwoIoThreadsKeepWhatFioWrites() throws Exception {
        long seed = System.nanoTime() & 0xffffff;
        System.out.println("seed " + seed);
        Disk disk = Disk.create(folder, "qcow2", DISK_BYTES).withIothreads(2);
        try (Backend backend = started(disk);
                Vm vm = Vm.boot(folder, backend.socket(), QUEUES, true)) {
            assertEquals(Integer.toString(QUEUES),
                    vm.run("ls /sys/block/vda/mq | wc -l").strip());
            vm.run(String.format(FIO, 16, seed));
            String sum = diskSum(vm);
            vm.assertNoErrors();
            vm.powerOff();
            backend.stop();
            assertImage(backend.disk(), sum);
        }
    }

    @Test
    void flushReachesTheDevice() throws Exception {
        try (Backend backend = started(Disk.create(folder, "qcow2", DISK_BYTES));
                Vm vm = Vm.boot(folder, backend.socket(), QUEUES, false)) {
            assumeTrue(backend.showsWritebackCache(), "the peer shows a write-through cache");
            assertEquals("write back", vm.run("cat /sys/block/vda/queue/write_cache").strip());
            vm.run("echo 'write through' >/sys/block/vda/queue/write_cache");
            vm.run("dd if=/dev/urandom of=/dev/vda bs=64k count=16 conv=fsync 2>/dev/null");
            vm.assertNoErrors();
        }
    }

    @Test
    void discardReturnsSpace() throws Exception {
        try (Backend backend = started(Disk.create(folder, "qcow2", DISK_BYTES));
                Vm vm = Vm.boot(folder, backend.socket(), QUEUES, false)) {
            vm.run("""
                    mkfs.ext4 -q /dev/vda
                    mount -t ext4 /dev/vda /mnt
                    dd if=/dev/urandom of=/mnt/big bs=1M count=64 2>/dev/null
                    sync""");
            long full = allocatedBytes(backend.disk().image());
            assertTrue(full > 60 * MIB, "allocated after writing: " + full);
            vm.run("rm /mnt/big; sync; fstrim /mnt; umount /mnt; e2fsck -f -n /dev/vda");
            long trimmed = allocatedBytes(backend.disk().image());
            assertTrue(trimmed < full - 48 * MIB,
                    "allocated " + full + " before fstrim and " + trimmed + " after");
            String sum = diskSum(vm);
            vm.assertNoErrors();
            vm.powerOff();
            backend.stop();
            assertImage(backend.disk(), sum);
        }
    }

    @Test
    void resizeReachesTheGuest() throws Exception {
        try (Backend backend = started(Disk.create(folder, "qcow2", DISK_BYTES))) {
            assumeTrue(backend.announcesResize(), "the peer does not tell of a resize");
            resizeReachesTheGuest(backend);
        }
    }

    private void resizeReachesTheGuest(Backend backend) throws Exception {
        try (Vm vm = Vm.boot(folder, backend.socket(), QUEUES, false);
                Qmp qmp = Qmp.connect(backend.qmp())) {
            vm.run("mkfs.ext4 -q /dev/vda; mount -t ext4 /dev/vda /mnt; echo hi >/mnt/file");
            qmp.execute("{'execute': 'block_resize', 'arguments': {'node-name': 'disk', 'size': "
                    + 2 * DISK_BYTES + "}}");
            vm.run("for i in $(seq 100); do [ $(cat /sys/block/vda/size) = "
                    + 2 * DISK_BYTES / 512 + " ] && exit 0; usleep 100000; done; "
                    + "cat /sys/block/vda/size; exit 1");
            vm.run("""
                    umount /mnt
                    e2fsck -f -n /dev/vda
                    resize2fs /dev/vda >/dev/null 2>&1
                    mount -t ext4 /dev/vda /mnt
                    dd if=/dev/urandom of=/mnt/big bs=1M count=150 2>/dev/null
                    umount /mnt
                    e2fsck -f -n /dev/vda""");
            String sum = diskSum(vm);
            vm.assertNoErrors();
            vm.powerOff();
            backend.stop();
            assertImage(backend.disk(), sum);
        }
    }

    @Test
    void killedUnderLoadItComesBackAndTheGuestSeesNoErrorOnQcow2() throws Exception {
        killedUnderLoad(Disk.create(folder, "qcow2", DISK_BYTES).withIothreads(2));
    }

    @Test
    void killedUnderLoadItComesBackAndTheGuestSeesNoErrorOnRaw() throws Exception {
        killedUnderLoad(Disk.create(folder, "raw", DISK_BYTES).withIothreads(2));
    }

    private void killedUnderLoad(Disk disk) throws Exception {
        long seed = System.nanoTime() & 0xffffff;
        System.out.println("seed " + seed);
        try (Backend backend = started(disk)) {
            assumeTrue(backend.survivesKill(), "the peer has no in-flight area");
            try (Vm vm = Vm.boot(folder, backend.socket(), QUEUES, true)) {
                vm.start(String.format(FIO, 32, seed));
                for (int i = 0; i < 3; i++) {
                    Thread.sleep(2500);
                    backend.kill();
                    backend.start();
                }
                Vm.Result result = vm.await(300);
                assertEquals(0, result.exitCode(), () -> shortened(result.out()));
                String sum = diskSum(vm);
                vm.assertNoErrors();
                vm.powerOff();
                backend.stop();
                assertImageAfterKill(backend.disk(), sum);
            }
        }
    }

    @Test
    void stoppedUnderLoadItEndsCleanlyAndTheGuestGoesOn() throws Exception {
        long seed = System.nanoTime() & 0xffffff;
        System.out.println("seed " + seed);
        try (Backend backend = started(Disk.create(folder, "qcow2", DISK_BYTES))) {
            assumeTrue(backend.survivesKill(), "the peer has no in-flight area");
            try (Vm vm = Vm.boot(folder, backend.socket(), QUEUES, true)) {
                vm.start(String.format(FIO, 24, seed));
                for (int i = 0; i < 2; i++) {
                    Thread.sleep(2500);
                    backend.stop();
                    assertClean(backend.disk());
                    backend.start();
                }
                Vm.Result result = vm.await(300);
                assertEquals(0, result.exitCode(), () -> shortened(result.out()));
                String sum = diskSum(vm);
                vm.assertNoErrors();
                vm.powerOff();
                backend.stop();
                assertImage(backend.disk(), sum);
            }
        }
    }

    private static String shortened(String text) {
        return text.length() < 3000 ? text : text.substring(0, 3000) + " ...";
    }

    private Backend started(Disk disk) throws IOException, InterruptedException {
        Backend backend = backend(folder, disk);
        try {
            backend.start();
            return backend;
        } catch (Throwable e) {
            backend.close();
            throw e;
        }
    }

    /** Checksum of the whole disk as the guest reads it. */
    private static String diskSum(Vm vm) throws IOException, InterruptedException {
        return vm.run("sync; echo 3 >/proc/sys/vm/drop_caches; md5sum /dev/vda")
                .strip().split(" ")[0];
    }

    private static void assertClean(Disk disk) throws IOException, InterruptedException {
        if (!disk.format().equals("raw")) {
            Command check = Command.run("qemu-img", "check", disk.image().toString());
            assertEquals(0, check.exitCode(), check.out() + check.err());
        }
    }

    /** The image is sound and contains what the guest read. */
    private void assertImage(Disk disk, String sum) throws IOException, InterruptedException {
        assertClean(disk);
        assertContents(disk, sum);
    }

    /** The same, but leaked clusters (exit code 3) are what a kill may leave. */
    private void assertImageAfterKill(Disk disk, String sum)
            throws IOException, InterruptedException {
        if (!disk.format().equals("raw")) {
            Command check = Command.run("qemu-img", "check", disk.image().toString());
            assertTrue(check.exitCode() == 0 || check.exitCode() == 3, check.out() + check.err());
        }
        assertContents(disk, sum);
    }

    private void assertContents(Disk disk, String sum) throws IOException, InterruptedException {
        Path raw = folder.resolve("contents.raw");
        Command convert = Command.run("qemu-img", "convert", "-f", disk.format(), "-O", "raw",
                disk.image().toString(), raw.toString());
        assertEquals(0, convert.exitCode(), convert.err());
        assertEquals(sum, Command.run("md5sum", raw.toString()).out().split(" ")[0],
                "contents by qemu-img and by the guest");
        Command compare = Command.run("qemu-img", "compare", "-f", disk.format(), "-F", "raw",
                disk.image().toString(), raw.toString());
        assertEquals(0, compare.exitCode(), compare.out() + compare.err());
        Files.delete(raw);
    }

    private static long allocatedBytes(Path file) throws IOException, InterruptedException {
        return Long.parseLong(Command.run("stat", "-c", "%b", file.toString()).out().strip())
                * 512;
    }
}
