package io.backplane.monitor;

import io.backplane.aio.AioContext;
import io.backplane.aio.FdHandler;
import io.backplane.aio.Suspends;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.posix.UnixSocket;
import io.backplane.qmp.QmpException;
import io.backplane.qmp.QmpException.ErrorClass;
import io.backplane.qmp.QmpSession;
import io.backplane.qmp.VersionInfo;
import io.backplane.schema.Json;
import io.backplane.schema.JsonStream;
import io.backplane.schema.RecordTree;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client of a monitor, from greeting to end. Main only.
 *
 * <p>Reading runs in the descriptor's callback: it takes requests apart and queues them, executes
 * out-of-band ones at once, and stops while the queue is full. Executing runs in one coroutine,
 * request by request, and pauses while the client does not read its answers. At the end of the
 * input what is queued is still executed and answered; after an error of the connection it is
 * dropped.
 */
final class QmpConnection implements QmpSession {
    private static final Logger LOG = LoggerFactory.getLogger(QmpConnection.class);
    private static final int QUEUE_MAX = 8;
    private static final int READS_PER_CALLBACK = 16;
    private static final int TOKEN_BYTES_MAX = 16 << 20;
    private static final int TOKEN_COUNT_MAX = 512 << 10;
    private static final long BEHIND_BYTES_MAX = 16 << 20;

    // Immutable
    private final AioContext main;
    private final Dispatcher dispatcher;
    private final Channel channel;
    private final String name;
    private final boolean pretty;
    private final MemorySegment buffer;
    private final Runnable ended;
    private final Output output;
    private final JsonStream input = new JsonStream(new JsonStream.Sink() {
        @Override
        public void value(Object tree) {
            take(Request.of(tree, oob));
        }

        @Override
        public void error(String message) {
            take(Request.broken(message));
        }
    }, TOKEN_BYTES_MAX, TOKEN_COUNT_MAX);

    // Main only
    private final ArrayDeque<Request> queue = new ArrayDeque<>();
    private FdHandler handler;
    private boolean executing;
    private boolean negotiated;
    private boolean oob;
    private boolean inputEnded;
    private boolean closed;

    /**
     * @param buffer native memory for transfers, used only within a call
     * @param ended called once when the connection is closed
     */
    QmpConnection(AioContext main, Dispatcher dispatcher, Channel channel, String name,
            boolean pretty, MemorySegment buffer, Runnable ended) {
        this.main = main;
        this.dispatcher = dispatcher;
        this.channel = channel;
        this.name = name;
        this.pretty = pretty;
        this.buffer = buffer;
        this.ended = ended;
        this.output = new Output(channel, buffer);
    }

