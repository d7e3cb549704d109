package {{package}};

import io.backplane.block.BlockException;
import io.backplane.block.spi.BlockDriver;
import io.backplane.block.spi.ChildRole;
import io.backplane.block.spi.DriverNode;
import io.backplane.block.spi.DriverTraits;
import io.backplane.block.spi.OpenRequest;

/** Driver {@code {{name}}}. */
public final class {{Name}}Driver implements BlockDriver {

    @Override
    public String name() {
        return "{{name}}";
    }

    @Override
    public DriverTraits traits() {
        return DriverTraits.FORMAT;
    }

    @Override
    public Class<? extends Record> optionsType() {
        return {{Name}}Options.class;
    }

    @Override
    public ChildRole childRole(String childName, Record options) {
        return ChildRole.DATA;
    }

    @Override
    public DriverNode awaitOpen(OpenRequest request) throws BlockException {
        if (request.options() == null) {
            throw new BlockException(BlockException.Kind.INVALID, "Parameter 'file' is missing");
        }
        return new {{Name}}Node(request, ({{Name}}Options) request.options());
    }
}
