package io.backplane.tool.img;

import io.backplane.block.ImageInfo;
import io.backplane.block.SnapshotInfo;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An image's description as the ImageInfo of QMP. */
final class InfoJson {
    private InfoJson() {
    }

    static Map<String, Object> of(ImageDescription image) {
        ImageInfo info = image.info();
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("virtual-size", image.virtualBytes());
        out.put("filename", image.filename());
        if (info.clusterBytes() != 0) {
            out.put("cluster-size", (long) info.clusterBytes());
        }
        out.put("format", image.format());
        if (image.actualBytes() >= 0) {
            out.put("actual-size", image.actualBytes());
        }
        if (info.encrypted()) {
            out.put("encrypted", true);
        }
        if (Boolean.TRUE.equals(info.compressed())) {
            out.put("compressed", true);
        }
        if (info.backingFile() != null) {
            out.put("backing-filename", info.backingFile());
            out.put("full-backing-filename", image.fullBackingFilename());
            if (info.backingFormat() != null) {
                out.put("backing-filename-format", info.backingFormat());
            }
        }
        if (!info.snapshots().isEmpty()) {
            List<Object> snapshots = new ArrayList<>();
            for (SnapshotInfo snapshot : info.snapshots()) {
                snapshots.add(OptionRecords.members(snapshot));
            }
            out.put("snapshots", snapshots);
        }
        if (info.formatSpecific() != null) {
            Map<String, Object> specific = new LinkedHashMap<>();
            specific.put("type", image.format());
            specific.put("data", OptionRecords.members(info.formatSpecific()));
            out.put("format-specific", specific);
        }
        out.put("dirty-flag", Boolean.TRUE.equals(info.dirty()));
        return out;
    }
}
