package io.backplane.driver.file;

import io.backplane.schema.Name;
import io.backplane.schema.Option;

/** Options of drivers file and host_device. */
@Name("BlockdevOptionsFile")
public record FileOptions(
        @Option("path of the file or device") String filename,
        @Option(value = "lock the image against other processes (default auto)", optional = true)
        OnOffAuto locking,
        @Option(value = "how to do I/O (default io_uring where the host allows it, else threads)",
                optional = true) AioOption aio,
        @Option(value = "most requests submitted at once, 0: up to the engine; accepted and left"
                + " to the engine", optional = true) Long aioMaxBatch,
        @Option(value = "drop cached pages of the image at takeover; accepted without effect",
                optional = true) Boolean dropCache,
        @Option(name = "x-check-cache-dropped", value = "accepted without effect",
                optional = true) Boolean xCheckCacheDropped) {

    /** Whether a thing is done. */
    public enum OnOffAuto {
        /** If the host can. */
        AUTO,
        /** Yes. */
        ON,
        /** No. */
        OFF
    }

    /** Ways of doing host I/O. */
    @Name("BlockdevAioOptions")
    public enum AioOption {
        /** A pool of threads. */
        THREADS,
        /** Linux AIO; here an alias of io_uring, for O_DIRECT only. */
        NATIVE,
        /** A ring shared with the kernel. */
        @Name("io_uring")
        IO_URING
    }
}
