package io.backplane.deploy;

import io.backplane.deploy.Deployment.Stamp;
import io.backplane.deploy.Deployment.State;
import io.backplane.deploy.Refusal.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets files of a folder become bundles, or says why not.
 *
 * <p>What can be known beforehand is looked at before anything happens ({@link Planner},
 * {@link CategoryCheck}); what only shows when the bundle runs is undone: a new bundle is
 * uninstalled again, an updated one gets its former content back. Each file is settled once and
 * again when its size or time changes, or when another arrival may have met its needs.
 *
 * <p>One thing happens at a time; callers wait, but never longer than the time limit of the steps.
 */
final class Deployer {
    private static final Logger LOG = LoggerFactory.getLogger(Deployer.class);

    // Immutable
    private final Path folder;
    private final BundleHost host;
    private final CategoryCheck categories;
    private final Installation installation;
    private final Notices notices;
    private final Lock lock;

    // Under lock
    private final Map<Path, Deployment> deployments = new LinkedHashMap<>();
    private final Map<Path, JarFacts> waiting = new LinkedHashMap<>();
    private final Set<Path> inProgress = new HashSet<>();

    // Any thread
    private volatile List<Deployment> published = List.of();

    /** @param lock held over each change of bundles, by whoever makes it */
    Deployer(Path folder, BundleHost host, CategoryCheck categories, BoundedStep steps,
            Notices notices, Lock lock) {
        this.lock = lock;
        this.folder = folder;
        this.host = host;
        this.categories = categories;
        this.installation = new Installation(host, steps, this::returned);
        this.notices = notices;
    }

    /** What became of each file; any thread, at once. */
    List<Deployment> deployments() {
        return published;
    }

    /** Settles a file that is new or has changed. */
    void arrived(Path file) {
        locked(() -> {
            settle(file, false);
            retry();
        });
    }

    /** Takes the bundle of a file back that is gone. */
    void gone(Path file) {
        locked(() -> {
            waiting.remove(file);
            Deployment known = deployments.remove(file);
            LiveBundle bundle = host.world().byLocation(Deployment.location(file));
            if (bundle != null) {
                remove(file, known, bundle);
            }
            retry();
        });
    }

