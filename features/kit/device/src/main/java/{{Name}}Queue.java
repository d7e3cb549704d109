package {{package}};

import io.backplane.memory.IoVector;
import io.backplane.virtio.QueueHandler;
import io.backplane.virtio.VirtQueueElement;
import java.lang.foreign.MemorySegment;
import java.security.GeneralSecurityException;
import java.util.function.Consumer;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Fills buffers with random bytes; virtio 1.2, 5.4.6: the key stream of AES-256 in counter mode,
 * whose key is random and known to nobody. Home context only.
 *
 * <p>A request gets at most {@code chunk} bytes; the driver sees in the used length how many. What
 * it lets the device read is not looked at. A request without room breaks the device.
 */
final class {{Name}}Queue implements QueueHandler {
    private static final int BLOCK_BYTES = 4096;
    private static final int KEY_BYTES = 32;
    private static final int COUNTER_BYTES = 16;

    private final long chunk;
    private final Cipher stream;
    private final byte[] zeroes = new byte[BLOCK_BYTES];
    private final byte[] block = new byte[BLOCK_BYTES];
    private final MemorySegment blockSegment = MemorySegment.ofArray(block);

    {{Name}}Queue(long chunk, Consumer<byte[]> seeds) {
        this.chunk = chunk;
        byte[] key = new byte[KEY_BYTES];
        byte[] counter = new byte[COUNTER_BYTES];
        seeds.accept(key);
        seeds.accept(counter);
        try {
            stream = Cipher.getInstance("AES/CTR/NoPadding");
            stream.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"),
                    new IvParameterSpec(counter));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    @Override
    public void handle(VirtQueueElement element) {
        IoVector writable = element.writable();
        long wanted = Math.min(writable.bytes(), chunk);
        if (wanted == 0) {
            element.queue().fail("request has no room for random bytes");
            return;
        }
        for (long done = 0; done < wanted; done += BLOCK_BYTES) {
            int bytes = (int) Math.min(BLOCK_BYTES, wanted - done);
            nextBlock(bytes);
            writable.copyFrom(done, blockSegment, 0, bytes);
        }
        element.complete(wanted);
    }

    private void nextBlock(int bytes) {
        try {
            stream.update(zeroes, 0, bytes, block, 0);
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e); // the block has room
        }
    }
}
