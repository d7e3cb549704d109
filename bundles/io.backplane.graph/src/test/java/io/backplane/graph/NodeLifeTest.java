package io.backplane.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.block.BlockException;
import io.backplane.block.BlockStatus;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.BlockdevRefOrNull;
import io.backplane.block.graph.BlockNode;
import io.backplane.block.graph.GraphListener;
import io.backplane.block.spi.ChildRole;
import io.backplane.block.spi.ImpliedChild;
import io.backplane.rules.Rule;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NodeLifeTest {

    private static String error(OnGraph.Step step) {
        return assertThrows(BlockException.class, step::run).getMessage();
    }

    private static BlockdevOptions inline(String name) {
        return BlockdevOptions.of("fmt", name, new FakeOptions(null,
                new BlockdevRef.Inline(BlockdevOptions.of("disk", null, null)), null));
    }

    @Test
    void mistakesAreNamedInTheWordsOperatorsKnow() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            assertEquals("Duplicate nodes with node-name='d'", error(() -> f.addDisk("d")));
            assertEquals("Unknown driver 'nope'",
                    error(() -> f.graph.awaitAdd(BlockdevOptions.of("nope", "x", null))));
            assertEquals("'node-name' must be specified for the root node",
                    error(() -> f.graph.awaitAdd(BlockdevOptions.of("disk", null, null))));
            assertEquals("Invalid node-name: '#x'", error(() -> f.addDisk("#x")));
            assertEquals("Failed to find node with node-name='gone'",
                    error(() -> f.graph.awaitDelete("gone")));
            assertEquals("Cannot find device='gone' nor node-name='gone'",
                    error(() -> f.addFormat("x", "gone")));
            f.addDisk("base");
            f.addOverlay("o", "d", "base");
            assertEquals("Node 'base' is busy: node is used as backing hd of 'o'",
                    error(() -> f.graph.awaitDelete("base")));
            assertEquals("Block device d is in use", error(() -> f.graph.awaitDelete("d")));
            f.attach("b", "o");
            assertEquals("Node o is in use", error(() -> f.graph.awaitDelete("o")));
            assertEquals("Device with id 'b' already exists",
                    error(() -> f.attach("b", "base")));
        });
    }

    @Test
    void inlineChildrenGoWithTheirLastParent() throws Exception {
        Fakes.run(f -> {
            Node top = (Node) f.graph.awaitAdd(inline("top"));
            Node file = top.edge("file").child;
            assertTrue(file.name().startsWith("#block"), file.name());
            assertTrue(file.settings.unmap(), "formats decide themselves what to discard");
            f.graph.awaitDelete("top");
            assertTrue(f.graph.nodes().isEmpty());
            assertEquals(List.of("shutdown", "close"), f.disk.node(file.name()).calls);
        });
    }

    @Test
    void namedInlineChildrenBelongToTheirParentsToo() throws Exception {
        Fakes.run(f -> {
            BlockdevOptions options = BlockdevOptions.of("fmt", "top", new FakeOptions(null,
                    new BlockdevRef.Inline(BlockdevOptions.of("disk", "file", null)), null));
            f.fmt.failOpen = "bad image";
            assertEquals("bad image", error(() -> f.graph.awaitAdd(options)));
            assertTrue(f.graph.nodes.all().isEmpty());
            f.fmt.failOpen = null;
            f.graph.awaitAdd(options);
            assertEquals("Node file is not owned by the monitor",
                    error(() -> f.graph.awaitDelete("file")));
            f.graph.awaitDelete("top");
            assertTrue(f.graph.nodes.all().isEmpty());
        });
    }

    @Test
    void failedOpenLeavesNothingBehind() throws Exception {
        Fakes.run(f -> {
            f.fmt.failOpen = "bad image";
            assertEquals("bad image", error(() -> f.graph.awaitAdd(inline("top"))));
            assertTrue(f.graph.nodes.all().isEmpty());
            assertEquals(1, f.disk.closedCount);
            f.fmt.failOpen = null;
            f.graph.awaitAdd(inline("top"));
        });
    }

    @Test
    void failedImpliedChildLeavesNothingBehind() throws Exception {
        Fakes.run(f -> {
            f.fmt.implied.add(new ImpliedChild("backing", ChildRole.BACKING, "nbd:x", "fmt"));
            FakeDriver file = new FakeDriver("file", io.backplane.block.spi.DriverTraits.PROTOCOL);
            f.graph.addDriver(file);
            assertEquals("Could not open backing file: Unknown protocol 'nbd'",
                    error(() -> f.graph.awaitAdd(inline("top"))));
            assertTrue(f.graph.nodes.all().isEmpty());
            assertEquals(1, f.fmt.closedCount);
        });
    }

    @Test
    void backingFileIsFoundNextToTheImageOpenedReadOnlyAndProbed() throws Exception {
        Fakes.run(f -> {
            FakeDriver file = new FakeDriver("file", io.backplane.block.spi.DriverTraits.PROTOCOL);
            f.graph.addDriver(file);
            FakeDriver raw = new FakeDriver("raw", io.backplane.block.spi.DriverTraits.FORMAT);
            f.graph.addDriver(raw);
            f.fmt.implied.add(new ImpliedChild("backing", ChildRole.BACKING, "base.img", null));
            BlockdevOptions options = BlockdevOptions.of("fmt", "top", new FakeOptions(null,
                    new BlockdevRef.Inline(BlockdevOptions.of("file", null,
                            new FakeOptions("/images/top.img", null, null))), null));
            Node top = (Node) f.graph.awaitAdd(options);
            assertNotNull(f.fmt.node("top").attached);
            BlockNode backing = top.child("backing");
            assertEquals("raw", backing.driver());
            assertEquals("/images/base.img", backing.filename());
            assertTrue(backing.readOnly());
            assertEquals("/images/top.img", top.filename());
            BlockStatus status = top.blockStatus(0, 4096);
            assertEquals(1, status.depth());
            assertEquals(3 + 1, f.graph.nodes().size());
            f.graph.awaitDelete("top");
            assertTrue(f.graph.nodes().isEmpty());
        });
    }

    @Test
    void optionsOverrideTheBackingFileOfTheImage() throws Exception {
        Fakes.run(f -> {
            f.fmt.implied.add(new ImpliedChild("backing", ChildRole.BACKING, "base.img", null));
            Node none = (Node) f.graph.awaitAdd(BlockdevOptions.of("fmt", "none",
                    new FakeOptions(null,
                            new BlockdevRef.Inline(BlockdevOptions.of("disk", null, null)),
                            new BlockdevRefOrNull.None())));
            assertNull(none.child("backing"));
            f.addDisk("d");
            f.addDisk("base");
            Node other = f.addOverlay("o", "d", "base");
            assertEquals("base", other.child("backing").name());
        });
    }

    @Test
    void unallocatedWithoutBackingReadsAsZeroes() throws Exception {
        Fakes.run(f -> {
            Node node = f.addDisk("d");
            BlockStatus status = node.blockStatus(0, 4096);
            assertTrue(status.data());
            assertEquals("d", status.hostNode());
            assertEquals(0, node.blockStatus(FakeNode.ROOM, 4096).bytes());
        });
    }

    @Test
    void reopenReplacesABackingFileAndChangesOptionsOrDoesNothing() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            f.addDisk("base");
            f.addDisk("base2");
            f.addDisk("x");
            Node top = f.addOverlay("o", "d", "base");
            BlockdevOptions next = new BlockdevOptions("fmt", "o",
                    io.backplane.block.DiscardMode.UNMAP, null, null, null, null, null,
                    new FakeOptions(null, new BlockdevRef.ByName("d"),
                            new BlockdevRefOrNull.ByName("base2")));
            BlockdevOptions wrong = BlockdevOptions.of("fmt", "x", null);
            assertEquals("Cannot change the option 'driver'",
                    error(() -> f.graph.awaitReopen(List.of(next, wrong))));
            assertEquals("base", top.child("backing").name());
            f.graph.awaitReopen(List.of(next));
            assertEquals("base2", top.child("backing").name());
            assertTrue(top.settings.unmap());
            assertTrue(f.fmt.node("o").calls.containsAll(List.of("reopen", "commit")));
            f.graph.awaitDelete("base");
            assertEquals(0, top.quiesceCount());
        });
    }

    @Test
    void refusedReopenIsRolledBack() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            Node top = f.addFormat("o", "d");
            f.attach("b", "o");
            BlockdevOptions readOnly = new BlockdevOptions("fmt", "o", null, null, true, null,
                    null, null, new FakeOptions(null, new BlockdevRef.ByName("d"), null));
            assertTrue(error(() -> f.graph.awaitReopen(List.of(readOnly)))
                    .contains("read-only"));
            assertFalse(top.readOnly());
            assertTrue(f.fmt.node("o").calls.contains("rollBack"));
            f.on.await(f.write((Backend) f.graph.backends().getFirst(), 0));
        });
    }

    @Test
    void cycleIsRefused() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            f.addDisk("e");
            f.addFormat("low", "d");
            f.addOverlay("top", "e", "low");
            BlockdevOptions loop = BlockdevOptions.of("fmt", "low", new FakeOptions(null,
                    new BlockdevRef.ByName("d"), new BlockdevRefOrNull.ByName("top")));
            assertTrue(error(() -> f.graph.awaitReopen(List.of(loop))).contains("cycle"));
            assertNull(f.graph.find("low").child("backing"));
        });
    }

    @Test
    @Rule("G7")
    void deletedNodeIsClosedWhenTheDeletionReturns() throws Exception {
        Fakes.run(f -> {
            for (int i = 0; i < 10; i++) {
                f.addDisk("d");
                f.graph.awaitDelete("d");
                assertEquals(i + 1, f.disk.closedCount);
            }
        });
    }

    @Test
    @Rule("L3")
    void globalStateIsRefusedOutsideMain() throws Exception {
        Fakes.run(f -> {
            Node node = f.addDisk("d");
            Backend blk = f.attach("b", "d");
            List<OnGraph.Step> all = List.of(() -> f.graph.awaitDelete("d"), f.graph::nodes,
                    f.graph::backends, () -> f.graph.find("d"),
                    () -> f.graph.awaitAdd(BlockdevOptions.of("disk", "x", null)),
                    () -> f.graph.awaitReopen(List.of()), f.graph::awaitAllDrained,
                    f.graph::awaitFlushAll, f.graph::awaitCloseAll,
                    () -> f.graph.awaitOpen("x", null, false, false),
                    () -> f.graph.publish("b", new FakeDevice()),
                    () -> node.awaitTruncate(0, io.backplane.block.Preallocation.OFF),
                    () -> blk.parkRequests(true), blk::awaitClose,
                    () -> blk.awaitMoveTo(f.graph.main));
            f.on.await(f.on.start(f.on.ioThread("io"), () -> {
                for (OnGraph.Step step : all) {
                    assertThrows(IllegalStateException.class, step::run);
                }
            }));
        });
    }

    @Test
    void corruptionIsToldOnceAndDriversAreFollowed() throws Exception {
        Fakes.run(f -> {
            List<String> told = new ArrayList<>();
            try (AutoCloseable listening = f.graph.listen(new GraphListener() {
                @Override
                public void imageCorrupted(BlockNode node, String message, long offset,
                        long bytes, boolean fatal) {
                    told.add(node.name() + ": " + message);
                }

                @Override
                public void driversChanged() {
                    told.add("drivers");
                }
            })) {
                f.on.settle();
                told.clear();
                f.addDisk("d");
                f.disk.node("d").request.notices().imageCorrupted("L2 overlaps", 0, 512, true);
                f.disk.node("d").request.notices().imageCorrupted("again", 0, 512, true);
                f.graph.awaitRemoveDriver(f.filter);
                f.on.settle();
                assertEquals(List.of("d: L2 overlaps", "drivers"), told);
                assertNotNull(listening);
            }
        });
    }
}
