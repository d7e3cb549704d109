package io.backplane.aio;

import java.util.List;

/**
 * What a coroutine is suspended for, told to operators and to the search for deadlocks. All
 * answers are read without synchronisation while things go on: a hint, true only if it lasts.
 */
public interface Awaited {

    /** What it is, such as {@code drain of node 'disk'}. */
    @AnyThread
    String describe();

    /** The coroutines that must <em>all</em> go on before the wait can end, as far as known. */
    @AnyThread
    List<Coroutine> blockers();
}
