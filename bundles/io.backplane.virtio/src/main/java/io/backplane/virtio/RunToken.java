package io.backplane.virtio;

import io.backplane.aio.AnyThread;
import io.backplane.aio.GlobalState;

/**
 * The right to process one queue. Who needs quiet revokes it and gives it back later; both nest.
 * A queue that does not hold its token takes no request, whatever the guest or the transport does
 * meanwhile: reset, start, kick.
 */
public final class RunToken {
    // Immutable
    private final Runnable changed;

    // Global state writes, any thread reads
    private volatile int revocations;

    RunToken(Runnable changed) {
        this.changed = changed;
    }

    /** Takes the right away: no request is taken from the ring that was not being taken now. */
    @GlobalState
    public void revoke() {
        revocations = revocations + 1;
        changed.run();
    }

    /** Ends one revocation; after the last one the queue looks at its ring by itself. */
    @GlobalState
    public void giveBack() {
        if (revocations == 0) {
            throw new IllegalStateException("run token given back more often than revoked");
        }
        revocations = revocations - 1;
        changed.run();
    }

    /** Whether the queue may be processed. */
    @AnyThread
    public boolean isHeld() {
        return revocations == 0;
    }
}
