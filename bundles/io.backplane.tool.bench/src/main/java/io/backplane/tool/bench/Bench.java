package io.backplane.tool.bench;

import io.backplane.tool.guest.BenchLoad;
import io.backplane.tool.guest.BenchResult;
import io.backplane.tool.guest.frontend.DeviceOptions;
import io.backplane.tool.guest.frontend.GuestDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs cases: both servers serve the same thing, passes alternate between them, the order within a
 * pair changes from pair to pair. A JVM is warmed up before it is measured.
 *
 * @param script the distribution's start script
 * @param peer whether qemu-storage-daemon takes part
 * @param pairs passes of each server
 * @param seconds length of a pass
 * @param warmupSeconds warm-up of our daemon before the first pass
 * @param images files to serve
 * @param sockets folder for sockets and logs
 */
record Bench(Path script, boolean peer, int pairs, double seconds, double warmupSeconds,
        Images images, Path sockets) {
    private static final double PASS_WARMUP_SECONDS = 0.2;
    private static final double PEER_WARMUP_SECONDS = 0.5;
    private static final long NULL_BYTES = 1L << 30;

    /** Runs one case. */
    CaseResult run(BenchCase one) throws IOException, InterruptedException {
        List<Path> files = new ArrayList<>();
        List<BenchResult> ours = new ArrayList<>();
        List<BenchResult> theirs = new ArrayList<>();
        try (Server mine = startOurs(one, files);
                Server other = peer ? startPeer(one, files) : null) {
            warmUp(one, mine, warmupSeconds);
            if (other != null) {
                warmUp(one, other, PEER_WARMUP_SECONDS);
            }
            pin(one, mine);
            pin(one, other);
            for (int pair = 0; pair < pairs; pair++) {
                if (other != null && pair % 2 == 1) {
                    theirs.add(pass(one, other, pair));
                }
                ours.add(pass(one, mine, pair));
                if (other != null && pair % 2 == 0) {
                    theirs.add(pass(one, other, pair));
                }
            }
        } finally {
            if (one.storage() == BenchCase.Storage.QCOW2_FRESH) {
                for (Path file : files) {
                    images.remove(file);
                }
            }
        }
        return CaseResult.of(one, ours, theirs);
    }

    private Server startOurs(BenchCase one, List<Path> files)
            throws IOException, InterruptedException {
        return Server.start(List.of(script.toString(), "run", "--no-shell", "--data",
                sockets.resolve("data").toString()), sockets.resolve("ours"),
                exports(one, files), one.queues());
    }

    private Server startPeer(BenchCase one, List<Path> files)
            throws IOException, InterruptedException {
        return Server.start(List.of("qemu-storage-daemon"), sockets.resolve("peer"),
                exports(one, files), one.queues());
    }

    /** The nodes of each export: one, or for fresh images one a pass and one to warm up with. */
    private List<List<String>> exports(BenchCase one, List<Path> files)
            throws IOException, InterruptedException {
        int count = one.storage() == BenchCase.Storage.QCOW2_FRESH ? pairs + 1 : 1;
        List<List<String>> exports = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String disk = "node-name=disk" + i;
            String file = ",node-name=file" + i + ",aio=io_uring,locking=off";
            exports.add(switch (one.storage()) {
                case NULL -> List.of("--blockdev", "driver=null-co,size=" + NULL_BYTES
                        + ",read-zeroes=off," + disk);
                case RAW -> List.of("--blockdev", "driver=file,filename=" + images.raw() + file,
                        "--blockdev", "driver=raw,file=file" + i + "," + disk);
                case RAW_DIRECT -> List.of("--blockdev", "driver=file,cache.direct=on,filename="
                        + images.raw() + file,
                        "--blockdev", "driver=raw,cache.direct=on,file=file" + i + "," + disk);
                case QCOW2 -> qcow2(images.qcow2(), file, i);
                case QCOW2_EMPTY, QCOW2_FRESH -> {
                    Path fresh = images.fresh();
                    files.add(fresh);
                    yield qcow2(fresh, file, i);
                }
            });
        }
        return exports;
    }

    private static List<String> qcow2(Path image, String file, int index) {
        return List.of("--blockdev", "driver=file,cache.direct=on,filename=" + image + file,
                "--blockdev", "driver=qcow2,cache.direct=on,l2-cache-size=4194304,file=file"
                        + index + ",node-name=disk" + index);
    }

    private static void warmUp(BenchCase one, Server server, double seconds) throws IOException {
        BenchCase deep = new BenchCase(one.name(), one.storage(), one.op(), one.blockBytes(),
                Math.max(one.depth(), one.blockBytes() > 4096 ? one.depth() : 32), one.queues(),
                one.waiting(), BenchCase.Placement.FREE, 0, 0, 0, false);
        measure(deep.load(0.05, seconds, server.pid(), 99), server, 0);
    }

    private static void pin(BenchCase one, Server server) throws IOException {
        if (server != null && one.serverCpu() >= 0) {
            server.pin(one.serverCpu());
        }
    }

    private BenchResult pass(BenchCase one, Server server, int pair) throws IOException {
        int export = one.storage() == BenchCase.Storage.QCOW2_FRESH ? pair + 1 : 0;
        return measure(one.load(seconds, PASS_WARMUP_SECONDS, server.pid(), pair + 1), server,
                export);
    }

    private static BenchResult measure(BenchLoad load, Server server, int export)
            throws IOException {
        DeviceOptions options = load.device(DeviceOptions.of(server.socket(export).toString())
                .withRing(true, true, 1));
        try (GuestDevice device = GuestDevice.connect(options)) {
            BenchResult result = load.run(device);
            if (result.errors() > 0) {
                throw new IOException(result.errors() + " requests failed");
            }
            return result;
        }
    }
}
