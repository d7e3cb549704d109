package {{package}};

import io.backplane.block.BlockException;
import io.backplane.virtio.device.VirtioDevice;
import io.backplane.virtio.device.VirtioDeviceModel;
import io.backplane.virtio.device.VirtioDeviceRequest;
import java.util.function.Consumer;

/** Makes devices of type {@code {{name}}}. */
public final class {{Name}}Model implements VirtioDeviceModel {
    private final Consumer<byte[]> seeds;

    /** @param seeds fills an array with bytes that nobody can foretell */
    public {{Name}}Model(Consumer<byte[]> seeds) {
        this.seeds = seeds;
    }

    @Override
    public String type() {
        return "{{name}}";
    }

    @Override
    public Class<? extends Record> optionsType() {
        return {{Name}}Options.class;
    }

    @Override
    public VirtioDevice create(VirtioDeviceRequest request) throws BlockException {
        {{Name}}Options options = ({{Name}}Options) request.options();
        options.check();
        return new {{Name}}(request.id(), options, seeds);
    }
}
