package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A Linux guest writes and checks with fio while what serves its disk is exchanged, over and over:
 * the format, the file below it, the device above it. The property {@code backplane.vm.upgrades}
 * says how often each (default 10; 100 in long runs), {@code backplane.vm.drivers} which.
 */
@Tag("vm")
class RealGuestUpgradeTest {
    private static final int UPGRADES = Integer.getInteger("backplane.vm.upgrades", 10);
    private static final List<String> WHAT = List.of(System.getProperty("backplane.vm.drivers",
            "qcow2,file,virtio-blk").split(","));
    private static final String DEVICE = "virtio-blk";
    private static final int QUEUES = 2;

    private static final String FIO = "fio --name=verify --filename=/dev/vda --direct=1"
            + " --ioengine=libaio --iodepth=16 --rw=randwrite --bsrange=4k-64k --numjobs=2"
            + " --size=12M --offset_increment=12M --verify=crc32c --verify_fatal=1"
            + " --do_verify=1 --fdatasync=64 --group_reporting --minimal --randseed=%d"
            + " >/tmp/fio.out 2>&1 || { cat /tmp/fio.out; exit 1; }";

    @TempDir
    private Path folder;

    @Test
    void guestUnderFioSeesNothingButPauses() throws Exception {
        Disk disk = Disk.create(folder, "qcow2", 64 << 20).withIothreads(1);
        Path qmpSocket = folder.resolve("qmp.sock");
        Path socket = folder.resolve("disk.sock");
        List<String> arguments = new ArrayList<>(disk.arguments(socket, qmpSocket));
        arguments.add("--no-shell");
        try (Daemon daemon = Daemon.start(arguments.toArray(String[]::new));
                Qmp qmp = Qmp.connect(qmpSocket);
                Vm vm = Vm.boot(folder, socket, QUEUES, true)) {
            List<String> connections = vm.sockets();
            Upgrades upgrades = new Upgrades(daemon, qmp);
            AtomicBoolean enough = new AtomicBoolean();
            CompletableFuture<Integer> load = CompletableFuture.supplyAsync(
                    () -> fioUntil(vm, enough));
            Thread.sleep(2000); // its first writes
            upgradeAll(upgrades, load);
            enough.set(true);
            System.out.println("fio ran " + load.get() + " times, clean");
            assertEquals(connections, vm.sockets(), "QEMU connected again");
            vm.assertNoErrors();
            String sum = vm.run("md5sum /dev/vda").strip().split(" ")[0];
            vm.powerOff();
            assertEquals(0, daemon.stop(), daemon.err());
            assertImage(disk, sum);
        }
    }

    private static int fioUntil(Vm vm, AtomicBoolean enough) {
        try {
            int runs = 0;
            while (!enough.get()) {
                vm.run(String.format(FIO, ++runs), 600);
            }
            return runs;
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void upgradeAll(Upgrades upgrades, CompletableFuture<Integer> load)
            throws Exception {
        for (int i = 1; i <= UPGRADES; i++) {
            for (String what : WHAT) {
                if (isPlain(i)) {
                    upgrades.plainUpdate(bundle(what));
                } else if (what.equals(DEVICE)) {
                    Path jar = TestBundle.versionOf(bundle(what), "0.2." + i, folder);
                    upgrades.device(what, jar);
                } else {
                    upgrades.driver(what, TestBundle.versionOf(bundle(what), "0.2." + i, folder));
                }
                assertTrue(!load.isDone(), "the guest's load ended");
            }
        }
        for (String what : WHAT) {
            List<Double> pauses = what.equals(DEVICE) ? upgrades.devicePausesMs()
                    : upgrades.driverPausesMs(what);
            assertEquals(UPGRADES, pauses.size(), what);
            List<Double> plain = new ArrayList<>();
            List<Double> jobs = new ArrayList<>();
            for (int i = 1; i <= UPGRADES; i++) {
                (isPlain(i) ? plain : jobs).add(pauses.get(i - 1));
            }
            Upgrades.print(what + " by job", jobs);
            Upgrades.print(what + " by felix:update", plain);
        }
    }

    private static boolean isPlain(int upgrade) {
        return upgrade % 5 == 0;
    }

    private static String bundle(String what) {
        return what.equals(DEVICE) ? "io.backplane.device.virtio.blk" : "io.backplane.driver."
                + what;
    }

    private void assertImage(Disk disk, String sum) throws Exception {
        Command check = Command.run("qemu-img", "check", disk.image().toString());
        assertEquals(0, check.exitCode(), check.out() + check.err());
        Path raw = folder.resolve("contents.raw");
        Command convert = Command.run("qemu-img", "convert", "-O", "raw",
                disk.image().toString(), raw.toString());
        assertEquals(0, convert.exitCode(), convert.err());
        assertEquals(sum, Command.run("md5sum", raw.toString()).out().split(" ")[0]);
        Files.delete(raw);
    }
}
