package io.backplane.boot;

import java.nio.file.Path;
import java.util.List;

/**
 * The launcher as bundles see it; one service, registered by the launcher before any bundle
 * starts.
 *
 * <p>Order of calls: the bundle that executes the {@link #options()} calls {@link #ready} once
 * everything is served, or {@link #failed} at the first option that can't be done. Any bundle
 * calls {@link #shutdown} later. All methods may be called by any thread, never block and never
 * suspend.
 */
public interface Startup {

    /**
     * What the command line asks for, in the order given; unmodifiable. Exactly one option named
     * {@link StartupOption#DEFAULT} when there is nothing to serve.
     */
    List<StartupOption> options();

    /**
     * Where this process may keep files: an absolute, existing folder locked for this process. It
     * persists between runs for the embedded default and when the user names it
     * ({@code --data}); else it is private to the process and goes with it.
     */
    Path dataFolder();

    /**
     * The command line is done: writes the pid file, lets a {@code --daemonize} parent exit with
     * 0, shows {@code summary} to the user and registers the service {@link Ready}.
     * Second and later calls do nothing.
     *
     * @param summary what is served and how to reach it, lines without a final newline; empty for
     *     nothing to show
     */
    void ready(String summary);

    /**
     * Adds a line or more to what {@link #ready} shows to the user. Before {@link #ready}; what
     * comes later is not shown.
     */
    void announce(String lines);

    /**
     * The command line can't be done: prints {@code backplane: message} on standard error, stops
     * the framework cleanly and exits with 1. After {@link #ready} only the first shutdown
     * reason counts.
     *
     * @param message one sentence that names the option and the value at fault
     */
    void failed(String message);

    /**
     * Starts a clean stop: exports first, graph, drivers, event loops last; returns at once.
     *
     * @param exitCode the process's exit code, 0 to 255; the first call wins
     */
    void shutdown(int exitCode);
}
