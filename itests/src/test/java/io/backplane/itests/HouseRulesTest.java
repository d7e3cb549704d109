package io.backplane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What the house forbids, looked for in the bytecode of every bundle. */
class HouseRulesTest {
    /** Bundles that own threads and clocks. */
    private static final Set<String> GROUND = Set.of("io.backplane.aio", "io.backplane.loop",
            "io.backplane.hostio", "io.backplane.hostio.threads", "io.backplane.hostio.uring",
            "io.backplane.hostio.nio");

    /** A thread that waits at a terminal is what the console is. */
    private static final String CONSOLE = "io.backplane.console";

    /** Its subject is the framework itself: it lists bundles and components. */
    private static final String PLATFORM_COMMANDS = "io/backplane/shell/PlatformCommands";

    /** Its subject is bundles: what they need and offer, and what the framework does with them. */
    private static final String DEPLOY = "io.backplane.deploy";

    /** Foreign code that may not return needs threads of its own. */
    private static final Set<String> OWN_THREADS =
            Set.of("io/backplane/deploy/BoundedStep");

    /**
     * Members that bring in time, threads or chance from outside, or memory that outlives a bundle:
     * a bundle may be exchanged a thousand times in the life of a daemon.
     */
    private static final Set<String> BANNED = Set.of(
            "java/lang/Thread.<init>", "java/lang/Thread.sleep", "java/lang/Thread.ofVirtual",
            "java/lang/Thread.ofPlatform", "java/lang/Thread.startVirtualThread",
            "java/lang/ThreadLocal.<init>", "java/lang/ThreadLocal.withInitial",
            "java/lang/System.nanoTime", "java/lang/System.currentTimeMillis",
            "java/lang/Math.random", "java/util/Random.<init>", "java/time/Instant.now",
            "java/lang/Object.wait", "java/lang/foreign/MemorySegment.reinterpret",
            "java/lang/foreign/Arena.global");

    @Test
    void onlyComponentsTouchOsgi() throws IOException {
        List<String> faults = new ArrayList<>();
        for (BuiltBundle bundle : BuiltBundle.all()) {
            Set<String> touching = new TreeSet<>();
            for (ClassModel model : bundle.classes()) {
                String name = model.thisClass().asInternalName();
                String outer = name.replaceAll("\\$.*", "");
                for (PoolEntry entry : model.constantPool()) {
                    if (entry instanceof ClassEntry type
                            && type.asInternalName().startsWith("org/osgi/")) {
                        touching.add(outer);
                    }
                }
            }
            touching.removeIf(name -> name.endsWith("/package-info")
                    || name.equals(PLATFORM_COMMANDS));
            boolean good = bundle.name().equals(DEPLOY) || touching.size() <= 1
                    && touching.stream().allMatch(name -> name.endsWith("Component"));
            if (!good) {
                faults.add(bundle.name() + ": OSGi is touched by " + touching);
            }
        }
        assertEquals(List.of(), faults);
    }

    @Test
    void timeThreadsAndChanceComeFromTheGroundOnlyAndMemoryGoesWithItsBundle() throws IOException {
        List<String> faults = new ArrayList<>();
        for (BuiltBundle bundle : BuiltBundle.all()) {
            if (GROUND.contains(bundle.name()) || bundle.name().equals(CONSOLE)
                    || bundle.name().startsWith("io.backplane.tool.")
                    || bundle.name().equals("io.backplane.tck")) {
                continue;
            }
            for (ClassModel model : bundle.classes()) {
                if (OWN_THREADS.contains(model.thisClass().asInternalName())) {
                    continue;
                }
                for (PoolEntry entry : model.constantPool()) {
                    if (entry instanceof MemberRefEntry member) {
                        String called = member.owner().asInternalName() + "."
                                + member.name().stringValue();
                        if (BANNED.contains(called)
                                || called.startsWith("java/util/concurrent/Executors.")) {
                            faults.add(model.thisClass().asInternalName() + " uses " + called);
                        }
                    }
                }
            }
        }
        assertEquals(List.of(), faults);
    }
}
