package io.backplane.loop;

import io.backplane.aio.ContextReport;
import io.backplane.aio.Coroutine;
import io.backplane.aio.Poller;
import java.util.ArrayList;
import java.util.List;

/**
 * What a loop does now, for operators. Any thread asks, and reads the loop's plain fields without
 * synchronisation, so that being asked costs the loop nothing and orders nothing in it.
 */
final class LoopReport {
    private static final int INBOX_SEEN_MAX = 10_000;

    private LoopReport() {
    }

    static ContextReport of(EventLoop loop, Thread thread, int threadId) {
        long nowNs = loop.nowNs();
        int callbacks = loop.callbackCount;
        int readyCount = loop.ready.count();
        int seen = 0;
        for (Notice n = loop.inbox; n != null && seen < INBOX_SEEN_MAX; n = n.next, seen++) {
            if (n.kind == Notice.CONTINUATION) {
                readyCount++;
            } else {
                callbacks++;
            }
        }
        int suspended = 0;
        List<String> stack = new ArrayList<>();
        for (Coroutine coroutine : loop.coroutines().registry().busy()) {
            if (coroutine.context() != loop) {
                continue;
            }
            if (coroutine.isSuspended()) {
                suspended++;
            } else if (coroutine.isMounted()) {
                addStack(stack, coroutine.name(), coroutine.stack());
            }
        }
        if (thread != null) {
            addStack(stack, thread.getName(), thread.getStackTrace());
        }
        Object running = loop.runningNow;
        LoopProgress progress = loop.progress;
        return new ContextReport(loop.name(), threadId, mechanism(loop), loop.phase,
                running == null ? null : running.toString(), loop.turnCount,
                LoopProgress.ageNs(progress.prepareNs(), nowNs),
                LoopProgress.ageNs(progress.pollNs(), nowNs),
                LoopProgress.ageNs(progress.dispatchNs(), nowNs),
                LoopProgress.ageNs(progress.scheduleNs(), nowNs), callbacks, readyCount,
                suspended, stack);
    }

    private static void addStack(List<String> lines, String owner, StackTraceElement[] stack) {
        if (stack.length > 0) {
            lines.add(owner + ":");
        }
        for (StackTraceElement frame : stack) {
            lines.add(frame.toString());
        }
    }

    private static String mechanism(EventLoop loop) {
        Poller poller = loop.poller();
        return poller == null ? "none" : poller.mechanism();
    }

    /** As {@link #of}, in a line, for the log. */
    static String line(EventLoop loop) {
        Object running = loop.runningNow;
        return loop.name() + ": " + loop.phase + (running == null ? "" : " " + running)
                + ", turn " + loop.turnCount + ", callbacks " + loop.callbackCount + ", ready "
                + loop.ready.count() + ", handlers " + loop.handlers + ", poller "
                + mechanism(loop);
    }
}
