package org.example.crypt;

import static org.junit.jupiter.api.Assertions.assertThrows;

import io.backplane.block.BlockException;
import io.backplane.block.spi.BlockDriver;
import io.backplane.tck.DriverConformance;
import io.backplane.tck.Ground;
import org.junit.jupiter.api.Test;

class CryptConformanceTest extends DriverConformance {
    @Override
    protected BlockDriver newDriver(Ground ground) {
        return new CryptDriver();
    }

    @Override
    protected Record options(Ground ground) {
        return new CryptOptions(ground.disk("file", imageBytes()), "0123456789abcdef".repeat(8));
    }

    @Override
    protected boolean startsWithZeroes() {
        return false; // zeroes below decrypt to noise
    }

    @Test
    void keyOfAnotherLengthIsRefused() {
        for (String key : new String[] {"", "00", "0".repeat(126), "0".repeat(130), "x"}) {
            assertThrows(BlockException.class,
                    () -> new CryptNode(null, new CryptOptions(null, key)));
        }
    }
}
