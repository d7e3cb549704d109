package io.backplane.tool.guest;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.backplane.tool.guest.frontend.BlkConfig;
import io.backplane.tool.guest.frontend.BlkQueue;
import io.backplane.tool.guest.frontend.Features;
import io.backplane.tool.guest.frontend.GuestDevice;
import io.backplane.tool.guest.frontend.GuestDisk;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code backplane guest info}: what the disk is and what the back-end can do. */
@Command(name = "info", sortOptions = false,
        description = "Show capacity, limits and features of the disk.")
final class InfoCommand implements Callable<Integer> {
    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().create();

    @ParentCommand
    private Main main;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        try (GuestDisk disk = GuestDisk.connect(main.device(spec))) {
            JsonObject info = describe(disk);
            System.out.print(main.json() ? GSON.toJson(info) + System.lineSeparator()
                    : text(info));
        }
        return 0;
    }

    private static JsonObject describe(GuestDisk disk) throws IOException {
        GuestDevice device = disk.device();
        JsonObject info = new JsonObject();
        BlkConfig config = device.config();
        if (config != null) {
            long features = device.deviceFeatures();
            info.addProperty("capacity-bytes", disk.capacityBytes());
            info.addProperty("block-bytes", config.blockBytes());
            info.addProperty("read-only", (features & Features.BLK_RO) != 0);
            if ((features & (Features.BLK_CONFIG_WCE | Features.BLK_FLUSH)) != 0) {
                info.addProperty("cache", (features & Features.BLK_CONFIG_WCE) == 0
                        || config.writeback() != 0 ? "writeback" : "writethrough");
            }
            info.addProperty("segments-max", config.segmentsMax());
            info.addProperty("queues", (features & Features.BLK_MQ) != 0 ? config.queues() : 1);
            if ((features & Features.BLK_TOPOLOGY) != 0) {
                info.addProperty("physical-block-bytes",
                        config.blockBytes() << config.physicalBlockExponent());
                info.addProperty("min-io-bytes", config.minIoBlocks() * config.blockBytes());
                info.addProperty("optimal-io-bytes",
                        config.optimalIoBlocks() * config.blockBytes());
            }
            if ((features & Features.BLK_DISCARD) != 0) {
                info.addProperty("discard-bytes-max", sectors(config.discardSectorsMax()));
                info.addProperty("discard-segments-max", config.discardSegmentsMax());
                info.addProperty("discard-alignment-bytes",
                        sectors(config.discardAlignmentSectors()));
            }
            if ((features & Features.BLK_WRITE_ZEROES) != 0) {
                info.addProperty("zeroes-bytes-max", sectors(config.zeroesSectorsMax()));
                info.addProperty("zeroes-segments-max", config.zeroesSegmentsMax());
                info.addProperty("zeroes-may-unmap", config.zeroesMayUnmap() != 0);
            }
        }
        String id = disk.id();
        if (id != null) {
            info.addProperty("id", id);
        }
        info.addProperty("back-end-queues", device.queuesMax());
        info.add("features", array(Features.deviceNames(device.deviceFeatures())));
        info.add("protocol-features", array(Features.protocolNames(device.deviceProtocol())));
        return info;
    }

    private static long sectors(long count) {
        return count * BlkQueue.SECTOR_BYTES;
    }

    private static JsonArray array(List<String> names) {
        JsonArray array = new JsonArray();
        names.forEach(array::add);
        return array;
    }

    private static String text(JsonObject info) {
        StringBuilder text = new StringBuilder(1024);
        for (Map.Entry<String, com.google.gson.JsonElement> entry : info.entrySet()) {
            String value = entry.getValue().isJsonArray()
                    ? String.join(" ", entry.getValue().getAsJsonArray().asList().stream()
                            .map(e -> e.getAsString()).toList())
                    : entry.getValue().getAsString();
            if (entry.getKey().equals("capacity-bytes")) {
                value = String.format(Locale.ROOT, "%s (%.2f MiB)", value,
                        entry.getValue().getAsLong() / 1048576.0);
            }
            text.append(String.format("%-24s %s", entry.getKey(), value))
                    .append(System.lineSeparator());
        }
        return text.toString();
    }
}
