package io.backplane.monitor;

import io.backplane.aio.AioContext;
import io.backplane.aio.Suspends;
import io.backplane.hostio.HostIoException;
import io.backplane.qmp.QmpException;
import io.backplane.schema.OptionException;
import io.backplane.schema.OptionParser;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The character devices and the monitors on them. Main only, except the constructor. */
public final class MonitorServer {
    private static final Logger LOG = LoggerFactory.getLogger(MonitorServer.class);
    private static final int PORT_MAX = 65535;
    private static final int BUFFER_BYTES = 64 << 10;

    // Immutable
    private final AioContext main;
    private final Dispatcher dispatcher;
    private final EventHub events;
    private final OptionParser parser = new OptionParser(ChardevOptions::branches);
    private final MemorySegment buffer = Arena.ofAuto().allocate(BUFFER_BYTES, 8);

    // Main only
    private final Map<String, Chardev> chardevs = new LinkedHashMap<>();
    private final Set<String> done = new HashSet<>();
    private final List<QmpConnection> connections = new ArrayList<>();
    private int connectionCount;
    private boolean closed;

    /** A server without devices. */
    public MonitorServer(AioContext main, Dispatcher dispatcher, EventHub events) {
        this.main = main;
        this.dispatcher = dispatcher;
        this.events = events;
    }

    /** Where the device called {@code id} is reached, for people; null: there is none. */
    public String address(String id) {
        Chardev chardev = chardevs.get(id);
        return chardev == null ? null : chardev.address();
    }

    /** Does what {@code --chardev} asks for; the same once more is void. */
    @Suspends
    public void awaitChardev(String value) throws QmpException {
        ChardevOptions options = parse(ChardevOptions.class, value, "backend");
        if (done.contains("chardev " + value)) {
            return; // the command line is executed again after a restart of another bundle
        }
        if (chardevs.containsKey(options.id())) {
            throw QmpException.generic("Duplicate ID '" + options.id() + "' for chardev");
        }
        try {
            switch (options.options()) {
                case ChardevOptions.Socket socket -> awaitSocket(options.id(), socket);
                case ChardevOptions.Stdio _ ->
                        chardevs.put(options.id(), new StdioChardev(options.id()));
                default -> throw new AssertionError(options.backend());
            }
        } catch (HostIoException e) {
            throw QmpException.generic(e.getMessage());
        }
        done.add("chardev " + value);
    }

    @Suspends
    private void awaitSocket(String id, ChardevOptions.Socket options)
            throws QmpException, HostIoException {
        if (!options.server()) {
            throw QmpException.generic("chardev '" + id + "': only server=on is supported");
        }
        if ((options.path() == null) == (options.host() == null)) {
            throw QmpException.generic("chardev '" + id + "': either 'path' or 'host' and 'port'"
                    + " are needed");
        }
        SocketChardev chardev = options.path() != null
                ? SocketChardev.listen(main, id, options.path())
                : SocketChardev.listen(main, id, host(id, options.host()),
                        port(id, options.port()));
        chardevs.put(id, chardev);
        if (!Boolean.FALSE.equals(options.waitForClient())) {
            LOG.info("waiting for a client on {}", chardev.address());
            chardev.awaitClient();
            if (closed) {
                throw QmpException.generic("no client came to chardev '" + id + "'");
            }
        }
    }

    /** Names are not looked up, as that may take long. */
    private static Inet4Address host(String id, String text) throws QmpException {
        try {
            return Inet4Address.ofLiteral(text.equals("localhost") ? "127.0.0.1" : text);
        } catch (IllegalArgumentException e) {
            throw QmpException.generic("chardev '" + id + "': host '" + text
                    + "' is neither localhost nor an IPv4 address");
        }
    }

    private static int port(String id, String text) throws QmpException {
        if (text == null || !text.matches("[0-9]{1,5}") || Integer.parseInt(text) > PORT_MAX) {
            throw QmpException.generic("chardev '" + id + "': port '" + text
                    + "' is not a number from 0 to " + PORT_MAX);
        }
        return Integer.parseInt(text);
    }

    /** Does what {@code --monitor} asks for; the same once more is void. */
    public void addMonitor(String value) throws QmpException {
        MonitorOptions options = parse(MonitorOptions.class, value, "chardev");
        if (done.contains("monitor " + value)) {
            return;
        }
        Chardev chardev = chardevs.get(options.chardev());
        if (chardev == null) {
            throw QmpException.generic("chardev \"" + options.chardev() + "\" not found");
        }
        if (chardev.isAttached()) {
            throw QmpException.generic("chardev \"" + options.chardev() + "\" is in use");
        }
        done.add("monitor " + value);
        chardev.attach(channel -> connect(chardev, channel, options.pretty()));
    }

    private <R extends Record> R parse(Class<R> type, String value, String impliedKey)
            throws QmpException {
        try {
            return parser.parseText(type, value, impliedKey);
        } catch (OptionException e) {
            throw QmpException.of(e);
        }
    }

    /** Serves a client on {@code channel}. */
    QmpConnection connect(Chardev chardev, Channel channel, boolean pretty) {
        QmpConnection[] self = new QmpConnection[1];
        String name = "qmp " + chardev.id() + "#" + ++connectionCount;
        AutoCloseable listening = events.listen(tree -> self[0].event(tree));
        self[0] = new QmpConnection(main, dispatcher, channel, name, pretty, buffer, () -> {
            connections.remove(self[0]);
            closeQuietly(listening);
            chardev.released();
        });
        connections.add(self[0]);
        self[0].start();
        return self[0];
    }

    private static void closeQuietly(AutoCloseable listening) {
        try {
            listening.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Ends everything. */
    public void close() {
        if (!closed) {
            closed = true;
            chardevs.values().forEach(Chardev::close);
            List.copyOf(connections).forEach(QmpConnection::close);
            chardevs.clear();
        }
    }
}
