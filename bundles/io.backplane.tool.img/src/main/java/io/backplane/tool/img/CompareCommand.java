package io.backplane.tool.img;

import io.backplane.block.BlockException;
import io.backplane.block.BlockStatus;
import io.backplane.memory.BufferPool;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** {@code compare}: whether two images have the same contents. */
final class CompareCommand {
    private static final int DIFFERENT = 1;
    private static final int CANNOT_OPEN = 2;
    private static final int CANNOT_TELL_STATUS = 3;
    private static final int CANNOT_READ = 4;
    private static final long CHUNK_BYTES = 1 << 20;
    private static final int SECTOR_BYTES = 512;

    private final Console console;
    private String format1;
    private String format2;
    private CacheMode cache = CacheMode.WRITEBACK;
    private boolean strict;
    private boolean quiet;
    private boolean shared;
    private boolean showProgress;

    CompareCommand(Console console) {
        this.console = console;
    }

    int run(List<String> args) throws ToolException {
        Arguments given = new Arguments(args, "f:F:T:pqsU", "force-share");
        for (Arguments.Given option : given.options()) {
            switch (option.name()) {
                case "f" -> format1 = option.value();
                case "F" -> format2 = option.value();
                case "T" -> cache = ConvertOptions.cache(option.value(), "source ");
                case "p" -> showProgress = true;
                case "q" -> quiet = true;
                case "s" -> strict = true;
                default -> shared = true;
            }
        }
        if (given.operands().size() != 2) {
            throw ToolException.usage("Expecting two image file names");
        }
        List<String> names = given.operands();
        return ImageHost.moving(cache, cache).run(
                session -> awaitCompare(session, names.get(0), names.get(1)));
    }

    private int awaitCompare(ImageSession session, String name1, String name2)
            throws ToolException {
        OpenedImage one = awaitOpen(session, name1, format1);
        OpenedImage two = awaitOpen(session, name2, format2);
        if (strict && one.backend().length() != two.backend().length()) {
            say("Strict mode: Image size mismatch!");
            return DIFFERENT;
        }
        long common = Math.min(one.backend().length(), two.backend().length());
        long total = Math.max(one.backend().length(), two.backend().length());
        Progress progress = new Progress(console, showProgress && !quiet);
        progress.start();
        int code;
        try (BufferPool buffers = new BufferPool();
                BufferPool.Buffer data1 = buffers.take(CHUNK_BYTES);
                BufferPool.Buffer data2 = buffers.take(CHUNK_BYTES)) {
            code = awaitCompareCommon(one, two, common, total, progress, data1, data2);
            if (code == 0 && common < total) {
                say("Warning: Image size mismatch!");
                OpenedImage longer = one.backend().length() > common ? one : two;
                code = awaitRest(longer, common, total, progress, data1);
            }
        }
        if (code == 0) {
            progress.full();
            say("Images are identical.");
        }
        progress.end();
        return code;
    }

    private OpenedImage awaitOpen(ImageSession session, String name, String format)
            throws ToolException {
        try {
            return session.awaitOpen(name, format, OpenMode.reading(shared));
        } catch (ToolException e) {
            throw ToolException.withCode(CANNOT_OPEN, e.getMessage());
        }
    }

    private void say(String text) {
        if (!quiet) {
            console.line(text);
        }
    }

    private int awaitCompareCommon(OpenedImage one, OpenedImage two, long common, long total,
            Progress progress, BufferPool.Buffer data1, BufferPool.Buffer data2)
            throws ToolException {
        long at = 0;
        while (at < common) {
            BlockStatus status1 = awaitStatus(one, at, common - at);
            BlockStatus status2 = awaitStatus(two, at, common - at);
            long bytes = Math.min(status1.bytes(), status2.bytes());
            if (strict && (status1.allocated() != status2.allocated()
                    || status1.data() != status2.data() || status1.zero() != status2.zero())) {
                say("Strict mode: Offset " + at + " block status mismatch!");
                return DIFFERENT;
            }
            if (!status1.zero() || !status2.zero()) {
                bytes = Math.min(bytes, CHUNK_BYTES);
                long differs = status1.zero() ? awaitNonZero(two, at, bytes, data2)
                        : status2.zero() ? awaitNonZero(one, at, bytes, data1)
                        : awaitMismatch(one, two, at, bytes, data1, data2);
                if (differs >= 0) {
                    return mismatch(at + differs);
                }
            }
            at += bytes;
            progress.update(at, total);
        }
        return 0;
    }

    private int awaitRest(OpenedImage longer, long from, long total, Progress progress,
            BufferPool.Buffer data) throws ToolException {
        long at = from;
        while (at < total) {
            BlockStatus status = awaitStatus(longer, at, total - at);
            long bytes = status.bytes();
            if (!status.zero()) {
                bytes = Math.min(bytes, CHUNK_BYTES);
                long differs = awaitNonZero(longer, at, bytes, data);
                if (differs >= 0) {
                    return mismatch(at + differs);
                }
            }
            at += bytes;
            progress.update(at, total);
        }
        return 0;
    }

    private int mismatch(long offset) {
        say("Content mismatch at offset " + offset + "!");
        return DIFFERENT;
    }

    private static BlockStatus awaitStatus(OpenedImage image, long at, long bytes)
            throws ToolException {
        try {
            return image.backend().blockStatus(at, bytes);
        } catch (BlockException e) {
            throw ToolException.withCode(CANNOT_TELL_STATUS,
                    "Sector allocation test failed for " + image.filename());
        }
    }

    private static MemorySegment awaitRead(OpenedImage image, long at, long bytes,
            BufferPool.Buffer data) throws ToolException {
        try {
            image.backend().preadv(at, bytes, data.vector(), 0, 0);
            return data.segment();
        } catch (BlockException e) {
            throw ToolException.withCode(CANNOT_READ, "Error while reading offset " + at + " of "
                    + image.filename() + ": " + e.getMessage());
        }
    }

    /** Offset of the first sector that is not zero; -1: none. */
    private static long awaitNonZero(OpenedImage image, long at, long bytes,
            BufferPool.Buffer data) throws ToolException {
        long found = ZeroScan.firstNonZero(awaitRead(image, at, bytes, data), 0, bytes);
        return found < 0 ? -1 : found / SECTOR_BYTES * SECTOR_BYTES;
    }

    private static long awaitMismatch(OpenedImage one, OpenedImage two, long at, long bytes,
            BufferPool.Buffer data1, BufferPool.Buffer data2) throws ToolException {
        MemorySegment first = awaitRead(one, at, bytes, data1);
        MemorySegment second = awaitRead(two, at, bytes, data2);
        long found = MemorySegment.mismatch(first, 0, bytes, second, 0, bytes);
        return found < 0 ? -1 : found / SECTOR_BYTES * SECTOR_BYTES;
    }
}
