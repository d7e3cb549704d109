package io.backplane.monitor;

import io.backplane.hostio.HostIoException;
import io.backplane.hostio.posix.InheritedStream;
import java.util.function.Consumer;

/** Standard input and output as the one client. */
final class StdioChardev implements Chardev {
    private final String id;
    private final Channel channel;
    private boolean attached;

    StdioChardev(String id) throws HostIoException {
        this.id = id;
        this.channel = Channel.of(InheritedStream.of(0), InheritedStream.of(1));
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public String address() {
        return "stdio";
    }

    @Override
    public void attach(Consumer<Channel> monitor) {
        attached = true;
        monitor.accept(channel);
    }

    @Override
    public boolean isAttached() {
        return attached;
    }

    @Override
    public void released() {
        // there is no second client
    }

    @Override
    public void close() {
        if (!attached) {
            channel.close();
        }
    }
}