    /** Greets and starts to listen. */
    void start() {
        if (channel.outputFd() != channel.inputFd()) {
            watchOutput();
            handler = watchInput();
        } else {
            handler = main.watch(channel.inputFd(), name, this::readable, this::writable);
            handler.watchWritable(false);
            output.share(handler);
        }
        Map<String, Object> greeting = new LinkedHashMap<>();
        greeting.put("version", RecordTree.of(VersionInfo.CURRENT));
        greeting.put("capabilities", List.of("oob"));
        write(Map.of("QMP", greeting));
        main.schedule(this::readable);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Lane lane() {
        return Lane.MONITOR;
    }

    /** Sends an event, if the client has got that far. */
    void event(Map<String, Object> tree) {
        if (!negotiated || closed) {
            return;
        }
        if (output.pendingBytes() > BEHIND_BYTES_MAX) {
            LOG.warn("{}: the client does not read its events: closing the connection", name);
            close();
            return;
        }
        write(tree);
    }

    /** Ends the negotiation; called by qmp_capabilities. */
    void negotiate(boolean enableOob) throws QmpException {
        if (negotiated) {
            throw new QmpException(ErrorClass.COMMAND_NOT_FOUND,
                    "Capabilities negotiation is already complete, command ignored");
        }
        negotiated = true;
        oob = enableOob;
    }

    // ---- input

    private void readable() {
        try {
            for (int i = 0; i < READS_PER_CALLBACK; i++) {
                if (closed || inputEnded || queue.size() >= QUEUE_MAX) {
                    return;
                }
                long bytes = channel.receive(buffer);
                if (bytes == UnixSocket.WOULD_BLOCK) {
                    return;
                }
                if (bytes == 0) {
                    endInput();
                    return;
                }
                byte[] chunk = buffer.asSlice(0, bytes).toArray(ValueLayout.JAVA_BYTE);
                input.feed(chunk, 0, chunk.length);
            }
            main.schedule(this::readable); // others first
        } catch (HostIoException e) {
            LOG.debug("{}: {}", name, e.getMessage());
            close();
        }
    }

    private void endInput() {
        inputEnded = true;
        if (input.isInsideValue()) {
            input.end();
        }
        closeIfDone();
    }

    private void take(Request request) {
        if (closed) {
            return;
        }
        if (request.oob()) {
            reply(request, executeOob(request));
            return;
        }
        queue.addLast(request);
        if (!executing) {
            executing = true;
            main.spawn(this::execute);
        }
    }

    // ---- execution

    private void execute() {
        Request request;
        while (!closed && (request = queue.pollFirst()) != null) {
            reply(request, awaitAnswer(request));
            output.awaitRoom();
            if (queue.size() == QUEUE_MAX - 1) {
                readable(); // it had stopped
            }
        }
        executing = false;
        closeIfDone();
    }

    @Suspends
    private Object awaitAnswer(Request request) {
        if (request.error() != null) {
            return request.error();
        }
        try {
            if (!negotiated && !request.command().equals(CapabilitiesCommand.NAME)) {
                throw new QmpException(ErrorClass.COMMAND_NOT_FOUND,
                        "Expecting capabilities negotiation with 'qmp_capabilities'");
            }
            return dispatcher.awaitExecute(request.command(), request.arguments(), this);
        } catch (QmpException e) {
            return e;
        }
    }

    private Object executeOob(Request request) {
        try {
            return dispatcher.executeOob(request.command(), request.arguments(), this);
        } catch (QmpException e) {
            return e;
        }
    }

    // ---- output

    private void reply(Request request, Object answer) {
        Map<String, Object> reply = new LinkedHashMap<>();
        if (answer instanceof QmpException e) {
            Map<String, Object> error = new LinkedHashMap<>();
            error.put("class", e.errorClass().wireName());
            error.put("desc", e.getMessage());
            reply.put("error", error);
        } else {
            reply.put("return", answer);
        }
        if (request.hasId()) {
            reply.put("id", request.id());
        }
        write(reply);
    }

    private void write(Map<String, Object> tree) {
        if (closed) {
            return;
        }
        String text = pretty ? Json.writePretty(tree).replace("\n", "\r\n") : Json.write(tree);
        output.add((text + "\r\n").getBytes(StandardCharsets.US_ASCII));
    }

    private void writable() {
        output.flush();
        closeIfDone();
    }

    private void watchOutput() {
        try {
            FdHandler own = main.watch(channel.outputFd(), name, null, this::writable);
            own.watchWritable(false);
            output.own(own);
        } catch (RuntimeException e) {
            LOG.debug("{}: output is not watched: {}", name, e.getMessage()); // a file
        }
    }

    private FdHandler watchInput() {
        try {
            return main.watch(channel.inputFd(), name, this::readable, null);
        } catch (RuntimeException e) {
            LOG.debug("{}: input is not watched: {}", name, e.getMessage()); // a file
            return null;
        }
    }

    private void closeIfDone() {
        if (inputEnded && !executing && queue.isEmpty() && output.isEmpty()) {
            close();
        }
    }

    /** Ends the connection; a command in execution goes on, its answer is dropped. */
    void close() {
        if (closed) {
            return;
        }
        closed = true;
        queue.clear();
        output.close();
        if (handler != null) {
            handler.close();
        }
        channel.close();
        ended.run();
    }
}
