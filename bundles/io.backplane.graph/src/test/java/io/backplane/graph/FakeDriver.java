package io.backplane.graph;

import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.block.spi.BlockDriver;
import io.backplane.block.spi.DriverNode;
import io.backplane.block.spi.DriverTraits;
import io.backplane.block.spi.ImpliedChild;
import io.backplane.block.spi.OpenRequest;
import io.backplane.state.StateException;
import io.backplane.state.StateRecord;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A driver whose nodes live in memory and do what the test says. */
final class FakeDriver implements BlockDriver {
    /** What a driver does while it opens. */
    interface Opening {
        void run(OpenRequest request) throws Exception;
    }

    private final String name;
    private final DriverTraits traits;
    final Map<String, FakeNode> nodes = new ConcurrentHashMap<>();
    BlockLimits limits = BlockLimits.NONE;
    /** What every request of its nodes throws. */
    Throwable bug;
    String failOpen;
    Opening onOpen;
    String failFreeze;
    /** What its nodes answer when they are told of permissions. */
    BlockException failPermissions;
    String failThaw;
    boolean readOnlyFile;
    List<ImpliedChild> implied = new ArrayList<>();
    int closedCount;

    FakeDriver(String name, DriverTraits traits) {
        this.name = name;
        this.traits = traits;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public DriverTraits traits() {
        return traits;
    }

    @Override
    public Class<? extends Record> optionsType() {
        return FakeOptions.class;
    }

    @Override
    public DriverNode awaitOpen(OpenRequest request) throws BlockException {
        if (failOpen != null) {
            throw new BlockException(BlockException.Kind.IO, failOpen);
        }
        if (onOpen != null) {
            try {
                onOpen.run(request);
            } catch (BlockException e) {
                throw e;
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
        FakeNode node = new FakeNode(this, request);
        node.bug = bug;
        nodes.put(request.nodeName(), node);
        return node;
    }

    @Override
    public DriverNode awaitThaw(OpenRequest request, StateRecord state) throws BlockException {
        FakeNode.Data data = request.handOver().take("data", FakeNode.Data.class);
        if (failThaw != null) {
            throw new BlockException(BlockException.Kind.IO, failThaw);
        }
        FakeNode node = (FakeNode) awaitOpen(request);
        node.calls.add("thaw");
        if (data != null) {
            node.data = data.segment();
        }
        try {
            node.length = state.numberOr("length", node.length);
        } catch (StateException e) {
            throw new BlockException(BlockException.Kind.INVALID, e.getMessage());
        }
        return node;
    }

    FakeNode node(String nodeName) {
        return nodes.get(nodeName);
    }

    @Override
    public int probe(MemorySegment head) {
        return head.byteSize() > 0 && head.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0) == 'F'
                ? 100 : 0;
    }
}
