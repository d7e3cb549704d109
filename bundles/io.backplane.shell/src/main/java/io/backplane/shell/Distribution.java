package io.backplane.shell;

import io.backplane.schema.Json;
import io.backplane.schema.OptionException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a distribution says of itself, in its folder {@code etc}.
 *
 * @param product lines that name it
 * @param features its features, if they are packed with it
 * @param bundles the bundles of its start list: level and file
 */
record Distribution(List<String> product, List<Map<String, Object>> features,
        List<String> bundles) {

    /** Reads it. */
    static Distribution read(Path home) throws IOException {
        Path etc = home.resolve("etc");
        List<String> product = new ArrayList<>();
        List<String> bundles = new ArrayList<>();
        for (String line : Files.readAllLines(etc.resolve("start.list"))) {
            if (line.startsWith("#")) {
                product.add(line.substring(1).split(",")[0].strip());
            } else if (!line.isBlank()) {
                bundles.add(line);
            }
        }
        if (Files.exists(etc.resolve("product"))) {
            product = Files.readAllLines(etc.resolve("product"));
        }
        return new Distribution(product, features(etc.resolve("features")), bundles);
    }

    private static List<Map<String, Object>> features(Path folder) throws IOException {
        List<Map<String, Object>> features = new ArrayList<>();
        if (!Files.isDirectory(folder)) {
            return features;
        }
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, "*.json")) {
            found.forEach(files::add);
        }
        files.sort(null);
        for (Path file : files) {
            try {
                features.add(Json.parseObject(Files.readString(file)));
            } catch (OptionException e) {
                throw new IOException(file + ": " + e.getMessage(), e);
            }
        }
        return features;
    }

    void print(PrintStream out) {
        product.forEach(line -> out.println(line.replaceFirst("=", " ")));
        if (!features.isEmpty()) {
            out.println();
            Table table = new Table("feature", "bundles", "what");
            for (Map<String, Object> feature : features) {
                table.row(name(String.valueOf(feature.get("id"))),
                        feature.get("bundles") instanceof List<?> own ? own.size() : "",
                        feature.get("description"));
            }
            table.print(out);
        }
        out.println();
        Table table = new Table("level", "bundle");
        for (String bundle : bundles) {
            String[] parts = bundle.split(" ", 2);
            table.row(parts[0], parts[parts.length - 1].replaceFirst("^bundles/", ""));
        }
        table.print(out);
    }

    private static String name(String id) {
        String[] parts = id.split(":");
        return parts.length > 1 ? parts[1] : id;
    }
}