    /** Says what deploying a file would do; changes nothing. */
    Plan plan(Path file) throws Refusal {
        Path target = target(file);
        JarFacts jar = JarFacts.read(file);
        lock.lock();
        try {
            World world = host.world();
            Plan plan = planner(world).plan(jar,
                    world.byLocation(Deployment.location(target)));
            try {
                categories.require(jar, world);
            } catch (Refusal e) {
                return plan.refused(e);
            }
            return plan;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Checks a jar that somebody else is to install beside all others; changes nothing.
     *
     * @param service name of the interface that it is to offer
     * @param leaving numbers of the bundles whose place it takes
     */
    JarFacts checkBeside(Path file, String service, Set<Long> leaving) throws Refusal {
        JarFacts jar = JarFacts.read(file);
        lock.lock();
        try {
            World world = host.world();
            Refusal refusal = planner(world).refusalBeside(jar, service, world.bundles().stream()
                    .filter(b -> leaving.contains(b.id())).toList());
            if (refusal != null) {
                throw refusal;
            }
            categories.require(jar, world);
            return jar;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Deploys a file from anywhere: it runs when this returns, and a copy is in the folder.
     *
     * @param force whether to do it although running bundles would be restarted
     */
    Plan deploy(Path file, boolean force) throws Refusal {
        Path target = target(file);
        JarFacts jar = JarFacts.read(file);
        lock.lock();
        try {
            Plan plan;
            try {
                plan = apply(jar, target, force);
            } catch (Refusal e) {
                if (e.isStuck()) {
                    publish(refused(target, jar, e));
                }
                throw e;
            }
            if (!target.equals(file)) {
                Deployment.writeAtOnce(target, jar.bytes());
            }
            succeeded(target, jar, plan);
            retry();
            return plan;
        } finally {
            lock.unlock();
        }
    }

    /** Deletes a file of the folder, and its bundle with it. */
    void undeploy(String fileName) throws Refusal {
        if (fileName.indexOf('\0') >= 0) {
            throw new Refusal(Kind.NOT_A_BUNDLE, "file '" + fileName + "' is no path");
        }
        Path file = folder.resolve(fileName);
        if (!folder.equals(file.getParent()) || !Files.isRegularFile(file)) {
            throw new Refusal(Kind.NOT_A_BUNDLE, "there is no file " + file);
        }
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new Refusal(Kind.NOT_A_BUNDLE, "can't delete " + file + ": " + e.getMessage());
        }
        gone(file);
    }

    private Path target(Path file) throws Refusal {
        String name = String.valueOf(file.getFileName());
        if (!name.endsWith(".jar") || name.startsWith(".")) {
            throw new Refusal(Kind.NOT_A_BUNDLE, "the name of its file does not end in .jar");
        }
        return folder.resolve(name);
    }

    private void locked(Runnable work) {
        lock.lock();
        try {
            work.run();
        } finally {
            lock.unlock();
        }
    }

    // ---- one file

    private void settle(Path file, boolean quietly) {
        Deployment before = deployments.get(file);
        Stamp stamp = Stamp.of(file);
        if (!inProgress.add(file)) {
            return;
        }
        try {
            if (!quietly && before != null && before.stamp().equals(stamp)) {
                return;
            }
            JarFacts jar = null;
            try {
                jar = JarFacts.read(file);
                if (before == null) {
                    publish(new Deployment(file, stamp, State.DEPLOYING, jar.name(),
                            jar.version().toString(), jar.sha256(), null, null, null));
                }
                Plan plan = applyWithSiblings(jar, file);
                succeeded(file, jar, plan);
            } catch (Refusal e) {
                Deployment refused = refused(file, jar, e);
                publish(refused);
                if (!quietly) {
                    tellRefused(refused);
                }
            }
        } finally {
            inProgress.remove(file);
        }
    }

    /** What a jar needs may lie beside it and not have been looked at. */
    private Plan applyWithSiblings(JarFacts jar, Path file) throws Refusal {
        try {
            return apply(jar, file, false);
        } catch (Refusal e) {
            if (e.kind() != Kind.UNRESOLVED || !settleSiblings()) {
                throw e;
            }
            return apply(jar, file, false);
        }
    }

    private boolean settleSiblings() {
        boolean any = false;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.jar")) {
            for (Path sibling : files) {
                if (!deployments.containsKey(sibling) && !inProgress.contains(sibling)) {
                    settle(sibling, false);
                    any = true;
                }
            }
        } catch (IOException e) {
            LOG.warn("can't list {}: {}", folder, e.toString());
        }
        return any;
    }

    private Plan apply(JarFacts jar, Path file, boolean force) throws Refusal {
        World world = host.world();
        LiveBundle same = world.byLocation(Deployment.location(file));
        if (same != null && (same.state() == LiveBundle.State.STARTING
                || same.state() == LiveBundle.State.STOPPING)) {
            throw new Refusal(Kind.HUNG, "its former version " + same.version()
                    + " still hangs; restart the daemon", true);
        }
        Plan plan = planner(world).plan(jar, same);
        plan.require(force);
        categories.require(jar, world);
        Deployment before = deployments.get(file);
        boolean unchanged = same != null && same.state() == LiveBundle.State.ACTIVE
                && before != null && before.state() == State.ACTIVE
                && jar.sha256().equals(before.sha256());
        if (!unchanged) {
            installation.carryOut(plan, file);
        }
        return plan;
    }

    private Planner planner(World world) {
        return new Planner(world, new Diagnosis(world, List.copyOf(waiting.values())));
    }

    private void succeeded(Path file, JarFacts jar, Plan plan) {
        waiting.remove(file);
        long id = host.world().bundles().stream()
                .filter(b -> b.name().equals(jar.name()) && b.version().equals(jar.version()))
                .mapToLong(LiveBundle::id).max().orElseThrow();
        Deployment before = deployments.get(file);
        Deployment now = new Deployment(file, Stamp.of(file), State.ACTIVE, jar.name(),
                jar.version().toString(), jar.sha256(), id, jar.version().toString(), null);
        publish(now);
        if (before == null || before.state() != State.ACTIVE
                || !jar.sha256().equals(before.sha256())) {
            LOG.info("bundle {} is deployed from {} ({}, sha256 {})", jar.title(),
                    now.fileName(), plan.action() == Plan.Action.UPDATE
                            ? "in place of " + plan.target().version() : "new", jar.sha256());
            host.waitsFor(id).forEach(reason -> LOG.warn("bundle {}: {}", jar.title(), reason));
            notices.deployed(now);
        }
    }

    private Deployment refused(Path file, JarFacts jar, Refusal refusal) {
        if (jar != null && refusal.kind() == Kind.UNRESOLVED) {
            waiting.put(file, jar);
        } else {
            waiting.remove(file);
        }
        LiveBundle runs = host.world().byLocation(Deployment.location(file));
        return new Deployment(file, Stamp.of(file), refusal.isStuck() ? State.HUNG
                : State.REFUSED, jar == null ? null : jar.name(),
                jar == null ? null : jar.version().toString(), jar == null ? null : jar.sha256(),
                runs == null ? null : runs.id(),
                runs == null ? null : runs.version().toString(), refusal);
    }

    private void tellRefused(Deployment refused) {
        String runsOn = refused.running() == null || refused.state() == State.HUNG ? ""
                : "; version " + refused.running() + " of before runs on";
        LOG.error("bundle {} is refused: {}{}", refused.title(), refused.refusal().getMessage(),
                runsOn);
        notices.refused(refused);
        if (refused.refusal().kind() == Kind.HUNG) {
            notices.hung(refused);
        }
    }

    private void remove(Path file, Deployment known, LiveBundle bundle) {
        try {
            installation.remove(bundle, file);
            LOG.info("bundle {} is gone with {}", bundle.title(), file.getFileName());
            notices.removed(known != null ? known : new Deployment(file, new Stamp(0, 0),
                    State.ACTIVE, bundle.name(), bundle.version().toString(), null, bundle.id(),
                    bundle.version().toString(), null));
            published = List.copyOf(deployments.values());
        } catch (Refusal e) {
            Deployment hung = new Deployment(file, new Stamp(0, 0), State.HUNG, bundle.name(),
                    bundle.version().toString(), null, bundle.id(), bundle.version().toString(),
                    e);
            publish(hung);
            LOG.error("bundle {} is not removed: {}", bundle.title(), e.getMessage());
            notices.hung(hung);
        }
    }

    private void publish(Deployment deployment) {
        deployments.put(deployment.file(), deployment);
        published = List.copyOf(deployments.values());
    }

    // ---- later

    /** Gives refused files another chance, as long as one succeeds. */
    private void retry() {
        published = List.copyOf(deployments.values());
        boolean progress = true;
        while (progress) {
            progress = false;
            for (Deployment each : new ArrayList<>(deployments.values())) {
                if (each.state() == State.REFUSED && mayHaveBecomeGood(each)) {
                    settle(each.file(), true);
                    Deployment now = deployments.get(each.file());
                    progress |= now != null && now.state() == State.ACTIVE;
                }
            }
        }
    }

    private boolean mayHaveBecomeGood(Deployment refused) {
        Kind kind = refused.refusal().kind();
        if (kind != Kind.UNRESOLVED && kind != Kind.DUPLICATE && kind != Kind.WOULD_RESTART
                || !Files.isRegularFile(refused.file())) {
            return false;
        }
        try {
            return plan(refused.file()).refusal() == null;
        } catch (Refusal | UncheckedIOException e) {
            return false;
        }
    }

    /** A bundle that hung has returned; on the thread that it hung on. */
    private void returned(Path file) {
        locked(() -> {
            Deployment known = deployments.get(file);
            if (known == null || known.state() != State.HUNG) {
                return;
            }
            LOG.warn("bundle {}, which hung, has returned", known.title());
            LiveBundle bundle = host.world().byLocation(Deployment.location(file));
            if (!Files.isRegularFile(file)) {
                deployments.remove(file);
                if (bundle != null) {
                    remove(file, known, bundle);
                }
            } else if (!adopt(known, bundle)) {
                deployments.remove(file);
                settle(file, false);
            }
            retry();
        });
    }

    /** Whether it runs after all, with the content that hung. */
    private boolean adopt(Deployment known, LiveBundle bundle) {
        if (bundle == null || bundle.state() != LiveBundle.State.ACTIVE
                || !bundle.version().toString().equals(known.version())
                || !known.stamp().equals(Stamp.of(known.file()))
                || !host.failedComponents(bundle.id()).isEmpty()) {
            return false;
        }
        Deployment now = new Deployment(known.file(), known.stamp(), State.ACTIVE, known.name(),
                known.version(), known.sha256(), bundle.id(), known.version(), null);
        publish(now);
        notices.deployed(now);
        return true;
    }
}
