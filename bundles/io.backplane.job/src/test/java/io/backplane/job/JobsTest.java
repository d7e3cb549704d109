package io.backplane.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.backplane.aio.Coroutine;
import io.backplane.block.BlockException;
import io.backplane.hostio.nio.NioPollerFactory;
import io.backplane.loop.Loops;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class JobsTest {
    private final List<String> told = new ArrayList<>();
    private Jobs jobs;

    private interface Body {
        void run() throws Exception;
    }

    /** Runs a test in a coroutine of main. */
    private void inMain(Body body) throws Exception {
        try (Loops loops = new Loops(List.of(new NioPollerFactory())).startMain()) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            loops.main().spawn(() -> {
                try {
                    jobs = new Jobs(loops.main(), job -> told.add(job.id() + " "
                            + job.status().wireName()));
                    body.run();
                    done.complete(null);
                } catch (Throwable e) {
                    done.completeExceptionally(e);
                }
            });
            done.get(20, TimeUnit.SECONDS);
        }
    }

    private void settle() {
        for (int i = 0; i < 50; i++) {
            Coroutine.awaitYield();
        }
    }

    /** Goes on until it is told to stop, and notes what becomes of it. */
    private final class Steps implements JobWork {
        boolean stop;
        String failCommit;

        @Override
        public void awaitRun(Job job) throws BlockException {
            while (!stop) {
                job.awaitPausePoint();
                Coroutine.awaitYield();
            }
        }

        @Override
        public void awaitCommit(Job job) throws BlockException {
            told.add(job.id() + " commit");
            if (failCommit != null) {
                throw new BlockException(BlockException.Kind.IO, failCommit);
            }
        }

        @Override
        public void awaitAbort(Job job) {
            told.add(job.id() + " back");
        }

        @Override
        public void awaitClean(Job job) {
            told.add(job.id() + " clean");
        }

        @Override
        public Set<JobStatus.Verb> verbs() {
            return Set.of(JobStatus.Verb.PAUSE, JobStatus.Verb.RESUME, JobStatus.Verb.SET_SPEED);
        }
    }

    private Job start(String id, Steps work, boolean autoFinalize, String group)
            throws BlockException {
        return jobs.start(new JobRequest(id, "test", autoFinalize, false, group), work);
    }

    @Test
    void aJobPausesResumesAndConcludes() throws Exception {
        inMain(() -> {
            Steps work = new Steps();
            Job job = start("j", work, true, null);
            settle();
            jobs.apply(job, JobStatus.Verb.PAUSE);
            settle();
            assertEquals(JobStatus.PAUSED, job.status());
            assertEquals("Job is already paused", assertThrows(BlockException.class,
                    () -> jobs.apply(job, JobStatus.Verb.PAUSE)).getMessage());
            jobs.apply(job, JobStatus.Verb.RESUME);
            assertThrows(BlockException.class, () -> jobs.apply(job, JobStatus.Verb.RESUME));
            jobs.setSpeed(job, 5);
            work.stop = true;
            assertEquals(null, jobs.awaitDismissed(job));
            assertEquals(List.of("j created", "j running", "j paused", "j running", "j waiting",
                    "j pending", "j commit", "j clean", "j concluded", "j null"), told);
        });
    }

    @Test
    void aPausedJobCanBeCancelled() throws Exception {
        inMain(() -> {
            Job job = start("j", new Steps(), true, null);
            jobs.apply(job, JobStatus.Verb.PAUSE);
            settle();
            jobs.apply(job, JobStatus.Verb.CANCEL);
            assertEquals("Operation canceled", jobs.awaitDismissed(job));
            assertEquals(List.of("j created", "j running", "j paused", "j running", "j aborting",
                    "j back", "j concluded", "j null"), told);
        });
    }

    @Test
    void aPendingJobWaitsToBeFinalizedOrCancelled() throws Exception {
        inMain(() -> {
            Steps work = new Steps();
            work.stop = true;
            Job one = start("a", work, false, null);
            Job two = start("b", work, false, null);
            settle();
            assertEquals(JobStatus.PENDING, one.status());
            jobs.apply(one, JobStatus.Verb.FINALIZE);
            jobs.apply(two, JobStatus.Verb.CANCEL);
            assertEquals(null, jobs.awaitDismissed(one));
            assertEquals("Operation canceled", jobs.awaitDismissed(two));
        });
    }

    @Test
    void aGroupIsFinalizedTogetherByAnyOfThem() throws Exception {
        inMain(() -> {
            Steps done = new Steps();
            done.stop = true;
            Steps late = new Steps();
            Job one = start("a", done, false, "g");
            Job two = start("b", late, false, "g");
            settle();
            assertEquals(JobStatus.WAITING, one.status());
            late.stop = true;
            settle();
            assertEquals(JobStatus.PENDING, one.status());
            jobs.apply(two, JobStatus.Verb.FINALIZE);
            assertEquals(null, jobs.awaitDismissed(one));
            assertEquals(null, jobs.awaitDismissed(two));
            assertEquals(List.of("a commit", "b commit", "a clean", "b clean"), told.stream()
                    .filter(t -> t.endsWith("commit") || t.endsWith("clean")).toList());
        });
    }

    @Test
    void oneThatFailsTakesItsGroupBack() throws Exception {
        inMain(() -> {
            Steps done = new Steps();
            done.stop = true;
            Steps fails = new Steps();
            fails.stop = true;
            fails.failCommit = "no";
            Job one = start("a", done, false, "g");
            Job two = start("b", fails, false, "g");
            settle();
            jobs.apply(one, JobStatus.Verb.FINALIZE);
            assertEquals("Operation canceled", jobs.awaitDismissed(one));
            assertEquals("no", jobs.awaitDismissed(two));
            assertEquals(true, told.contains("a back") && told.contains("b back"), told::toString);
        });
    }

    @Test
    void verbsThatTheWorkDoesNotHeedAreRefused() throws Exception {
        inMain(() -> {
            Job job = jobs.start(JobRequest.of("j", "create"), j -> j.awaitComplete());
            settle();
            assertEquals(JobStatus.READY, job.status());
            assertEquals("The 'create' job 'j' does not support pause",
                    assertThrows(BlockException.class,
                            () -> jobs.apply(job, JobStatus.Verb.PAUSE)).getMessage());
            assertEquals("Job 'j' in state 'ready' cannot accept command verb 'dismiss'",
                    assertThrows(BlockException.class,
                            () -> jobs.apply(job, JobStatus.Verb.DISMISS)).getMessage());
            jobs.awaitAllEnded();
            assertEquals(List.of(), jobs.all());
        });
    }
}
