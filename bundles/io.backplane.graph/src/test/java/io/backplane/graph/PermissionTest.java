package io.backplane.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.block.BlockException;
import io.backplane.block.BlockPermission;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.Permissions;
import io.backplane.rules.Rule;
import org.junit.jupiter.api.Test;

@Rule("G10")
class PermissionTest {
    private static final int NO_WRITE = Permissions.ALL & ~BlockPermission.WRITE.bit();

    @Test
    void secondWriterIsRefusedInTheWordsOperatorsKnow() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            f.attach("one", "d", Fakes.RW, NO_WRITE);
            BlockException e = assertThrows(BlockException.class,
                    () -> f.attach("two", "d", Fakes.RW, Permissions.ALL));
            assertEquals("Permission conflict on node 'd': permissions 'write' are both required"
                    + " by block device 'two' (uses node 'd' as 'root' child) and unshared by block"
                    + " device 'one' (uses node 'd' as 'root' child).", e.getMessage());
            assertEquals(1, f.graph.backends().size());
            assertEquals(new Permissions(Fakes.RW, NO_WRITE), f.disk.node("d").told);
            f.attach("reader", "d", Permissions.READ, Permissions.ALL);
        });
    }

    @Test
    void formatOwnsItsImageFile() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            f.addFormat("top", "d");
            BlockException e = assertThrows(BlockException.class,
                    () -> f.attach("b", "d", Fakes.RW, Permissions.ALL));
            assertTrue(e.getMessage().contains("unshared by node 'top' (uses node 'd' as 'file'"),
                    e.getMessage());
            BlockException second = assertThrows(BlockException.class,
                    () -> f.addFormat("again", "d"));
            assertEquals(BlockException.Kind.PERMISSION, second.kind());
            assertFalse(f.fmt.nodes.containsKey("again"), "driver must not have been asked");
            assertEquals(1, f.graph.nodes.find("d").parents.size());
        });
    }

    @Test
    void readersShareABackingFileThatNobodyWrites() throws Exception {
        Fakes.run(f -> {
            f.addDisk("base");
            f.addDisk("d1");
            f.addDisk("d2");
            f.addOverlay("o1", "d1", "base");
            f.addOverlay("o2", "d2", "base");
            f.attach("b1", "o1", Fakes.RW, NO_WRITE);
            f.attach("b2", "o2", Fakes.RW, NO_WRITE);
            assertThrows(BlockException.class, () -> f.attach("w", "base"));
        });
    }

    @Test
    void writerOfAReadOnlyNodeIsRefused() throws Exception {
        Fakes.run(f -> {
            f.graph.awaitAdd(new BlockdevOptions("disk", "d", null, null, true, null, null, null,
                    null));
            BlockException e = assertThrows(BlockException.class, () -> f.attach("b", "d"));
            assertTrue(e.getMessage().startsWith("Block node is read-only"), e.getMessage());
            f.attach("r", "d", Permissions.READ, Permissions.ALL);
        });
    }

    @Test
    void refusedHostLockRollsEverythingBack() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            FakeNode disk = f.disk.node("d");
            disk.failPermissions = new BlockException(BlockException.Kind.PERMISSION, "locked");
            assertThrows(BlockException.class, () -> f.attach("b", "d"));
            assertTrue(f.graph.backends().isEmpty());
            assertTrue(f.graph.nodes.find("d").parents.isEmpty());
            disk.failPermissions = null;
            f.attach("b", "d");
            assertEquals(Fakes.RW, disk.told.used());
        });
    }

    @Test
    void formatWithAutoReadOnlyFollowsAFileThatCannotBeWritten() throws Exception {
        Fakes.run(f -> {
            f.disk.readOnlyFile = true;
            BlockdevOptions options = new BlockdevOptions("fmt", "top", null, null, null, true,
                    null, null, new FakeOptions(null,
                            new BlockdevRef.Inline(BlockdevOptions.of("disk", null, null)), null));
            assertTrue(f.graph.awaitAdd(options).readOnly());
        });
    }

    @Test
    void resizeIsRefusedWhileSomebodyReliesOnTheLength() throws Exception {
        Fakes.run(f -> {
            Node node = f.addDisk("d");
            f.attach("b", "d", Fakes.RW, Permissions.ALL & ~BlockPermission.RESIZE.bit());
            assertThrows(BlockException.class,
                    () -> node.awaitTruncate(4096, io.backplane.block.Preallocation.OFF));
            assertEquals(FakeNode.ROOM, node.length());
        });
    }

    @Test
    void resizeFromOutsideHasThePermissionAllTheWayDownWhileItLasts() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            Node top = f.addFilter("top", "d");
            f.attach("b", "top");
            top.awaitTruncate(8192, io.backplane.block.Preallocation.OFF);
            assertEquals(8192, top.length());
            assertEquals(Fakes.RW, f.disk.node("d").told.used());
            assertEquals(1, top.parents.size());
        });
    }
}
