package io.backplane.sim;

/** A locked byte range of a simulated file. */
record SimLock(SimFile owner, long offset, long bytes, boolean exclusive) {
    boolean conflicts(SimFile other, long otherOffset, long otherBytes, boolean otherExclusive) {
        return owner != other && (exclusive || otherExclusive)
                && offset < otherOffset + otherBytes && otherOffset < offset + bytes;
    }
}
