package io.backplane.shell;

import io.backplane.qmp.QmpCommand;
import io.backplane.schema.TypeModel;
import io.backplane.schema.TypeModel.StructModel;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Asks QMP which nodes, exports, jobs and I/O threads there are, and the file system for paths. */
final class LiveNames implements Names {
    private static final int PATHS_MAX = 200;

    private final QmpGateway gateway;
    private final Supplier<Collection<String>> bundles;
    private final Path userFolder;

    /**
     * @param bundles symbolic names of the bundles there are
     * @param userFolder where the user is; null: where the daemon is
     */
    LiveNames(QmpGateway gateway, Supplier<Collection<String>> bundles, Path userFolder) {
        this.gateway = gateway;
        this.bundles = bundles;
        this.userFolder = userFolder;
    }

    @Override
    public List<String> forMember(String command, String member, boolean isNode, String typed) {
        if (isNode) {
            return nodes();
        }
        return switch (member) {
            case "node-name", "node", "nodes", "device", "overlay", "base-node", "top-node",
                    "target", "parent", "replaces", "snapshot" ->
                    command.equals("blockdev-add") ? List.of() : nodes();
            case "iothread" -> ids("query-iothreads", "id");
            case "id" -> forId(command);
            case "export", "block-export" -> ids("query-block-exports", "id");
            case "job-id" -> command.startsWith("job-") ? ids("query-jobs", "id") : List.of();
            case "driver" -> drivers();
            case "bundle", "bundles" -> List.copyOf(bundles.get());
            case "devices" -> ids("x-query-devices", "device");
            case "filename", "path" -> paths(Path.of(""), typed);
            case "file" -> switch (command) {
                case "deploy" -> paths(userFolder == null ? Path.of("") : userFolder, typed);
                case "undeploy" -> ids("query-deployments", "file");
                default -> List.of();
            };
            default -> List.of();
        };
    }

    private List<String> forId(String command) {
        if (command.startsWith("job-") || command.startsWith("block-job-")) {
            return ids("query-jobs", "id");
        }
        if (command.equals("device_del") || command.equals("device-del")) {
            return ids("x-query-devices", "device");
        }
        return switch (command) {
            case "block-export-del" -> ids("query-block-exports", "id");
            case "object-del" -> ids("query-iothreads", "id");
            default -> List.of();
        };
    }

    @Override
    public List<String> forCommand(String command) {
        return command.equals("upgrade") ? drivers() : List.of();
    }

    /** The drivers that blockdev-add knows. */
    private List<String> drivers() {
        QmpCommand command = gateway.commands().get("blockdev-add");
        if (command == null || command.arguments() == null) {
            return List.of();
        }
        StructModel model = TypeModel.struct(command.arguments());
        return List.copyOf(gateway.branches().of(model.type()).keySet());
    }

    /** From the graph, which needs no I/O. */
    private List<String> nodes() {
        List<String> names = new ArrayList<>();
        if (ask("x-debug-query-block-graph") instanceof Map<?, ?> graph
                && graph.get("nodes") instanceof List<?> nodes) {
            for (Object each : nodes) {
                if (each instanceof Map<?, ?> node && "block-driver".equals(node.get("type"))) {
                    names.add(String.valueOf(node.get("name")));
                }
            }
        }
        return names;
    }

    private List<String> ids(String query, String member) {
        List<String> names = new ArrayList<>();
        if (ask(query) instanceof List<?> entries) {
            for (Object each : entries) {
                if (each instanceof Map<?, ?> entry && entry.get(member) instanceof String id) {
                    names.add(id);
                }
            }
        }
        return names;
    }

    private Object ask(String query) {
        try {
            return gateway.ask(query);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    private static List<String> paths(Path base, String typed) {
        int slash = typed.lastIndexOf('/') + 1;
        List<String> found = new ArrayList<>();
        try {
            Path folder = base.resolve(typed.substring(0, slash));
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
                for (Path entry : entries) {
                    String name = entry.getFileName().toString();
                    if (name.startsWith(typed.substring(slash)) && found.size() < PATHS_MAX) {
                        found.add(typed.substring(0, slash) + name
                                + (Files.isDirectory(entry) ? "/" : ""));
                    }
                }
            }
        } catch (IOException | InvalidPathException e) {
            return List.of();
        }
        found.sort(null);
        return found;
    }
}
