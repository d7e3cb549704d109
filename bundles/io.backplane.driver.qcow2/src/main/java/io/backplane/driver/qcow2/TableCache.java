package io.backplane.driver.qcow2;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * Metadata tables in memory by key.
 *
 * <p>{@link #find} takes no lock: it walks a chain of a hash table whose links are only ever
 * prepended or unlinked, and no table is linked twice. Everything else is under the metadata
 * lock. The capacity is soft: dirty tables and those being written stay, and the writers see to
 * it that they do not become many. Eviction is by a clock hand over the slots, with one second
 * chance for what was used.
 */
final class TableCache<T extends CachedTable> {
    private static final VarHandle HEADS =
            MethodHandles.arrayElementVarHandle(CachedTable[].class);

    // Any thread
    private final CachedTable[] heads;

    // Under the metadata lock
    private int capacity;
    private CachedTable[] slots;
    private int count;
    private int hand;
    private final ArrayList<T> dirty = new ArrayList<>();

    // Any thread; written under the metadata lock
    private volatile int dirtyCount;

    /** @param capacity tables to keep */
    TableCache(int capacity) {
        this.capacity = capacity;
        heads = new CachedTable[Math.max(16, Integer.highestOneBit(Math.min(capacity, 1 << 20)) * 2)];
        slots = new CachedTable[16];
    }

    private int bucket(long key) {
        long mixed = key * 0x9e3779b97f4a7c15L;
        return (int) (mixed >>> 40) & heads.length - 1;
    }

    /** The table with {@code key}, or null if it is not in memory. Any thread. */
    T find(long key) {
        CachedTable table = (CachedTable) HEADS.getAcquire(heads, bucket(key));
        while (table != null && table.key != key) {
            table = table.next;
        }
        if (table != null && !table.referenced) {
            table.referenced = true;
        }
        return cast(table);
    }

    int capacity() {
        return capacity;
    }

    int count() {
        return count;
    }

    int dirtyCount() {
        return dirtyCount;
    }

    /** Adds a table that is not there; makes room first. */
    void add(T table) {
        assert find(table.key) == null : "table twice in cache";
        while (count >= capacity && evictOne()) {
            // one is enough unless the capacity shrank
        }
        if (count == slots.length) {
            slots = java.util.Arrays.copyOf(slots, count * 2);
        }
        table.cache = this;
        table.slot = count;
        slots[count++] = table;
        int bucket = bucket(table.key);
        table.next = heads[bucket];
        HEADS.setRelease(heads, bucket, table);
    }

    void capacity(int tables) {
        capacity = tables;
        while (count > capacity && evictOne()) {
            // until it fits or nothing can go
        }
    }

    private boolean evictOne() {
        for (int looked = 0; looked < 2 * count; looked++) {
            if (hand >= count) {
                hand = 0;
            }
            CachedTable table = slots[hand];
            if (!table.isDirty() && table.writing == 0) {
                if (!table.referenced) {
                    remove(table);
                    return true;
                }
                table.referenced = false;
            }
            hand++;
        }
        return false;
    }

    private void remove(CachedTable table) {
        CachedTable last = slots[--count];
        slots[count] = null;
        if (last != table) {
            slots[table.slot] = last;
            last.slot = table.slot;
        }
        int bucket = bucket(table.key);
        CachedTable at = heads[bucket];
        if (at == table) {
            HEADS.setRelease(heads, bucket, table.next);
            return;
        }
        while (at.next != table) {
            at = at.next;
        }
        at.next = table.next;
    }

    /** Forgets every clean table that was not used since the last call. */
    void dropUnused() {
        for (int i = count - 1; i >= 0; i--) {
            CachedTable table = slots[i];
            if (table.isDirty() || table.writing > 0) {
                continue;
            }
            if (table.referenced) {
                table.referenced = false;
            } else {
                remove(table);
            }
        }
    }

    void dirtied(CachedTable table) {
        table.dirtySlot = dirty.size();
        dirty.add(cast(table));
        dirtyCount = dirty.size();
    }

    void cleaned(CachedTable table) {
        T last = dirty.removeLast();
        if (last != table) {
            dirty.set(table.dirtySlot, last);
            last.dirtySlot = table.dirtySlot;
        }
        dirtyCount = dirty.size();
    }

    /** All tables that are dirty or being written. */
    List<T> unstable() {
        List<T> found = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            if (slots[i].isDirty() || slots[i].writing > 0) {
                found.add(cast(slots[i]));
            }
        }
        return found;
    }

    @SuppressWarnings("unchecked")
    private T cast(CachedTable table) {
        return (T) table;
    }

    /** The tables that are dirty now. */
    List<T> dirty() {
        return List.copyOf(dirty);
    }
}
