package io.backplane.upgrade;

import io.backplane.aio.AioContext;
import io.backplane.aio.EventLoops;
import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import io.backplane.block.graph.BlockGraph;
import io.backplane.job.Jobs;
import io.backplane.qmp.QmpCommand;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Registers the commands, and does with bundles what upgrades ask for. */
@Component(service = {}, immediate = true)
public final class UpgradeComponent implements BundleStore {
    private static final Logger LOG = LoggerFactory.getLogger(UpgradeComponent.class);
    private static final String CLASS_SUFFIX = ".class";
    private static final long REFRESH_SECONDS = 30;
    private static final long JAR_BYTES_MAX = 64L << 20;

    // Immutable
    private final BundleContext system;
    private final AioContext main;
    private final AutoCloseable listening;
    private final List<ServiceRegistration<?>> registrations = new ArrayList<>();
    /** Two resolutions at a time, with resolver hooks, make each other fail. */
    private final ReentrantLock oneAtATime = new ReentrantLock();
    private final AtomicLong installCount = new AtomicLong();

    /** Called by the component runtime. */
    @Activate
    public UpgradeComponent(BundleContext context, @Reference EventLoops loops,
            @Reference BlockGraph graph, @Reference Jobs jobs) {
        system = context.getBundle(0).getBundleContext();
        main = loops.main();
        UpgradeHistory history = new UpgradeHistory(main);
        listening = graph.listen(history);
        for (QmpCommand command : new UpgradeCommands(main, graph, jobs, this, history)
                .commands()) {
            registrations.add(context.registerService(QmpCommand.class, command,
                    FrameworkUtil.asDictionary(Map.of(QmpCommand.COMMAND, command.name()))));
        }
    }

    /** Called by the component runtime, also while the bundle runs on. */
    @Deactivate
    void deactivate() throws Exception {
        registrations.forEach(ServiceRegistration::unregister);
        listening.close();
    }

    @Override
    public long install(Path jar) throws BlockException {
        oneAtATime.lock();
        try {
            return installAlone(jar);
        } finally {
            oneAtATime.unlock();
        }
    }

    private long installAlone(Path jar) throws BlockException {
        requireJar(jar);
        Bundle bundle;
        try (InputStream in = Files.newInputStream(jar)) {
            bundle = system.installBundle("upgrade:" + main.nowNs() + "-"
                    + installCount.incrementAndGet() + "/" + jar.getFileName(), in);
        } catch (IOException e) {
            throw new BlockException(Kind.IO, "Could not read bundle '" + jar + "': " + e, e);
        } catch (BundleException e) {
            throw refusal(jar, e);
        }
        try {
            bundle.start();
        } catch (BundleException e) {
            removeQuietly(bundle);
            throw refusal(jar, e);
        }
        loadClasses(bundle);
        return bundle.getBundleId();
    }

    /** A device or a pipe would be read without end. */
    private static void requireJar(Path jar) throws BlockException {
        try {
            if (!Files.exists(jar)) {
                throw new BlockException(Kind.NOT_FOUND, "There is no file '" + jar + "'");
            }
            if (!Files.isRegularFile(jar) || Files.size(jar) > JAR_BYTES_MAX) {
                throw new BlockException(Kind.INVALID, "Bundle '" + jar
                        + "' is no regular file of at most " + JAR_BYTES_MAX + " bytes");
            }
        } catch (IOException e) {
            throw new BlockException(Kind.IO, "Could not read bundle '" + jar + "': " + e, e);
        }
    }

    /** What is loaded and linked now need not be while requests are parked. */
    private static void loadClasses(Bundle bundle) {
        BundleWiring wiring = bundle.adapt(BundleWiring.class);
        for (String path : wiring.listResources("/", "*.class",
                BundleWiring.LISTRESOURCES_RECURSE | BundleWiring.LISTRESOURCES_LOCAL)) {
            String name = path.substring(0, path.length() - CLASS_SUFFIX.length())
                    .replace('/', '.');
            try {
                Class.forName(name, true, wiring.getClassLoader());
            } catch (ClassNotFoundException | LinkageError | IllegalStateException e) {
                LOG.debug("{} of {} is not loaded ahead: {}", name, bundle, e.toString());
            }
        }
    }

    private static BlockException refusal(Path jar, BundleException e) {
        Throwable cause = e.getCause() != null ? e.getCause() : e;
        return new BlockException(Kind.INVALID, "Bundle '" + jar.getFileName() + "' is refused: "
                + (cause.getMessage() != null ? cause.getMessage() : cause), e);
    }

    private void removeQuietly(Bundle bundle) {
        try {
            remove(bundle.getBundleId());
        } catch (BlockException e) {
            LOG.warn("bundle {} stays: {}", bundle, e.getMessage());
        }
    }

    @Override
    public void remove(long bundleId) throws BlockException {
        oneAtATime.lock();
        try {
            removeAlone(bundleId);
        } finally {
            oneAtATime.unlock();
        }
    }

    private void removeAlone(long bundleId) throws BlockException {
        Bundle bundle = system.getBundle(bundleId);
        if (bundle == null) {
            return;
        }
        CountDownLatch refreshed = new CountDownLatch(1);
        try {
            bundle.uninstall();
            system.getBundle(0).adapt(FrameworkWiring.class).refreshBundles(List.of(bundle),
                    _ -> refreshed.countDown());
            if (!refreshed.await(REFRESH_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("bundle {} is uninstalled, but not let go within {} s", bundle,
                        REFRESH_SECONDS);
            }
        } catch (BundleException e) {
            throw new BlockException(Kind.IO, "Bundle " + bundle + " cannot be uninstalled: "
                    + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
