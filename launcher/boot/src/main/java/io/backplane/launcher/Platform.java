package io.backplane.launcher;

import io.backplane.boot.BundleChanges;
import io.backplane.boot.Ready;
import io.backplane.boot.Startup;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.felix.framework.FrameworkFactory;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.startlevel.BundleStartLevel;

/**
 * The OSGi framework with the distribution's bundles in it.
 *
 * <p>Bundles are installed by reference from the distribution into a storage folder that is
 * emptied at each start, so what runs is what the distribution holds, never a copy of an earlier
 * state. {@link #stop} goes down the start levels: console, control, exports, devices, graph,
 * drivers, event loops.
 */
final class Platform {
    private static final String CONTROL = "io.backplane.control";
    private static final String SHELL = "io.backplane.console";
    private static final String DEPLOY = "io.backplane.deploy";
    private static final String REFERENCE = "reference:";
    /** What the bundles below control get for their stop: they have no images open any more. */
    private static final long STOP_AFTER_CONTROL_MS = 20_000;
    private static final long STOP_CHECK_MS = 250;

    // Immutable
    private final Framework framework;
    private final StartList startList;

    private Platform(Framework framework, StartList startList) {
        this.framework = framework;
        this.startList = startList;
    }

    /**
     * Makes the framework; no bundle runs yet.
     *
     * @param console whether a prompt is welcome
     * @param command a line for the shell, or null
     */
    static Platform create(Path home, DataFolder data, boolean console, String command)
            throws LaunchException {
        Map<String, Object> config = new HashMap<>(readConfig(home));
        config.put(Constants.FRAMEWORK_STORAGE, data.emptyFolder("cache").toString());
        config.put("backplane.home", home.toString());
        config.put("backplane.data", data.path().toString());
        config.put("backplane.console", Boolean.toString(console));
        if (command != null) {
            config.put("backplane.command", command);
        }
        config.put("felix.fileinstall.dir", deployFolder(data).toString());
        config.put("felix.fileinstall.tmpdir", data.emptyFolder("tmp").toString());
        config.put("felix.log.logger", new FrameworkLog());
        StartList startList = StartList.read(home);
        if (startList.entries().stream().anyMatch(e -> e.jar().toString().contains(DEPLOY))) {
            // It tells of components that fail, in a line instead of a stack trace.
            config.put("ds.loglevel", "0");
        }
        Framework framework = new FrameworkFactory().newFramework(config);
        try {
            framework.init();
        } catch (BundleException e) {
            throw new LaunchException("the framework does not start: " + e.getMessage(), e);
        }
        framework.getBundleContext().addBundleListener(new UsageRecords(framework));
        return new Platform(framework, startList);
    }

    private static Path deployFolder(DataFolder data) throws LaunchException {
        Path folder = data.path().resolve("deploy");
        try {
            return Files.createDirectories(folder);
        } catch (IOException e) {
            throw new LaunchException("can't make the folder " + folder + ": " + e, e);
        }
    }

    private static Map<String, String> readConfig(Path home) throws LaunchException {
        Path file = home.resolve("etc/config.properties");
        Properties properties = new Properties();
        try (InputStream in = Files.newInputStream(file)) {
            properties.load(in);
        } catch (IOException e) {
            throw new LaunchException("can't read " + file + ": " + e, e);
        }
        Map<String, String> config = new HashMap<>();
        properties.stringPropertyNames().forEach(n -> config.put(n, n.startsWith("backplane.")
                ? System.getProperty(n, properties.getProperty(n)) : properties.getProperty(n)));
        return config;
    }

    /**
     * Installs and starts the distribution's bundles.
     *
     * @throws LaunchException if one does not start; the framework is still to be stopped
     */
    void start(Startup startup) throws LaunchException {
        BundleContext context = framework.getBundleContext();
        context.registerService(Startup.class, startup, null);
        context.registerService(BundleChanges.class, new FrameworkBundles(context), null);
        for (StartList.Entry entry : startList.entries()) {
            install(context, entry);
        }
        try {
            framework.start();
        } catch (BundleException e) {
            throw new LaunchException("the framework does not start: " + e.getMessage(), e);
        }
    }

