package io.backplane.console;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.felix.service.command.CommandProcessor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The unix socket over which {@code backplane shell} reaches a running daemon, and its sessions.
 *
 * <p>The socket is bound in a folder that only its owner may enter, gets its permissions there, and
 * then moves to its place: at no time can another user connect. Each session has a thread of its
 * own, which waits for its client and for commands; no event loop ever waits for a session.
 */
final class SessionSocket implements AutoCloseable {
    /** Sessions at once; who comes later is told so. */
    static final int SESSIONS_MAX = 32;
    private static final Logger LOG = LoggerFactory.getLogger(SessionSocket.class);
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

    // Immutable
    private final Path path;
    private final ServerSocketChannel server;
    private final CommandProcessor processor;
    private final Thread acceptor;

    // Any thread
    private final AtomicBoolean serving = new AtomicBoolean();
    private final Set<RemoteSession> sessions = ConcurrentHashMap.newKeySet();

    private SessionSocket(Path path, ServerSocketChannel server, CommandProcessor processor) {
        this.path = path;
        this.server = server;
        this.processor = processor;
        this.acceptor = new Thread(this::accept, "backplane-shell-socket");
        acceptor.setDaemon(true);
    }

    /**
     * Listens at {@code path}; what was there before goes.
     *
     * @throws IOException if the path can't be used; nothing is left there then
     */
    static SessionSocket open(Path path, CommandProcessor processor) throws IOException {
        Path folder = path.resolveSibling(".sh");
        Path hidden = folder.resolve("s");
        Files.deleteIfExists(hidden);
        Files.deleteIfExists(folder);
        Files.createDirectory(folder,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            server.bind(UnixDomainSocketAddress.of(hidden), SESSIONS_MAX);
            Files.setPosixFilePermissions(hidden, PosixFilePermissions.fromString("rw-------"));
            Files.move(hidden, path, StandardCopyOption.ATOMIC_MOVE);
            Files.delete(folder);
        } catch (IOException e) {
            server.close();
            Files.deleteIfExists(hidden);
            Files.deleteIfExists(folder);
            throw e;
        }
        return new SessionSocket(path, server, processor);
    }

    /** Begins the sessions: who has connected until now has waited. Second calls do nothing. */
    void serve() {
        if (!serving.getAndSet(true)) {
            acceptor.start();
        }
    }

    private void accept() {
        while (true) {
            SocketChannel client;
            try {
                client = server.accept();
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                LOG.error("the shell's socket {} accepts no more: {}", path, e.toString());
                return;
            }
            begin(client);
        }
    }

    private void begin(SocketChannel client) {
        RemoteSession session = new RemoteSession(client, processor, sessions::remove);
        if (sessions.size() >= SESSIONS_MAX) {
            session.refuse("there are " + SESSIONS_MAX + " sessions already");
            return;
        }
        sessions.add(session);
        session.start();
    }

    /** Ends all sessions, each after the command it executes if that ends soon. */
    @Override
    public void close() {
        try {
            server.close();
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.warn("the shell's socket {} does not close: {}", path, e.toString());
        }
        sessions.forEach(RemoteSession::endInput);
        try {
            for (RemoteSession session : sessions) {
                session.awaitEnd(CLOSE_LIMIT.dividedBy(Math.max(1, sessions.size())));
            }
            if (serving.getAndSet(true)) {
                acceptor.join(CLOSE_LIMIT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        sessions.forEach(RemoteSession::close);
    }
}
