package io.backplane.aio;

import java.util.List;

/**
 * What a context does, read by another thread without stopping it. Ages are in nanoseconds, -1 if
 * it never happened, and have the resolution that {@link EventLoops#reports} of the provider
 * states.
 *
 * @param name of the context
 * @param threadId the kernel's id of its thread, 0 if unknown
 * @param mechanism what it waits with
 * @param phase what it does: such as {@code waiting}, {@code dispatching}
 * @param running the callback or timer that runs, or null
 * @param turnCount turns since its start
 * @param prepareAgeNs since it last computed a time-out
 * @param pollAgeNs since it last returned from waiting, or began to wait if it waits
 * @param dispatchAgeNs since it last began to run callbacks and coroutines
 * @param scheduleAgeNs since another thread last gave it something to do
 * @param pendingBottomHalves callbacks that are to run
 * @param readyCoroutines coroutines that are to run
 * @param suspendedCoroutines coroutines that wait
 * @param stack of its thread, innermost first
 */
public record ContextReport(String name, int threadId, String mechanism, String phase,
        String running, long turnCount, long prepareAgeNs, long pollAgeNs, long dispatchAgeNs,
        long scheduleAgeNs, int pendingBottomHalves, int readyCoroutines, int suspendedCoroutines,
        List<String> stack) {
}
