package io.backplane.sim;

/**
 * How often things go wrong on a {@link SimDisk}, in percent of the requests. Set before the run
 * or in it; all zero at the start.
 */
public final class SimFaults {
    /** Reads and writes that fail with EIO. */
    public int eioPercent;
    /** Reads and writes that do less than asked. */
    public int shortPercent;
    /** Writes that fail with ENOSPC. */
    public int nospcPercent;
    /** Flushes that fail with EIO and make nothing stable; the next one may. */
    public int flushEioPercent;
    /** Writes that end well, but at another place. */
    public int misdirectedPercent;
    /** Requests that take a virtual millisecond, instead of some time in between. */
    public int slowPercent;
}
