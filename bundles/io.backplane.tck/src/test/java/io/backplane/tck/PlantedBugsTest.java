package io.backplane.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import io.backplane.block.BlockdevRef;
import io.backplane.block.spi.BlockDriver;
import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Drivers with a bug each: the case that is there for it fails, and passes without the bug. */
class PlantedBugsTest {

    /** What the driver under test is made of. */
    record Options(BlockdevRef file) {
    }

    /** The conformance test of a driver without a bug; those with one extend it. */
    static class Good extends DriverConformance {
        FaultyNode.Bug bug() {
            return FaultyNode.Bug.NONE;
        }

        @Override
        protected BlockDriver newDriver(Ground ground) {
            return new FaultyDriver(bug());
        }

        @Override
        protected Record options(Ground ground) {
            return new Options(ground.disk("file", imageBytes()));
        }
    }

    static class LostWrite extends Good {
        @Override
        FaultyNode.Bug bug() {
            return FaultyNode.Bug.LOST_WRITE_AT_ODD_OFFSET;
        }
    }

    static class NoFlush extends Good {
        @Override
        FaultyNode.Bug bug() {
            return FaultyNode.Bug.FORGETS_FLUSH;
        }
    }

    static class NoFua extends Good {
        @Override
        FaultyNode.Bug bug() {
            return FaultyNode.Bug.IGNORES_FUA;
        }
    }

    static class ErrorLost extends Good {
        @Override
        FaultyNode.Bug bug() {
            return FaultyNode.Bug.SWALLOWS_ERRORS;
        }
    }

    static class ZeroesLost extends Good {
        @Override
        FaultyNode.Bug bug() {
            return FaultyNode.Bug.DISCARDS_FOR_ZEROES;
        }
    }

    static class GraphPhase extends Good {
        @Override
        FaultyNode.Bug bug() {
            return FaultyNode.Bug.IO_IN_GRAPH_PHASE;
        }
    }

    static class ArenaLeak extends Good {
        @Override
        FaultyNode.Bug bug() {
            return FaultyNode.Bug.LEAKS_ARENA;
        }
    }

    static class DescriptorLeak extends Good {
        @Override
        FaultyNode.Bug bug() {
            return FaultyNode.Bug.LEAKS_DESCRIPTOR;
        }
    }

    static class LoaderLeak extends Good {
        @Override
        FaultyNode.Bug bug() {
            return FaultyNode.Bug.LEAKS_CLASS_LOADER;
        }
    }

    static class LateWrite extends Good {
        @Override
        FaultyNode.Bug bug() {
            return FaultyNode.Bug.WRITES_AFTER_ANSWER;
        }
    }

    private static TestExecutionSummary run(Class<?> test, String method) {
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectMethod(test, method)).build();
        LauncherFactory.create().execute(request, listener);
        assertEquals(1, listener.getSummary().getTestsStartedCount(), "no case " + method);
        return listener.getSummary();
    }

    private static void assertFinds(Class<?> test, String method, String part) {
        TestExecutionSummary good = run(Good.class, method);
        good.getFailures().forEach(failure -> failure.getException().printStackTrace());
        assertEquals(0, good.getTestsFailedCount(), method + " without a bug");
        TestExecutionSummary bad = run(test, method);
        assertEquals(1, bad.getTestsFailedCount(), method + " does not find the bug");
        String message = String.valueOf(bad.getFailures().getFirst().getException().getMessage());
        assertTrue(message.contains(part), message);
    }

    @Test
    void lostWriteIsFound() {
        assertFinds(LostWrite.class, "requestsOfAnyShapeKeepTheDiskRight", "byte");
    }

    @Test
    void forgottenFlushIsFound() {
        assertFinds(NoFlush.class, "powerCutLosesNothingThatWasFlushed", "after a power cut");
    }

    @Test
    void ignoredFuaIsFound() {
        assertFinds(NoFua.class, "powerCutLosesNothingThatWasFlushed", "after a power cut");
    }

    @Test
    void swallowedErrorIsFound() {
        assertFinds(ErrorLost.class, "errorAtAnyRequestBelowIsReportedAndHarmsNothingElse",
                "with an error at request");
    }

    @Test
    void zeroesThatAreNoneAreFound() {
        assertFinds(ZeroesLost.class, "requestsOfAnyShapeKeepTheDiskRight", "byte");
    }

    @Test
    void ioInTheGraphPhaseIsFound() {
        assertFinds(GraphPhase.class, "graphPhaseDoesNoIoAndIoPhaseEditsNoGraph",
                "in the graph phase");
    }

    @Test
    void leakedArenaIsFound() {
        assertFinds(ArenaLeak.class, "openAndCloseAgainAndAgainLeaksNothing", "native memory");
    }

    @Test
    void leakedDescriptorIsFound() {
        assertFinds(DescriptorLeak.class, "openAndCloseAgainAndAgainLeaksNothing",
                "file descriptors");
    }

    @Test
    void leakedClassLoaderIsFound() {
        assertFinds(LoaderLeak.class, "unloadedBundleIsCollected", "class loader");
    }

    @Test
    void writeThatGoesOnAfterItsAnswerIsFound() {
        assertFinds(LateWrite.class, "drainWaitsForRequestsAndLetsNoneBegin", "");
    }
}
