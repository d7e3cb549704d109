package io.backplane.virtio;

/**
 * Where a queue notes which requests it has taken and not yet answered, in memory that outlives
 * the process, so that a successor can take them up again. Queue's home context only; the calls
 * come in this order for each request, and each call's stores are visible before the next call's.
 */
public interface InflightLog {

    /** The request that starts at {@code head} has been taken from the available ring. */
    void taken(int head);

    /** Its entry stands in the used ring, but the used index has not moved yet. */
    void answering(int head);

    /** The used index is now {@code usedIndex}: the request is the guest's again. */
    void answered(int head, int usedIndex);
}
