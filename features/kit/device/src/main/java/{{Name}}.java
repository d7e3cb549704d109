package {{package}};

import io.backplane.aio.AioContext;
import io.backplane.virtio.QueueRunner;
import io.backplane.virtio.device.VirtioDevice;
import io.backplane.virtio.device.VirtioHost;
import java.util.function.Consumer;

/**
 * An entropy device; virtio 1.2, 5.4: one queue, no features, no configuration space. A successor
 * takes new seeds, so there is no state to hand over.
 */
final class {{Name}} implements VirtioDevice {
    /** Entropy source; virtio 1.2, clause 5. */
    private static final int DEVICE_ID = 4;

    // Immutable
    private final String id;
    private final {{Name}}Options options;
    private final Consumer<byte[]> seeds;

    // Global state
    private QueueRunner runner;

    {{Name}}(String id, {{Name}}Options options, Consumer<byte[]> seeds) {
        this.id = id;
        this.options = options;
        this.seeds = seeds;
    }

    @Override
    public int deviceId() {
        return DEVICE_ID;
    }

    @Override
    public long features() {
        return 0;
    }

    @Override
    public int queueCount() {
        return 1;
    }

    @Override
    public void attach(VirtioHost host) {
        // nothing in configuration space could change
    }

    @Override
    public QueueRunner openQueue(int index, AioContext home) {
        runner = new QueueRunner(home, id, new {{Name}}Queue(options.chunk(), seeds));
        return runner;
    }

    @Override
    public int configBytes() {
        return 0;
    }

    @Override
    public void readConfig(int offset, byte[] to) {
        // all behind the end: zeroes
    }

    @Override
    public boolean writeConfig(int offset, byte[] from) {
        return false;
    }

    @Override
    public void acceptFeatures(long features) {
        // none of its own
    }

    @Override
    public void reset() {
        // no state
    }

    @Override
    public void awaitClose() {
        if (runner != null) {
            runner.close();
        }
    }
}
