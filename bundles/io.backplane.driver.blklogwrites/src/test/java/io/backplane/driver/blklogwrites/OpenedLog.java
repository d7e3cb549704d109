package io.backplane.driver.blklogwrites;

import io.backplane.block.BlockException;
import io.backplane.block.BlockdevRef;
import io.backplane.block.spi.BlockChild;
import io.backplane.block.spi.DriverNode;
import io.backplane.block.spi.NodeNotices;
import io.backplane.block.spi.OpenRequest;
import io.backplane.memory.BufferPool;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/** Opens the driver above two disks without a graph. */
final class OpenedLog {
    private OpenedLog() {
    }

    static DriverNode open(BlockChild file, BlockChild log, Integer sectorBytes, Boolean append,
            Long interval) throws BlockException {
        BlkLogWritesOptions options = new BlkLogWritesOptions(new BlockdevRef.ByName("file"),
                new BlockdevRef.ByName("log"), sectorBytes, append, interval);
        BufferPool buffers = new BufferPool();
        OpenRequest request = (OpenRequest) Proxy.newProxyInstance(
                OpenedLog.class.getClassLoader(), new Class<?>[] {OpenRequest.class},
                (_, method, args) -> switch (method.getName()) {
                    case "options" -> options;
                    case "child" -> args[0].equals("file") ? file : log;
                    case "buffers" -> buffers;
                    case "nodeName" -> "logged";
                    case "readOnly" -> false;
                    case "notices" -> (NodeNotices) null;
                    default -> throw new InvocationTargetException(null, method.getName());
                });
        return new BlkLogWritesDriver().awaitOpen(request);
    }
}
