package io.backplane.tool.explore;

/**
 * How much to explore.
 *
 * @param schedules most runs
 * @param seed where the seeds of the runs come from
 * @param depth exhaustive up to this many choices; 0: random
 * @param limitNs most time in nanoseconds; 0: no limit
 */
public record Plan(long schedules, long seed, int depth, long limitNs) {
}
