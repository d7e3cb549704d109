package io.backplane.block;

/**
 * Host or image trouble: the error lane of the block layer. A guest's mistake is a protocol answer
 * and a bug is an assertion, never this.
 */
public class BlockException extends Exception {
    private static final long serialVersionUID = 1L;

    /** The verb is not implemented for this range; the graph falls back. Shared, no stack. */
    public static final BlockException NOT_SUPPORTED =
            new BlockException(Kind.UNSUPPORTED, "Operation not supported", null, false);

    /** What kind of trouble; small and stable, with the errno that clients see. */
    public enum Kind {
        /** The medium failed. */
        IO(5),
        /** No space left. */
        NO_SPACE(28),
        /** Memory or another resource ran out. */
        NO_MEMORY(12),
        /** The host forbids it. */
        ACCESS(13),
        /** The graph's permissions or a lock forbid it. */
        PERMISSION(1),
        /** No such file, node or thing. */
        NOT_FOUND(2),
        /** It exists already. */
        EXISTS(17),
        /** In use. */
        BUSY(16),
        /** A value that cannot be. */
        INVALID(22),
        /** Not implemented here. */
        UNSUPPORTED(95),
        /** Write to something read-only. */
        READ_ONLY(30),
        /** The image contradicts its format. */
        CORRUPT(5),
        /** Beyond the end or a limit. */
        RANGE(27),
        /** Cancelled. */
        CANCELLED(125),
        /** Nothing inserted. */
        NO_MEDIUM(123),
        /** Taken back by its owner before it began; to be asked for again, not to be answered. */
        RETRACTED(125);

        private final int errno;

        Kind(int errno) {
            this.errno = errno;
        }

        /** Linux errno, positive. */
        public int errno() {
            return errno;
        }

        /** The kind that stands for {@code errno} (positive); {@link #IO} if none does. */
        public static Kind ofErrno(int errno) {
            return switch (errno) {
                case 1 -> PERMISSION;
                case 2, 20 -> NOT_FOUND;
                case 11, 12, 23, 24 -> NO_MEMORY;
                case 13 -> ACCESS;
                case 16 -> BUSY;
                case 17 -> EXISTS;
                case 21, 22, 29 -> INVALID;
                case 27 -> RANGE;
                case 28, 122 -> NO_SPACE;
                case 30 -> READ_ONLY;
                case 95, 25, 38 -> UNSUPPORTED;
                case 125 -> CANCELLED;
                default -> IO;
            };
        }
    }

    private final Kind kind;

    /** @param message for the operator: what failed, where, the offending value */
    public BlockException(Kind kind, String message) {
        this(kind, message, null, true);
    }

    /** As {@link #BlockException(Kind, String)} with what caused it. */
    public BlockException(Kind kind, String message, Throwable cause) {
        this(kind, message, cause, true);
    }

    private BlockException(Kind kind, String message, Throwable cause, boolean stack) {
        super(message, cause, stack, stack);
        this.kind = kind;
    }

    /** What kind of trouble. */
    public Kind kind() {
        return kind;
    }

    /** Linux errno that clients see, positive. */
    public int errno() {
        return kind.errno();
    }
}
