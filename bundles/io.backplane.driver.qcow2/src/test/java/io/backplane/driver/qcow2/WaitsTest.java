package io.backplane.driver.qcow2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.Awaited;
import io.backplane.aio.Coroutine;
import io.backplane.rules.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Who waits inside an image says for what, and for whom. */
class WaitsTest {
    private static final int SEEDS = 20;
    private static final int MIB = 1 << 20;

    private final Set<String> seen = new TreeSet<>();

    /** Looks at all coroutines each time the disk is asked for something. */
    private boolean look(OnImage on) {
        for (int loop = 0; loop < 2; loop++) {
            for (Coroutine each : on.loops.loop(loop).coroutines().registry().busy()) {
                Awaited reason = each.awaited();
                if (reason != null && each.isSuspended()) {
                    List<Coroutine> blockers = reason.blockers();
                    seen.add(reason.describe().replaceAll("[0-9]{2,}|[03-9]", "N")
                            + " " + blockers.size());
                    blockers.forEach(blocker -> assertNotSame(each, blocker));
                }
            }
        }
        return false;
    }

    @Test
    @Rule("E6")
    void writersThatMeetSayWhomTheyWaitFor() throws Exception {
        for (int seed = 0; seed < SEEDS; seed++) {
            try (OnImage on = new OnImage(seed)) {
                Qcow2Node[] node = new Qcow2Node[1];
                on.run(() -> {
                    on.awaitCreate(OnImage.create(2048L * MIB));
                    node[0] = on.awaitOpen();
                });
                on.file.fault = (_, _, _) -> look(on);
                List<OnImage.Step> steps = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    long offset = i / 2 * 1024L * MIB / 2 + i * 512;
                    steps.add(() -> OnImage.write(node[0], offset, OnImage.pattern(512, 1)));
                }
                on.runAll(steps);
                on.file.fault = (_, _, _) -> false;
                on.run(() -> on.awaitClose(node[0]));
            }
        }
        for (String reason : List.of("a qcow2 allocation of 1 clusters at N 1",
                "the write of a slice of an L2 table of a qcow2 image at N 1",
                "the write of the L1 table of a qcow2 image at N 1")) {
            assertTrue(seen.contains(reason), () -> "no '" + reason + "' in " + seen);
        }
        assertEquals(List.of(), seen.stream().filter(s -> s.startsWith("null")).toList());
    }
}
