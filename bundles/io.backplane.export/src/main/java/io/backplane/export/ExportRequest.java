package io.backplane.export;

import io.backplane.aio.AioContext;
import io.backplane.block.graph.BlockGraph;
import java.util.List;

/**
 * What an export driver gets.
 *
 * @param options the parsed options
 * @param graph where to attach a backend
 * @param contexts the I/O threads' contexts to serve from, at least one (main if none was named)
 * @param ended to be called once, in main, when the export has ended by itself
 */
public record ExportRequest(ExportOptions options, BlockGraph graph, List<AioContext> contexts,
        Runnable ended) {
}
