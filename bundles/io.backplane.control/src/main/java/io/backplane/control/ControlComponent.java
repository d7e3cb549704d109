package io.backplane.control;

import io.backplane.aio.EventLoops;
import io.backplane.block.graph.BlockGraph;
import io.backplane.block.graph.JsonFilenames;
import io.backplane.boot.Ready;
import io.backplane.boot.Startup;
import io.backplane.export.ExportDriver;
import io.backplane.job.Jobs;
import io.backplane.qmp.QmpBranches;
import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpCommands;
import io.backplane.qmp.QmpEventType;
import io.backplane.qmp.QmpEvents;
import io.backplane.qmp.QmpException;
import io.backplane.qmp.StartupHandler;
import java.util.ArrayList;
import java.util.Hashtable;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.osgi.annotation.bundle.Capability;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.FrameworkListener;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers the commands, and executes the command line once the framework has started, so that
 * every driver of the distribution is there. Stopping closes exports and images; the framework's
 * thread waits for that, and it is the only one that may.
 */
@Capability(namespace = "osgi.service",
        attribute = "objectClass:List<String>=\"io.backplane.job.Jobs,"
                + "io.backplane.block.graph.JsonFilenames\"")
@Component(service = {}, immediate = true)
public final class ControlComponent {
    private static final Logger LOG = LoggerFactory.getLogger(ControlComponent.class);
    private static final long STOP_SECONDS = 120;
    private static final long EXPORT_SECONDS = 30;
    private static final String DRAIN_DEADLINE = "backplane.drain.deadline-ms";
    private static final long DRAIN_DEADLINE_MS = 10_000;
    private static final long DRAIN_DEADLINE_MAX_MS = 86_400_000;

    private final ConcurrentSkipListMap<String, StartupHandler> handlers =
            new ConcurrentSkipListMap<>();
    private final List<ExportDriver> earlyDrivers = new ArrayList<>();
    private final List<ServiceRegistration<?>> registrations = new ArrayList<>();
    private final FrameworkListener listener = this::frameworkEvent;
    private BundleContext context;
    private volatile Control control;
    private boolean started;

    @Reference
    EventLoops loops;
    @Reference
    BlockGraph graph;
    @Reference
    QmpCommands commands;
    @Reference
    QmpEvents events;
    @Reference
    Startup startup;

    @Activate
    void activate(BundleContext bundleContext) {
        context = bundleContext;
        Control made = new Control(loops, graph, commands, events, handlers::get,
                drainDeadlineNs(), () -> startup.shutdown(0));
        synchronized (this) {
            control = made;
            earlyDrivers.forEach(made.exports()::add);
            earlyDrivers.clear();
        }
        for (QmpCommand command : made.commands()) {
            Hashtable<String, Object> properties = new Hashtable<>();
            properties.put(QmpCommand.COMMAND, command.name());
            registrations.add(context.registerService(QmpCommand.class, command, properties));
        }
        made.branches().forEach(b -> registrations.add(
                context.registerService(QmpBranches.class, b, null)));
        Control.eventTypes().forEach(t -> registrations.add(
                context.registerService(QmpEventType.class, t, null)));
        registrations.add(context.registerService(Jobs.class, made.jobs(), null));
        registrations.add(context.registerService(JsonFilenames.class,
                new JsonFilenameParser(commands.branches()), null));
        context.addFrameworkListener(listener);
        if (context.getBundle(0).getState() == Bundle.ACTIVE) {
            start();
        }
    }

    private long drainDeadlineNs() {
        String text = context.getProperty(DRAIN_DEADLINE);
        if (text != null) {
            try {
                long ms = Long.parseLong(text.trim());
                if (ms > 0 && ms <= DRAIN_DEADLINE_MAX_MS) {
                    return TimeUnit.MILLISECONDS.toNanos(ms);
                }
            } catch (NumberFormatException e) {
                LOG.debug("{}", DRAIN_DEADLINE, e);
            }
            LOG.warn("{}='{}' is no number of milliseconds from 1 to {}: {} it is",
                    DRAIN_DEADLINE, text, DRAIN_DEADLINE_MAX_MS, DRAIN_DEADLINE_MS);
        }
        return TimeUnit.MILLISECONDS.toNanos(DRAIN_DEADLINE_MS);
    }

    private void frameworkEvent(FrameworkEvent event) {
        if (event.getType() == FrameworkEvent.STARTED) {
            start();
        }
    }

    private void start() {
        Control made = control;
        synchronized (this) {
            if (started || made == null) {
                return;
            }
            started = true;
        }
        boolean again = context.getServiceReference(Ready.class) != null;
        made.main().spawn(() -> {
            try {
                startup.ready(again ? made.awaitStartAgain(startup.options())
                        : made.awaitStart(startup.options()));
            } catch (QmpException e) {
                fail(made, e.getMessage());
            } catch (RuntimeException | AssertionError e) {
                LOG.error("bug: the command line failed", e);
                fail(made, "internal error: " + e);
            }
        });
    }

    /** After a restart of this bundle alone, a failure is no reason to end the daemon. */
    private void fail(Control failed, String message) {
        if (control != failed) {
            LOG.info("not executed, as it stops: {}", message);
        } else if (context.getServiceReference(Ready.class) == null) {
            startup.failed(message);
        } else {
            LOG.error("{}", message);
        }
    }

    @Deactivate
    void deactivate() throws InterruptedException {
        context.removeFrameworkListener(listener);
        boolean daemonEnds = context.getBundle(0).getState() == Bundle.STOPPING;
        if (daemonEnds) {
            commands.refuse("the daemon is shutting down");
        }
        registrations.reversed().forEach(ServiceRegistration::unregister);
        Control ending = control;
        control = null;
        bridge("closing exports and images", STOP_SECONDS, ending,
                () -> ending.awaitStop(daemonEnds));
    }

    /** Runs {@code work} in a coroutine of main and waits for it, on the framework's thread. */
    private static void bridge(String what, long seconds, Control control, Runnable work)
            throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        control.main().spawn(() -> {
            try {
                work.run();
            } catch (RuntimeException | AssertionError e) {
                LOG.error("bug: {}", what, e);
            } finally {
                done.countDown();
            }
        });
        if (control.main().isCurrent()) {
            return; // whoever stops bundles from main lets the loop run on
        }
        if (!done.await(seconds, TimeUnit.SECONDS)) {
            LOG.error("{} takes longer than {} s: giving up", what, seconds);
        }
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindExport(ExportDriver driver) {
        synchronized (this) {
            if (control == null) {
                earlyDrivers.add(driver);
            } else {
                control.exports().add(driver);
            }
        }
    }

    void unbindExport(ExportDriver driver) throws InterruptedException {
        Control running = control;
        if (running != null) {
            running.exports().remove(driver);
            bridge("closing exports of type " + driver.type(), EXPORT_SECONDS, running,
                    () -> running.exports().awaitOrphan(driver.type()));
        }
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindHandler(StartupHandler handler) {
        handlers.put(handler.option(), handler);
    }

    void unbindHandler(StartupHandler handler) {
        handlers.remove(handler.option(), handler);
    }
}
