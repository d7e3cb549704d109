package io.backplane.driver.file;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioTimer;
import io.backplane.aio.Coroutine;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import io.backplane.block.BlockPermission;
import io.backplane.block.Permissions;
import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostIoException;
import io.backplane.state.StateException;
import io.backplane.state.StateRecord;

/**
 * Image locks between processes, byte for byte as QEMU takes them. All locks are shared ones on
 * single bytes; taking never fails, what others hold is found by asking.
 *
 * <p>byte | held by who
 * <br>100 + bit | uses that permission: bit 0 consistent-read, 1 write, 2 write-unchanged, 3 resize
 * <br>200 + bit | does not let others use it
 *
 * <p>To use a permission nobody else may hold its 200 byte, not to share one nobody else may hold
 * its 100 byte. Own bytes are taken before others' are looked at, so of two that come together at
 * least one sees the other.
 */
final class FileLocks {
    private static final int USED_BASE = 100;
    private static final int UNSHARED_BASE = 200;
    private static final int ATTEMPTS = 6;
    private static final long ATTEMPT_INTERVAL_NS = 100_000_000L;

    // Global state
    private int used;
    private int unshared;

    /**
     * As {@link #change}, but a conflict is looked at for half a second: the kernel frees the locks
     * of a process that was killed with I/O under way some time after the process has gone.
     */
    @Suspends
    void awaitChange(HostFile file, Permissions wanted) throws BlockException {
        for (int attempt = 1;; attempt++) {
            try {
                change(file, wanted);
                return;
            } catch (BlockException e) {
                if (e.kind() != BlockException.Kind.PERMISSION || attempt == ATTEMPTS) {
                    throw e;
                }
            }
            AioContext here = AioContext.current();
            try (AioTimer timer = here.newTimer("lock", Coroutine.current()::wake)) {
                timer.armAt(here.nowNs() + ATTEMPT_INTERVAL_NS);
                Coroutine.suspend();
            }
        }
    }

    /**
     * Goes over to other permissions.
     *
     * @throws BlockException PERMISSION if another process is in the way; the old locks hold then
     */
    void change(HostFile file, Permissions wanted) throws BlockException {
        int nextUsed = wanted.used() & Permissions.ALL;
        int nextUnshared = ~wanted.shared() & Permissions.ALL;
        if ((nextUsed & ~used | nextUnshared & ~unshared) != 0) {
            boolean done = false;
            try {
                take(file, used | nextUsed, unshared | nextUnshared);
                check(file, nextUsed, nextUnshared);
                done = true;
            } finally {
                if (!done) {
                    release(file, used, unshared);
                }
            }
        }
        release(file, nextUsed, nextUnshared);
        used = nextUsed;
        unshared = nextUnshared;
    }

    /** Notes what is held, for whoever gets the descriptor. */
    void save(StateRecord.Builder state) {
        state.number("locks-used", used).number("locks-unshared", unshared);
    }

    /** The locks that a descriptor which was handed over holds. */
    static FileLocks of(StateRecord state) throws StateException {
        FileLocks locks = new FileLocks();
        locks.used = (int) state.numberOr("locks-used", 0) & Permissions.ALL;
        locks.unshared = (int) state.numberOr("locks-unshared", 0) & Permissions.ALL;
        return locks;
    }

    /** Takes what is held on another descriptor of the same file, without looking for others. */
    void copyTo(HostFile file) throws BlockException {
        take(file, used, unshared);
    }

    private static void take(HostFile file, int used, int unshared) throws BlockException {
        for (BlockPermission permission : BlockPermission.values()) {
            int bit = permission.ordinal();
            if ((used & permission.bit()) != 0) {
                lock(file, USED_BASE + bit);
            }
            if ((unshared & permission.bit()) != 0) {
                lock(file, UNSHARED_BASE + bit);
            }
        }
    }

    private static void lock(HostFile file, int at) throws BlockException {
        try {
            if (!file.tryLock(at, 1, false)) {
                throw new BlockException(BlockException.Kind.PERMISSION,
                        "Failed to lock byte " + at + hint(file));
            }
        } catch (HostIoException e) {
            throw FileErrors.of("Failed to lock byte " + at + " of '" + file.path() + "'", e);
        }
    }

    private static void check(HostFile file, int used, int unshared) throws BlockException {
        for (BlockPermission permission : BlockPermission.values()) {
            int bit = permission.ordinal();
            if ((used & permission.bit()) != 0 && isHeld(file, UNSHARED_BASE + bit)) {
                throw new BlockException(BlockException.Kind.PERMISSION,
                        "Failed to get \"" + text(permission) + "\" lock" + hint(file));
            }
            if ((unshared & permission.bit()) != 0 && isHeld(file, USED_BASE + bit)) {
                throw new BlockException(BlockException.Kind.PERMISSION,
                        "Failed to get shared \"" + text(permission) + "\" lock" + hint(file));
            }
        }
    }

    private static boolean isHeld(HostFile file, int at) throws BlockException {
        try {
            return file.isLockedByOther(at, 1, true);
        } catch (HostIoException e) {
            throw FileErrors.of("Failed to look for locks of '" + file.path() + "'", e);
        }
    }

    private static String text(BlockPermission permission) {
        return permission.wireName().replace('-', ' ');
    }

    private static String hint(HostFile file) {
        return "\nIs another process using the image [" + file.path() + "]?";
    }

    /** Gives back all but these. */
    private static void release(HostFile file, int used, int unshared) throws BlockException {
        try {
            for (BlockPermission permission : BlockPermission.values()) {
                int bit = permission.ordinal();
                if ((used & permission.bit()) == 0) {
                    file.unlock(USED_BASE + bit, 1);
                }
                if ((unshared & permission.bit()) == 0) {
                    file.unlock(UNSHARED_BASE + bit, 1);
                }
            }
        } catch (HostIoException e) {
            throw FileErrors.of("Failed to unlock '" + file.path() + "'", e);
        }
    }
}
