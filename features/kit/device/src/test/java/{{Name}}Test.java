package {{package}};

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.block.BlockException;
import io.backplane.tck.GuestRing;
import io.backplane.virtio.VirtQueue;
import io.backplane.virtio.device.VirtioDeviceRequest;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class {{Name}}Test {
    private final GuestRing guest = new GuestRing(new Random(1));
    private final VirtQueue queue = guest.open(0);

    private GuestRing.Request ask({{Name}}Queue handler, int bytes) {
        GuestRing.Request request = guest.offer(new byte[0], bytes);
        handler.handle(queue.pop());
        guest.collect();
        return request;
    }

    private static {{Name}}Queue handler(int chunk, int seed) {
        return new {{Name}}Queue(chunk, new Random(seed)::nextBytes);
    }

    @Test
    void everyRequestGetsOtherBytes() {
        {{Name}}Queue handler = handler(1 << 16, 1);
        byte[] first = ask(handler, 5000).written();
        byte[] second = ask(handler, 5000).written();
        assertFalse(Arrays.equals(first, second));
        long zeroes = 0;
        for (byte b : first) {
            zeroes += b == 0 ? 1 : 0;
        }
        assertTrue(zeroes < 100, zeroes + " zeroes of 5000");
        assertFalse(Arrays.equals(first, ask(handler(1 << 16, 2), 5000).written()));
    }

    @Test
    void requestGetsAtMostAChunk() {
        assertEquals(100, ask(handler(100, 1), 5000).usedBytes());
        assertEquals(7, ask(handler(100, 1), 7).usedBytes());
    }

    @Test
    void impossibleChunkIsRefusedByNameAndValue() {
        for (long chunk : new long[] {-1, 0, 1 << 30}) {
            BlockException e = assertThrows(BlockException.class,
                    () -> new {{Name}}Model(seed -> { }).create(new VirtioDeviceRequest("x",
                            new {{Name}}Options(chunk), null)));
            assertTrue(e.getMessage().contains("chunk-bytes")
                    && e.getMessage().contains("" + chunk), e.getMessage());
        }
    }
}
