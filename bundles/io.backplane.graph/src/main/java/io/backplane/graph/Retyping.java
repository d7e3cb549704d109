package io.backplane.graph;

import io.backplane.block.BlockException;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.spi.BlockDriver;
import io.backplane.schema.OptionException;
import io.backplane.schema.OptionParser;
import io.backplane.schema.RecordTree;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Options made anew as records of the classes of another version of a driver: through their names,
 * as an operator would type them. So no options keep the classes of a bundle that is gone.
 */
final class Retyping {
    private static final Logger LOG = LoggerFactory.getLogger(Retyping.class);

    // Immutable
    private final Graph graph;

    Retyping(Graph graph) {
        this.graph = graph;
    }

    /**
     * The options for {@code driver}; of children defined inline for the newest of their drivers.
     *
     * @throws BlockException INVALID if that version does not take them
     */
    BlockdevOptions of(BlockdevOptions options, BlockDriver driver) throws BlockException {
        if (options.options() == null || isCurrent(options, driver)) {
            return options;
        }
        OptionParser parser = new OptionParser(union -> branches(options, driver));
        try {
            return parser.parse(BlockdevOptions.class, RecordTree.of(options));
        } catch (OptionException e) {
            throw new BlockException(BlockException.Kind.INVALID, "Driver '" + driver.name()
                    + "' does not take the node's options any more: " + e.getMessage(), e);
        }
    }

    private SortedMap<String, Class<? extends Record>> branches(BlockdevOptions options,
            BlockDriver driver) {
        TreeMap<String, Class<? extends Record>> branches = new TreeMap<>();
        graph.drivers.all().forEach((name, newest) -> branches.put(name, newest.optionsType()));
        branches.put(options.driver(), driver.optionsType());
        return branches;
    }

    private boolean isCurrent(BlockdevOptions options, BlockDriver driver) {
        if (options.options() == null) {
            return true;
        }
        if (!driver.optionsType().isInstance(options.options())) {
            return false;
        }
        for (OptionChildren.Ref ref : OptionChildren.of(options.options())) {
            BlockdevOptions inline = ref.inline();
            BlockDriver below = inline == null ? null : graph.drivers.all().get(inline.driver());
            if (below != null && !isCurrent(inline, below)) {
                return false;
            }
        }
        return true;
    }

    /** Renews the options of nodes that define children inline, after a driver has changed. */
    void refreshAll() {
        for (Node node : graph.nodes.open()) {
            if (node.driver == null) {
                continue;
            }
            try {
                node.options = of(node.options, node.driver);
            } catch (BlockException e) {
                LOG.debug("{} keeps its options: {}", node, e.getMessage());
            }
        }
    }
}
