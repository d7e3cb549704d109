package io.backplane.control;

import io.backplane.block.backend.BackendStats;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.graph.BlockGraph;
import io.backplane.block.graph.BlockNode;
import io.backplane.qmp.QmpCommand;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import io.backplane.schema.TypeRef;
import java.util.ArrayList;
import java.util.List;

/** query-blockstats. */
final class StatsCommand {
    record Arguments(
            @Option(value = "all nodes rather than backends (default false)", optional = true)
            boolean queryNodes) {
    }

    /** Counters; those without a source here are 0. */
    @Name("BlockDeviceStats")
    record Counters(
            @Option(value = "bytes read", name = "rd_bytes") long rdBytes,
            @Option(value = "bytes written", name = "wr_bytes") long wrBytes,
            @Option(value = "bytes discarded", name = "unmap_bytes") long unmapBytes,
            @Option(value = "reads", name = "rd_operations") long rdOperations,
            @Option(value = "writes", name = "wr_operations") long wrOperations,
            @Option(value = "flushes", name = "flush_operations") long flushOperations,
            @Option(value = "discards", name = "unmap_operations") long unmapOperations,
            @Option(value = "time in reads", name = "rd_total_time_ns") long rdTotalTimeNs,
            @Option(value = "time in writes", name = "wr_total_time_ns") long wrTotalTimeNs,
            @Option(value = "time in flushes", name = "flush_total_time_ns")
            long flushTotalTimeNs,
            @Option(value = "time in discards", name = "unmap_total_time_ns")
            long unmapTotalTimeNs,
            @Option(value = "end of the highest write", name = "wr_highest_offset")
            long wrHighestOffset,
            @Option(value = "merged reads", name = "rd_merged") long rdMerged,
            @Option(value = "merged writes", name = "wr_merged") long wrMerged,
            @Option(value = "merged discards", name = "unmap_merged") long unmapMerged,
            @Option(value = "failed reads", name = "failed_rd_operations") long failedRd,
            @Option(value = "failed writes", name = "failed_wr_operations") long failedWr,
            @Option(value = "failed flushes", name = "failed_flush_operations") long failedFlush,
            @Option(value = "failed discards", name = "failed_unmap_operations") long failedUnmap,
            @Option(value = "invalid reads", name = "invalid_rd_operations") long invalidRd,
            @Option(value = "invalid writes", name = "invalid_wr_operations") long invalidWr,
            @Option(value = "invalid flushes", name = "invalid_flush_operations")
            long invalidFlush,
            @Option(value = "invalid discards", name = "invalid_unmap_operations")
            long invalidUnmap,
            @Option(value = "whether invalid ones count", name = "account_invalid")
            boolean accountInvalid,
            @Option(value = "whether failed ones count", name = "account_failed")
            boolean accountFailed,
            @Option(value = "always empty", name = "timed_stats") List<Long> timedStats) {

        static Counters of(BackendStats s) {
            return new Counters(s.readBytes(), s.writeBytes(), s.discardBytes(), s.readCount(),
                    s.writeCount(), s.flushCount(), s.discardCount(), 0, 0, 0, 0,
                    s.writeHighestOffset(), 0, 0, 0, s.failedReadCount(), s.failedWriteCount(),
                    s.failedFlushCount(), s.failedDiscardCount(), 0, 0, 0, 0, false, true,
                    List.of());
        }
    }

    @Name("BlockStats")
    record Stats(
            @Option(value = "name of the backend", optional = true) String device,
            @Option(value = "name of the node", optional = true) String nodeName,
            @Option("its counters") Counters stats) {
    }

    private static final BackendStats NOTHING =
            new BackendStats(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    private final BlockGraph graph;

    StatsCommand(BlockGraph graph) {
        this.graph = graph;
    }

    List<QmpCommand> commands() {
        return List.of(QmpCommand.of("query-blockstats", "Counts requests of backends.",
                Arguments.class, TypeRef.listOf(Stats.class), this::stats));
    }

    private Object stats(Arguments arguments) {
        List<Stats> all = new ArrayList<>();
        if (!arguments.queryNodes()) {
            for (BlockBackend backend : graph.backends()) {
                all.add(new Stats(backend.name(), backend.nodeName(),
                        Counters.of(backend.stats())));
            }
            return all;
        }
        for (BlockNode node : graph.nodes()) {
            BackendStats sum = NOTHING;
            for (BlockBackend backend : graph.backends()) {
                sum = backend.nodeName().equals(node.name()) ? add(sum, backend.stats()) : sum;
            }
            all.add(new Stats(null, node.name(), Counters.of(sum)));
        }
        return all;
    }

    private static BackendStats add(BackendStats a, BackendStats b) {
        return new BackendStats(a.readCount() + b.readCount(), a.readBytes() + b.readBytes(),
                a.writeCount() + b.writeCount(), a.writeBytes() + b.writeBytes(),
                a.zeroesCount() + b.zeroesCount(), a.discardCount() + b.discardCount(),
                a.discardBytes() + b.discardBytes(), a.flushCount() + b.flushCount(),
                a.failedReadCount() + b.failedReadCount(),
                a.failedWriteCount() + b.failedWriteCount(),
                a.failedFlushCount() + b.failedFlushCount(),
                a.failedDiscardCount() + b.failedDiscardCount(),
                Math.max(a.writeHighestOffset(), b.writeHighestOffset()));
    }
}
