package io.backplane.block.graph;

import java.util.List;

/**
 * A drained section, as operators see it.
 *
 * @param id its number, unique in the process
 * @param nodes what it drains
 * @param asker what it is for, as given when it began
 * @param coroutine name of the coroutine that began it
 * @param ageNs nanoseconds since it began
 * @param nestedCount how many sections drain the first of the nodes now, this one included
 * @param waiting whether it still waits for what was in flight; else it holds
 * @param requests the requests it waits for
 * @param others what else it waits for, in words
 */
public record DrainReport(long id, List<String> nodes, String asker, String coroutine, long ageNs,
        int nestedCount, boolean waiting, List<Request> requests, List<String> others) {

    /**
     * A request in flight.
     *
     * @param backend where it came in
     * @param node the node it was given to
     * @param verb such as {@code read}
     * @param offset start in bytes
     * @param bytes length in bytes
     * @param phase {@code running}, {@code suspended}, or what it waits for
     * @param id the same in all storeys and in JFR events
     * @param context where its coroutine runs
     * @param coroutine that carries it
     * @param stack of that coroutine, innermost first
     */
    public record Request(String backend, String node, String verb, long offset, long bytes,
            String phase, long id, String context, String coroutine, List<String> stack) {
    }
}
