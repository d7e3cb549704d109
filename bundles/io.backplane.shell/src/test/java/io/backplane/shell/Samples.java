package io.backplane.shell;

import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpSession;
import io.backplane.schema.Alternate;
import io.backplane.schema.Branches;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import io.backplane.schema.Union;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Commands whose arguments have every form there is. */
final class Samples {
    enum Discard { IGNORE, UNMAP }

    @Alternate
    sealed interface Ref {
        record Named(String name) implements Ref {
        }

        record Inline(Add definition) implements Ref {
        }
    }

    @Name("CacheOptions")
    record Cache(@Option(value = "no page cache", optional = true) boolean direct) {
    }

    @Name("AddOptions")
    @Union(discriminator = "driver")
    record Add(
            @Option("driver") String driver,
            @Option(value = "name", optional = true) String nodeName,
            @Option(value = "discard", optional = true) Discard discard,
            @Option(value = "cache", optional = true) Cache cache,
            @Option(value = "read only", optional = true) Boolean readOnly,
            Record options) {
    }

    record FileOptions(@Option("path") String filename) {
    }

    record Qcow2Options(
            @Option("image file") Ref file,
            @Option(value = "cache", optional = true, size = true) Long cacheSize) {
    }

    record Del(@Option("node") String nodeName) {
    }

    record Batch(
            @Option("job") String id,
            @Option(value = "nodes", optional = true) List<String> nodes) {
    }

    static final Branches BRANCHES = union -> {
        SortedMap<String, Class<? extends Record>> branches = new TreeMap<>();
        if (union == Add.class) {
            branches.put("file", FileOptions.class);
            branches.put("qcow2", Qcow2Options.class);
        }
        return branches;
    };

    private Samples() {
    }

    static SortedMap<String, QmpCommand> commands() {
        return new TreeMap<>(Map.of("blockdev-add", command("blockdev-add", Add.class),
                "blockdev-del", command("blockdev-del", Del.class),
                "batch", command("batch", Batch.class),
                "query-it", command("query-it", null)));
    }

    private static QmpCommand command(String name, Class<? extends Record> arguments) {
        return new QmpCommand() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public String help() {
                return "Does " + name + ".";
            }

            @Override
            public Class<? extends Record> arguments() {
                return arguments;
            }

            @Override
            public Object awaitExecute(Record given, QmpSession session) {
                return null;
            }
        };
    }
}