    private static void install(BundleContext context, StartList.Entry entry)
            throws LaunchException {
        try {
            Bundle bundle = context.installBundle(REFERENCE + entry.jar().toUri());
            bundle.adapt(BundleStartLevel.class).setStartLevel(entry.startLevel());
            if (bundle.getHeaders("").get(Constants.FRAGMENT_HOST) == null) {
                bundle.start(Bundle.START_ACTIVATION_POLICY);
            }
        } catch (BundleException e) {
            throw new LaunchException("can't install " + entry.jar() + ": " + e.getMessage(), e);
        }
    }

    /**
     * Checks after {@link #start} that every bundle of the distribution runs. What was deployed
     * later may fail without harm to it.
     *
     * @throws LaunchException naming the first that does not, and why
     */
    void requireAllActive() throws LaunchException {
        for (Bundle bundle : framework.getBundleContext().getBundles()) {
            if (bundle.getState() != Bundle.ACTIVE
                    && bundle.getLocation().startsWith(REFERENCE)
                    && bundle.getHeaders("").get(Constants.FRAGMENT_HOST) == null) {
                throw new LaunchException("the bundle " + bundle.getSymbolicName()
                        + " did not start: " + whyNotActive(bundle));
            }
        }
    }

    private static String whyNotActive(Bundle bundle) {
        try {
            bundle.start(Bundle.START_TRANSIENT);
            return "it started only at the second attempt";
        } catch (BundleException e) {
            return StartFailure.reason(e);
        }
    }

    /** Whether a bundle is there that executes the command line and has taken the startup. */
    boolean hasControl() throws LaunchException {
        for (Bundle bundle : framework.getBundleContext().getBundles()) {
            if (CONTROL.equals(bundle.getSymbolicName())) {
                requireStartupTaken(bundle);
                return true;
            }
        }
        return false;
    }

    /** Checks that a bundle is there that executes commands. */
    void requireShell() throws LaunchException {
        for (Bundle bundle : framework.getBundleContext().getBundles()) {
            if (SHELL.equals(bundle.getSymbolicName())) {
                return;
            }
        }
        throw new LaunchException("this distribution has no shell for option '-c'");
    }

    private void requireStartupTaken(Bundle control) throws LaunchException {
        ServiceReference<Startup> reference =
                framework.getBundleContext().getServiceReference(Startup.class);
        Bundle[] users = reference == null ? null : reference.getUsingBundles();
        if (users != null) {
            for (Bundle user : users) {
                if (user.equals(control)) {
                    return;
                }
            }
        }
        throw new LaunchException("the bundle " + CONTROL
                + " is not active: a service it needs is missing in this distribution");
    }

    /** Publishes the marker of readiness. */
    void publish(Ready ready) {
        framework.getBundleContext().registerService(Ready.class, ready, null);
    }

    /**
     * Stops all bundles, the highest start level first, and waits for the end. Control closes the
     * images and takes what it needs; a bundle after it that does not return is left behind.
     */
    void stop() {
        try {
            framework.stop();
            long leftMs = STOP_AFTER_CONTROL_MS;
            while (framework.waitForStop(STOP_CHECK_MS).getType()
                    == FrameworkEvent.WAIT_TIMEDOUT) {
                if (!isControlDown()) {
                    continue;
                }
                leftMs -= STOP_CHECK_MS;
                if (leftMs <= 0) {
                    System.err.println("backplane: left behind, as it does not stop: "
                            + notStopped());
                    return;
                }
            }
        } catch (BundleException e) {
            System.err.println("backplane: the framework does not stop: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isControlDown() {
        BundleContext context = framework.getBundleContext();
        if (context == null) {
            return true;
        }
        for (Bundle bundle : context.getBundles()) {
            if (CONTROL.equals(bundle.getSymbolicName())) {
                return bundle.getState() == Bundle.RESOLVED;
            }
        }
        return true;
    }

    private String notStopped() {
        BundleContext context = framework.getBundleContext();
        if (context == null) {
            return "the framework";
        }
        for (Bundle bundle : context.getBundles()) {
            if (bundle.getBundleId() != Constants.SYSTEM_BUNDLE_ID && (bundle.getState()
                    == Bundle.STARTING || bundle.getState() == Bundle.STOPPING)) {
                return "the bundle " + bundle.getSymbolicName();
            }
        }
        return "the framework";
    }
}
