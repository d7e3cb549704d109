package io.backplane.monitor;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioTimer;
import io.backplane.qmp.QmpEventType;
import io.backplane.qmp.QmpEvents;
import io.backplane.schema.RecordTree;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Hands events out. An event with a limited rate goes at once if its interval has passed; else the
 * newest of its kind waits for the end of the interval.
 */
public final class EventHub implements QmpEvents {
    private static final int LIMITS_KEPT_MAX = 10_000;

    private record Key(String name, Object part) {
    }

    /** One kind whose rate is limited, in an interval that runs. */
    private static final class Limit {
        private AioTimer timer;
        private Map<String, Object> waiting;
    }

    // Immutable
    private final AioContext main;
    private final InstantSource wallClock;

    // Any thread
    private final CopyOnWriteArrayList<Listener> listeners = new CopyOnWriteArrayList<>();

    // Main only
    private final Map<Key, Limit> limits = new HashMap<>();

    /** @param wallClock for the timestamps */
    public EventHub(AioContext main, InstantSource wallClock) {
        this.main = main;
        this.wallClock = wallClock;
    }

    @Override
    public AutoCloseable listen(Listener listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public void emit(QmpEventType type, Record data) {
        Map<String, Object> tree = tree(type, data);
        main.runOrSchedule(() -> route(type, data, tree));
    }

    private Map<String, Object> tree(QmpEventType type, Record data) {
        Instant now = wallClock.instant();
        Map<String, Object> timestamp = new LinkedHashMap<>();
        timestamp.put("seconds", now.getEpochSecond());
        timestamp.put("microseconds", (long) now.getNano() / 1000);
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("timestamp", timestamp);
        tree.put("event", type.name());
        if (data != null) {
            tree.put("data", RecordTree.of(data));
        }
        return tree;
    }

    private void route(QmpEventType type, Record data, Map<String, Object> tree) {
        if (type.intervalNs() == 0) {
            send(tree);
            return;
        }
        Key key = new Key(type.name(), type.key() == null ? null : type.key().apply(data));
        Limit limit = limits.get(key);
        if (limit != null) {
            limit.waiting = tree;
            return;
        }
        send(tree);
        if (limits.size() < LIMITS_KEPT_MAX) {
            start(key, type.intervalNs());
        }
    }

    private void start(Key key, long intervalNs) {
        Limit limit = new Limit();
        limit.timer = main.newTimer("event " + key.name(), () -> {
            limits.remove(key).timer.close();
            if (limit.waiting != null) {
                send(limit.waiting);
                start(key, intervalNs);
            }
        });
        limits.put(key, limit);
        limit.timer.armAt(main.nowNs() + intervalNs);
    }

    private void send(Map<String, Object> tree) {
        for (Listener listener : listeners) {
            listener.event(tree);
        }
    }

    /** Sends what waits and stops the timers. Main. */
    public void close() {
        for (Limit limit : limits.values()) {
            limit.timer.close();
            if (limit.waiting != null) {
                send(limit.waiting);
            }
        }
        limits.clear();
    }
}
