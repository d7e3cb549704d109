package io.backplane.tool.img;

import io.backplane.block.ImageInfo;
import io.backplane.block.SnapshotInfo;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** An image's description for people. */
final class InfoText {
    /** Members of the format's own record in the order people see them; others follow. */
    private static final List<String> ORDER = List.of("compat", "compression-type",
            "lazy-refcounts", "bitmaps", "refcount-bits", "encrypt", "data-file", "data-file-raw",
            "corrupt", "extended-l2");

    private InfoText() {
    }

    static String of(ImageDescription image) {
        ImageInfo info = image.info();
        StringBuilder out = new StringBuilder(512);
        out.append("image: ").append(image.filename())
                .append("\nfile format: ").append(image.format())
                .append("\nvirtual size: ").append(Sizes.human(image.virtualBytes())).append(" (")
                .append(image.virtualBytes()).append(" bytes)\ndisk size: ")
                .append(image.actualBytes() < 0 ? "unavailable"
                        : Sizes.human(image.actualBytes())).append('\n');
        if (info.encrypted()) {
            out.append("encrypted: yes\n");
        }
        if (info.clusterBytes() != 0) {
            out.append("cluster_size: ").append(info.clusterBytes()).append('\n');
        }
        if (Boolean.TRUE.equals(info.dirty())) {
            out.append("cleanly shut down: no\n");
        }
        backing(image, out);
        snapshots(info.snapshots(), out);
        if (info.formatSpecific() != null) {
            out.append("Format specific information:\n");
            members(sorted(OptionRecords.members(info.formatSpecific())), 1, out);
        }
        return out.toString();
    }

    private static void backing(ImageDescription image, StringBuilder out) {
        String stored = image.info().backingFile();
        if (stored == null) {
            return;
        }
        out.append("backing file: ").append(stored);
        if (!stored.equals(image.fullBackingFilename())) {
            out.append(" (actual path: ").append(image.fullBackingFilename()).append(')');
        }
        out.append('\n');
        if (image.info().backingFormat() != null) {
            out.append("backing file format: ").append(image.info().backingFormat()).append('\n');
        }
    }

    private static Map<String, Object> sorted(Map<String, Object> members) {
        Map<String, Object> sorted = new java.util.LinkedHashMap<>();
        for (String name : ORDER) {
            if (members.containsKey(name)) {
                sorted.put(name, members.get(name));
            }
        }
        members.forEach(sorted::putIfAbsent);
        return sorted;
    }

    private static void members(Map<?, ?> members, int depth, StringBuilder out) {
        members.forEach((name, value) -> {
            out.repeat(' ', depth * 4).append(((String) name).replace('-', ' ')).append(':');
            value(value, depth, out);
        });
    }

    private static void value(Object value, int depth, StringBuilder out) {
        if (value instanceof Map<?, ?> nested) {
            out.append('\n');
            members(nested, depth + 1, out);
        } else if (value instanceof List<?> list) {
            out.append('\n');
            for (int i = 0; i < list.size(); i++) {
                out.repeat(' ', (depth + 1) * 4).append('[').append(i).append("]:");
                value(list.get(i), depth + 1, out);
            }
        } else {
            out.append(' ').append(value).append('\n');
        }
    }

    private static void snapshots(List<SnapshotInfo> snapshots, StringBuilder out) {
        if (snapshots.isEmpty()) {
            return;
        }
        out.append("Snapshot list:\n");
        row(out, "ID", "TAG", "VM SIZE", "DATE", "VM CLOCK", "ICOUNT");
        for (SnapshotInfo snapshot : snapshots) {
            row(out, snapshot.id(), snapshot.name(), Sizes.human(snapshot.vmStateSize()),
                    date(snapshot.dateSec()), clock(snapshot),
                    snapshot.icount() == null ? "" : snapshot.icount().toString());
        }
    }

    private static void row(StringBuilder out, String... cells) {
        int[] widths = {-10, -17, 8, 20, 13, 11};
        List<String> padded = new ArrayList<>();
        for (int i = 0; i < widths.length; i++) {
            String space = " ".repeat(Math.max(0, Math.abs(widths[i]) - cells[i].length()));
            padded.add(widths[i] < 0 ? cells[i] + space : space + cells[i]);
        }
        out.append(String.join("", padded)).append('\n');
    }

    private static String date(long seconds) {
        LocalDateTime at = LocalDateTime.ofInstant(Instant.ofEpochSecond(seconds),
                ZoneId.systemDefault());
        return at.getYear() + "-" + two(at.getMonthValue()) + "-" + two(at.getDayOfMonth()) + " "
                + two(at.getHour()) + ":" + two(at.getMinute()) + ":" + two(at.getSecond());
    }

    private static String clock(SnapshotInfo snapshot) {
        int seconds = snapshot.vmClockSec();
        int millis = snapshot.vmClockNsec() / 1_000_000;
        return two(seconds / 3600) + ":" + two(seconds / 60 % 60) + ":" + two(seconds % 60) + "."
                + (millis < 100 ? "0" : "") + two(millis);
    }

    private static String two(int number) {
        return number < 10 ? "0" + number : Integer.toString(number);
    }
}
