package io.backplane.control;

import io.backplane.block.BlockdevOptions;
import io.backplane.block.graph.BlockGraph;
import io.backplane.block.spi.BlockDriver;
import io.backplane.export.ExportOptions;
import io.backplane.qmp.QmpBranches;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;

/** The branches that drivers and export types give to the unions of commands' arguments. */
final class UnionBranches {
    private record Branch(Class<? extends Record> union,
            Supplier<SortedMap<String, Class<? extends Record>>> source) implements QmpBranches {
        @Override
        public SortedMap<String, Class<? extends Record>> branches() {
            return source.get();
        }
    }

    private UnionBranches() {
    }

    static List<QmpBranches> of(BlockGraph graph, ExportCommands exports) {
        return List.of(
                new Branch(BlockdevOptions.class,
                        () -> ofDrivers(graph, BlockDriver::optionsType)),
                new Branch(CreateCommand.CreateOptions.class,
                        () -> ofDrivers(graph, BlockDriver::createOptionsType)),
                new Branch(ExportOptions.class, exports::branches),
                new Branch(ObjectOptions.class, () -> {
                    TreeMap<String, Class<? extends Record>> objects = new TreeMap<>();
                    objects.put("iothread", ObjectOptions.Iothread.class);
                    return objects;
                }));
    }

    private static SortedMap<String, Class<? extends Record>> ofDrivers(BlockGraph graph,
            Function<BlockDriver, Class<? extends Record>> type) {
        TreeMap<String, Class<? extends Record>> branches = new TreeMap<>();
        graph.drivers().forEach((name, driver) -> {
            Class<? extends Record> branch = type.apply(driver);
            if (branch != null) {
                branches.put(name, branch);
            }
        });
        return branches;
    }
}
