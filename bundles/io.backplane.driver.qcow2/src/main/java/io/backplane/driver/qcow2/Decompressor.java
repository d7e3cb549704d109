package io.backplane.driver.qcow2;

import io.airlift.compress.v3.MalformedInputException;
import io.airlift.compress.v3.zstd.ZstdJavaDecompressor;
import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import java.lang.foreign.MemorySegment;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Unpacks one compressed cluster; what follows the packed data in its last sector is ignored. */
interface Decompressor {

    /** Fills {@code target}, a whole cluster, from {@code source}; any thread. */
    void decompress(MemorySegment source, MemorySegment target) throws BlockException;

    static Decompressor of(int compressionType) {
        return compressionType == 0 ? Decompressor::inflate : Decompressor::unzstd;
    }

    private static void inflate(MemorySegment source, MemorySegment target)
            throws BlockException {
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(source.asByteBuffer());
            java.nio.ByteBuffer out = target.asByteBuffer();
            while (out.hasRemaining()) {
                if (inflater.inflate(out) == 0) {
                    throw new BlockException(Kind.IO, "zlib data ends after " + out.position()
                            + " of " + target.byteSize() + " bytes");
                }
            }
        } catch (DataFormatException e) {
            throw new BlockException(Kind.IO, "zlib data is malformed: " + e.getMessage(), e);
        } finally {
            inflater.end();
        }
    }

    private static void unzstd(MemorySegment source, MemorySegment target)
            throws BlockException {
        byte[] out = new byte[(int) target.byteSize()];
        byte[] in = source.toArray(Be.BYTE);
        int from = 0;
        int done = 0;
        try {
            ZstdJavaDecompressor decoder = new ZstdJavaDecompressor();
            while (done < out.length) {
                int bytes = ZstdFrame.frameBytes(source, from);
                int got = decoder.decompress(in, from, bytes, out, done, out.length - done);
                from += bytes;
                if (got == 0 && bytes == 0) {
                    throw new BlockException(Kind.IO, "zstd data ends early");
                }
                done += got;
            }
        } catch (MalformedInputException | IllegalArgumentException
                | IndexOutOfBoundsException e) {
            throw new BlockException(Kind.IO, "zstd data is malformed: " + e.getMessage(), e);
        }
        MemorySegment.copy(out, 0, target, Be.BYTE, 0, out.length);
    }
}
