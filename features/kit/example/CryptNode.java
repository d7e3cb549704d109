package org.example.crypt;

import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.block.BlockStatus;
import io.backplane.block.Permissions;
import io.backplane.block.Preallocation;
import io.backplane.block.RequestFlags;
import io.backplane.block.spi.BlockChild;
import io.backplane.block.spi.ChildPermissions;
import io.backplane.block.spi.ChildRole;
import io.backplane.block.spi.DriverNode;
import io.backplane.block.spi.OpenRequest;
import io.backplane.memory.BufferPool;
import io.backplane.memory.IoVector;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;

/** AES-XTS (IEEE 1619) over sectors of 512 bytes. Zeroes are written like everything else. */
final class CryptNode implements DriverNode {
    private static final int SECTOR = 512;
    private static final BlockLimits LIMITS = BlockLimits.NONE.withAlignment(SECTOR, 1)
            .withTransfer(1 << 20, 0, 0).withFlags(RequestFlags.FUA, 0);

    private final BlockChild file;
    private final BufferPool buffers;
    private final SecretKeySpec dataKey;
    private final SecretKeySpec tweakKey;

    CryptNode(OpenRequest request, CryptOptions options) throws BlockException {
        try {
            byte[] key = HexFormat.of().parseHex(options.key());
            dataKey = new SecretKeySpec(key, 0, 32, "AES");
            tweakKey = new SecretKeySpec(key, 32, key.length == 64 ? 32 : -1, "AES");
        } catch (RuntimeException e) {
            throw new BlockException(BlockException.Kind.INVALID, "'key' is not 128 hex digits");
        }
        file = request.child("file");
        buffers = request.buffers();
    }

    private byte[] crypt(int mode, long offset, byte[] data) throws BlockException {
        try {
            Cipher tweaks = Cipher.getInstance("AES/ECB/NoPadding");
            tweaks.init(Cipher.ENCRYPT_MODE, tweakKey);
            ByteBuffer numbers = ByteBuffer.allocate(data.length / SECTOR * 16)
                    .order(ByteOrder.LITTLE_ENDIAN);
            for (long at = 0; at < data.length; at += SECTOR) {
                numbers.putLong((offset + at) / SECTOR).putLong(0);
            }
            ByteBuffer first = ByteBuffer.wrap(tweaks.doFinal(numbers.array()))
                    .order(ByteOrder.LITTLE_ENDIAN);
            ByteBuffer mask = ByteBuffer.allocate(data.length).order(ByteOrder.LITTLE_ENDIAN);
            while (mask.hasRemaining()) {
                long low = first.getLong();
                long high = first.getLong();
                for (int i = 0; i < SECTOR / 16; i++) {
                    mask.putLong(low).putLong(high);
                    long carry = high >> 63 & 0x87; // times x in GF(2^128)
                    high = high << 1 | low >>> 63;
                    low = low << 1 ^ carry;
                }
            }
            Cipher cipher = Cipher.getInstance("AES/ECB/NoPadding");
            cipher.init(mode, dataKey);
            return xor(cipher.doFinal(xor(data, mask.array())), mask.array());
        } catch (GeneralSecurityException e) {
            throw new BlockException(BlockException.Kind.IO, "AES failed", e);
        }
    }

    private static byte[] xor(byte[] data, byte[] mask) {
        for (int i = 0; i < data.length; i++) {
            data[i] ^= mask[i];
        }
        return data;
    }

    @Override
    public void preadv(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        try (BufferPool.Buffer buffer = buffers.take(bytes)) {
            file.preadv(offset, bytes, buffer.vector(), 0, flags);
            byte[] data = buffer.segment().toArray(ValueLayout.JAVA_BYTE);
            byte[] plain = crypt(Cipher.DECRYPT_MODE, offset, data);
            iov.copyFrom(from, MemorySegment.ofArray(plain), 0, bytes);
        }
    }

    @Override
    public void pwritev(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        byte[] plain = new byte[(int) bytes];
        iov.copyTo(from, MemorySegment.ofArray(plain), 0, bytes);
        byte[] data = crypt(Cipher.ENCRYPT_MODE, offset, plain);
        try (BufferPool.Buffer buffer = buffers.take(bytes)) { // host I/O needs native memory
            buffer.segment().copyFrom(MemorySegment.ofArray(data));
            file.pwritev(offset, bytes, buffer.vector(), 0, flags);
        }
    }

    @Override
    public void pwriteZeroes(long offset, long bytes, int flags) throws BlockException {
        throw BlockException.NOT_SUPPORTED; // the graph writes zeroes, which we encrypt
    }

    @Override
    public BlockStatus blockStatus(long offset, long bytes) {
        return new BlockStatus(bytes, true, true, false, false, -1, null, 0);
    }

    @Override
    public long length() {
        return file.length();
    }

    @Override
    public BlockLimits limits() {
        return LIMITS;
    }

    @Override
    public void pdiscard(long offset, long bytes) throws BlockException {
        file.pdiscard(offset, bytes);
    }

    @Override
    public void flush() throws BlockException {
        file.flush();
    }

    @Override
    public void truncate(long length, boolean exact, Preallocation preallocation, int flags)
            throws BlockException {
        file.truncate(length, exact, preallocation, flags);
    }

    @Override
    public long allocatedBytes() throws BlockException {
        return file.allocatedBytes();
    }

    @Override
    public Permissions childPermissions(String childName, ChildRole role, Permissions parents) {
        return ChildPermissions.data(parents);
    }

    @Override
    public ChildRole childRole(String childName) {
        return ChildRole.DATA;
    }

    @Override
    public void awaitShutdown() {
        // the graph has flushed, and the file is closed by itself
    }

    @Override
    public void close() {
        // nothing is held
    }
}
