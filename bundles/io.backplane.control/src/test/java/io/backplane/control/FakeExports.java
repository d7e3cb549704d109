package io.backplane.control;

import io.backplane.block.BlockException;
import io.backplane.block.BlockdevRef;
import io.backplane.block.Permissions;
import io.backplane.block.backend.BlockBackend;
import io.backplane.export.Export;
import io.backplane.export.ExportDriver;
import io.backplane.export.ExportRequest;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import java.util.ArrayList;
import java.util.List;

/** Exports that hold a backend and serve nobody, with the options of vhost-user-blk. */
final class FakeExports implements ExportDriver {
    enum AddressType {
        UNIX, FD
    }

    @Name("SocketAddress")
    record Address(@Option("kind") AddressType type, @Option("path") String path) {
    }

    record Options(@Option("where to listen") Address addr,
            @Option(value = "queues", optional = true) int numQueues) {
    }

    final List<ExportRequest> requests = new ArrayList<>();
    volatile boolean hasClient;

    @Override
    public String type() {
        return "vhost-user-blk";
    }

    @Override
    public Class<? extends Record> optionsType() {
        return Options.class;
    }

    @Override
    public Export awaitCreate(ExportRequest request) throws BlockException {
        BlockBackend backend = request.graph().awaitAttach(request.options().id(),
                new BlockdevRef.ByName(request.options().nodeName()),
                new Permissions(1, Permissions.ALL), request.contexts().getFirst());
        requests.add(request);
        return new Export() {
            @Override
            public String id() {
                return request.options().id();
            }

            @Override
            public String type() {
                return request.options().type();
            }

            @Override
            public String nodeName() {
                return request.options().nodeName();
            }

            @Override
            public boolean hasClient() {
                return hasClient;
            }

            @Override
            public String address() {
                return "nowhere";
            }

            @Override
            public void awaitClose() {
                backend.awaitClose();
            }
        };
    }
}
