package io.backplane.virtio;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * How virtio's integers lie in memory: little-endian, of any alignment.
 *
 * <p>16-bit values are read as {@code char} and 32-bit ones masked into a {@code long}, so that no
 * value is ever sign-extended: unsigned by the specification, and a sign-extending load is one
 * that the JVM cannot recover from if the memory has vanished.
 */
public final class LittleEndian {
    /** le16. */
    public static final ValueLayout.OfChar U16 =
            ValueLayout.JAVA_CHAR_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** le32; mask what is read with {@link #U32_MASK}. */
    public static final ValueLayout.OfInt U32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** le64. */
    public static final ValueLayout.OfLong U64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** A byte. */
    public static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;
    /** Makes a le32 a non-negative long. */
    public static final long U32_MASK = 0xffffffffL;

    private LittleEndian() {
    }
}
