package io.backplane.control;

import io.backplane.aio.ContextReport;
import io.backplane.aio.EventLoops;
import io.backplane.block.graph.BlockGraph;
import io.backplane.block.graph.BlockNode;
import io.backplane.block.graph.DrainReport;
import io.backplane.qmp.QmpCommand;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import io.backplane.schema.TypeRef;
import java.util.ArrayList;
import java.util.List;

/** query-event-loops, query-drain. Both may be asked out of band while another command hangs. */
final class LoopCommands {
    @Name("EventLoopNodeInfo")
    record NodeInFlight(
            @Option("name of the node") String nodeName,
            @Option("requests in flight on it") long inFlight) {
    }

    @Name("EventLoopInfo")
    record LoopInfo(
            @Option("name of the context") String name,
            @Option("thread id on the host, 0 if unknown") long threadId,
            @Option("what it waits with") String mechanism,
            @Option("what it does") String phase,
            @Option(value = "callback that runs", optional = true) String running,
            @Option("turns since its start") long turns,
            @Option("since it computed a time-out, -1: never") long prepareAgeNs,
            @Option("since it waited, or began to wait, -1: never") long pollAgeNs,
            @Option("since it began to run callbacks, -1: never") long dispatchAgeNs,
            @Option("since another thread gave it work, -1: never") long scheduleAgeNs,
            @Option("callbacks that are to run") long pendingBottomHalves,
            @Option("coroutines that are to run") long readyCoroutines,
            @Option("coroutines that wait") long suspendedCoroutines,
            @Option("busy nodes whose home it is") List<NodeInFlight> nodes,
            @Option("stack of its thread, innermost first") List<String> stack) {
    }

    @Name("DrainRequestInfo")
    record RequestInfo(
            @Option("backend it came in by") String backend,
            @Option("node it was given to") String nodeName,
            @Option("what it is, such as read") String verb,
            @Option("start in bytes") long offset,
            @Option("length in bytes") long bytes,
            @Option("running, suspended, or what it waits for") String phase,
            @Option("the id in JFR events") long requestId,
            @Option("context its coroutine runs in") String context,
            @Option("its coroutine") String coroutine,
            @Option("stack of the coroutine, innermost first") List<String> stack) {
    }

    @Name("DrainInfo")
    record DrainInfo(
            @Option("number of the section") long id,
            @Option("what it drains") List<String> nodes,
            @Option("what it is for") String owner,
            @Option("coroutine that began it") String coroutine,
            @Option("time since it began") long ageNs,
            @Option("sections that drain the same node now") long nested,
            @Option("whether it still waits for requests") boolean waiting,
            @Option("requests it waits for") List<RequestInfo> requests,
            @Option("what else it waits for") List<String> others) {
    }

    private final EventLoops loops;
    private final BlockGraph graph;

    LoopCommands(EventLoops loops, BlockGraph graph) {
        this.loops = loops;
        this.graph = graph;
    }

    List<QmpCommand> commands() {
        return List.of(
                new OobQuery("query-event-loops", "Says what each event loop does.",
                        TypeRef.listOf(LoopInfo.class), this::loops),
                new OobQuery("query-drain", "Lists the drained sections and what they wait for.",
                        TypeRef.listOf(DrainInfo.class), this::drains));
    }

    private List<LoopInfo> loops() {
        List<LoopInfo> infos = new ArrayList<>();
        for (ContextReport r : loops.reports()) {
            List<NodeInFlight> nodes = new ArrayList<>();
            for (BlockNode node : graph.nodes()) {
                if (node.inFlight() > 0 && node.context().name().equals(r.name())) {
                    nodes.add(new NodeInFlight(node.name(), node.inFlight()));
                }
            }
            infos.add(new LoopInfo(r.name(), r.threadId(), r.mechanism(), r.phase(), r.running(),
                    r.turnCount(), r.prepareAgeNs(), r.pollAgeNs(), r.dispatchAgeNs(),
                    r.scheduleAgeNs(), r.pendingBottomHalves(), r.readyCoroutines(),
                    r.suspendedCoroutines(), nodes, r.stack()));
        }
        return infos;
    }

    private List<DrainInfo> drains() {
        List<DrainInfo> infos = new ArrayList<>();
        for (DrainReport d : graph.drains()) {
            List<RequestInfo> requests = new ArrayList<>();
            for (DrainReport.Request q : d.requests()) {
                requests.add(new RequestInfo(q.backend(), q.node(), q.verb(), q.offset(),
                        q.bytes(), q.phase(), q.id(), q.context(), q.coroutine(), q.stack()));
            }
            infos.add(new DrainInfo(d.id(), d.nodes(), d.asker(), d.coroutine(), d.ageNs(),
                    d.nestedCount(), d.waiting(), requests, d.others()));
        }
        return infos;
    }
}
