package io.backplane.deploy;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioTimer;
import io.backplane.aio.Apart;
import io.backplane.aio.EventLoops;
import io.backplane.boot.BundleAdmission;
import io.backplane.boot.BundleChanges;
import io.backplane.boot.Ready;
import io.backplane.boot.Startup;
import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpEventType;
import io.backplane.qmp.QmpEvents;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.ArrayList;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.felix.fileinstall.ArtifactInstaller;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceEvent;
import org.osgi.framework.ServiceListener;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the jars that File Install finds, offers the commands, and tells of what came and went.
 * File Install only watches the folder: its own way to install bundles is never reached.
 */
@Component(service = {}, immediate = true)
public final class DeployComponent implements ArtifactInstaller {
    private static final Logger LOG = LoggerFactory.getLogger(DeployComponent.class);
    private static final String STEP_LIMIT = "backplane.deploy.timeout-ms";
    private static final String READY_LIMIT = "backplane.ready.timeout-ms";
    private static final long STEP_MS = 10_000;
    private static final long READY_MS = 60_000;
    private static final long LIMIT_MAX_MS = 3_600_000;

    /** The service property that holds a name, and what kind of thing it names. */
    private static final Map<String, String> KINDS = Map.of("backplane.driver", "block-driver",
            "backplane.device", "device", "backplane.export", "export", QmpCommand.COMMAND,
            "command");

    // Immutable
    private final List<ServiceRegistration<?>> registrations = new ArrayList<>();
    private final BundleContext context;
    private final AioContext main;
    private final BundleHost host;
    private final Deployer deployer;
    private final Admission admission;
    private final SchemaWatch schema;
    private final AioTimer readyTimer;
    private final ServiceListener schemaListener = this::schemaEvent;
    private final ServiceListener failureListener = _ -> tellFailures();

    // Any thread
    private final Set<String> toldFailures = ConcurrentHashMap.newKeySet();

    /** Called by the component runtime. */
    @Activate
    public DeployComponent(BundleContext context, @Reference EventLoops loops,
            @Reference QmpEvents events, @Reference Startup startup,
            @Reference ServiceComponentRuntime components,
            @Reference BundleChanges changes) throws InvalidSyntaxException {
        this.context = context;
        main = loops.main();
        host = new LiveBundles(context.getBundle(0).getBundleContext(), components);
        Path folder = startup.dataFolder().resolve("deploy");
        BoundedStep steps = new BoundedStep(Duration.ofMillis(limitMs(STEP_LIMIT, STEP_MS)));
        deployer = new Deployer(folder, host,
                new CategoryCheck(host, "lenient".equals(
                        context.getProperty("backplane.categories"))),
                steps, new BundleEvents(events), changes.lock());
        admission = new Admission(deployer, host, steps, changes);
        schema = new SchemaWatch(main, events);
        readyTimer = main.newTimer("ready", () -> Apart.start(BoundedStep.THREAD,
                this::tellNotReady));
        readyTimer.armAt(main.nowNs() + limitMs(READY_LIMIT, READY_MS) * 1_000_000);
        register();
        context.addServiceListener(schemaListener);
        context.addServiceListener(failureListener, "(objectClass="
                + ServiceComponentRuntime.class.getName() + ")");
        tellFailures();
    }

    private void register() {
        for (QmpCommand command : new DeployCommands(deployer, new Reasons(deployer, host))
                .commands()) {
            registrations.add(context.registerService(QmpCommand.class, command,
                    FrameworkUtil.asDictionary(Map.of(QmpCommand.COMMAND, command.name()))));
        }
        for (QmpEventType type : BundleEvents.types()) {
            registrations.add(context.registerService(QmpEventType.class, type, null));
        }
        registrations.add(context.registerService(ArtifactInstaller.class, this, null));
        registrations.add(context.registerService(BundleAdmission.class, admission, null));
    }

    private long limitMs(String property, long byDefault) {
        String text = context.getProperty(property);
        if (text == null) {
            return byDefault;
        }
        if (text.strip().matches("[1-9]\\d{0,6}") && Long.parseLong(text.strip())
                <= LIMIT_MAX_MS) {
            return Long.parseLong(text.strip());
        }
        LOG.warn("{}='{}' is no number of milliseconds from 1 to {}: {} it is", property, text,
                LIMIT_MAX_MS, byDefault);
        return byDefault;
    }

    /** Called by the component runtime; the framework withdraws the services. */
    @Deactivate
    void deactivate() {
        registrations.forEach(ServiceRegistration::unregister);
        context.removeServiceListener(schemaListener);
        context.removeServiceListener(failureListener);
        readyTimer.close();
        schema.close();
    }

    // ---- File Install

    @Override
    public boolean canHandle(File artifact) {
        return artifact.getName().endsWith(".jar");
    }

    @Override
    public void install(File artifact) {
        deployer.arrived(artifact.toPath());
    }

    @Override
    public void update(File artifact) {
        deployer.arrived(artifact.toPath());
    }

    @Override
    public void uninstall(File artifact) {
        deployer.gone(artifact.toPath());
    }

    // ---- what comes and goes

    private void schemaEvent(ServiceEvent event) {
        if (event.getType() == ServiceEvent.MODIFIED
                || event.getType() == ServiceEvent.MODIFIED_ENDMATCH || !isRunning()) {
            return;
        }
        boolean added = event.getType() == ServiceEvent.REGISTERED;
        ServiceReference<?> reference = event.getServiceReference();
        Bundle bundle = reference.getBundle();
        KINDS.forEach((property, kind) -> {
            if (bundle != null && reference.getProperty(property) instanceof String name) {
                schema.changed(added, new SchemaWatch.Entity(kind, name,
                        bundle.getSymbolicName(), bundle.getVersion().toString()));
            }
        });
    }

    /** Neither while the distribution starts nor while the daemon stops. */
    private boolean isRunning() {
        return context.getBundle(0).getState() == Bundle.ACTIVE;
    }

    /** The component runtime is told to keep quiet, for its traces; this is what it would say. */
    private void tellFailures() {
        Set<String> now = new HashSet<>();
        for (Bundle bundle : context.getBundles()) {
            for (String failure : host.failedComponents(bundle.getBundleId())) {
                String sentence = "bundle " + bundle.getSymbolicName() + " "
                        + bundle.getVersion() + ": " + failure;
                now.add(sentence);
                if (toldFailures.add(sentence)) {
                    LOG.error("{}", sentence);
                }
            }
        }
        toldFailures.retainAll(now);
    }

    private void tellNotReady() {
        if (context.getServiceReference(Ready.class) != null || !isValid()) {
            return;
        }
        StringBuilder reasons = new StringBuilder();
        for (LiveBundle bundle : host.world().bundles()) {
            if (bundle.state() != LiveBundle.State.ACTIVE && bundle.id() != 0) {
                reasons.append("; bundle ").append(bundle.name()).append(" is ")
                        .append(bundle.state().name().toLowerCase(java.util.Locale.ROOT));
            }
            for (String wait : host.waitsFor(bundle.id())) {
                reasons.append("; ").append(wait);
            }
        }
        LOG.error("the daemon is not ready after {} ms{}", limitMs(READY_LIMIT, READY_MS),
                reasons.isEmpty() ? ": the command line is not done" : reasons);
    }

    private boolean isValid() {
        return List.of(Bundle.STARTING, Bundle.ACTIVE)
                .contains(context.getBundle(0).getState());
    }
}
