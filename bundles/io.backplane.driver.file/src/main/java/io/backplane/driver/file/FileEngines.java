package io.backplane.driver.file;

import io.backplane.block.BlockException;
import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostFileEngine;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The engines of host I/O there are now, and which one an {@code aio} option means. */
public final class FileEngines {
    private static final Logger LOG = LoggerFactory.getLogger(FileEngines.class);

    // Any thread
    private final List<HostFileEngine> engines = new CopyOnWriteArrayList<>();
    private final AtomicBoolean warned = new AtomicBoolean();

    /** Engines to begin with; more may come and go. */
    public FileEngines(HostFileEngine... first) {
        engines.addAll(List.of(first));
    }

    void add(HostFileEngine engine) {
        engines.add(engine);
    }

    void remove(HostFileEngine engine) {
        engines.remove(engine);
    }

    /**
     * Whether the engine of {@code file} is there. The engines are asked: whoever opened the file
     * may have been another instance of this bundle.
     */
    boolean serves(HostFile file) {
        return engines.stream().anyMatch(engine -> engine.serves(file));
    }

    /** Whether there is any. */
    boolean isEmpty() {
        return engines.isEmpty();
    }

    /** The engine for {@code aio}; null: the best there is. */
    HostFileEngine choose(FileOptions.AioOption aio) throws BlockException {
        HostFileEngine threads = find("threads");
        if (aio == FileOptions.AioOption.THREADS && threads != null) {
            return threads;
        }
        HostFileEngine uring = find("io_uring");
        String reason = uring == null ? "there is no io_uring engine" : uring.unavailableReason();
        if (reason == null && aio != FileOptions.AioOption.THREADS) {
            return uring;
        }
        HostFileEngine fallback = threads != null ? threads : firstThatWorks();
        if (aio != null && aio != FileOptions.AioOption.THREADS && !warned.getAndSet(true)) {
            LOG.warn("io_uring cannot be used ({}): falling back to {}", reason, fallback.aio());
        }
        return fallback;
    }

    private HostFileEngine find(String aio) {
        for (HostFileEngine engine : engines) {
            if (engine.aio().equals(aio)) {
                return engine;
            }
        }
        return null;
    }

    private HostFileEngine firstThatWorks() throws BlockException {
        for (HostFileEngine engine : engines) {
            if (engine.unavailableReason() == null) {
                return engine;
            }
        }
        throw new BlockException(BlockException.Kind.UNSUPPORTED,
                "no engine for host files is there");
    }
}
