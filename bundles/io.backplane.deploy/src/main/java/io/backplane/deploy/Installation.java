package io.backplane.deploy;

import io.backplane.deploy.Refusal.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries plans out, and undoes what fails. Under the deployer's lock. */
final class Installation {
    private static final Logger LOG = LoggerFactory.getLogger(Installation.class);

    private final BundleHost host;
    private final BoundedStep steps;
    private final Consumer<Path> returned;
    private final Map<Long, byte[]> contents = new HashMap<>();

    /** @param returned called when a step of a file ends after it was given up */
    Installation(BundleHost host, BoundedStep steps, Consumer<Path> returned) {
        this.host = host;
        this.steps = steps;
        this.returned = returned;
    }

    /** Does what a plan says. @throws Refusal after it was undone as far as possible */
    void carryOut(Plan plan, Path file) throws Refusal {
        if (plan.target() == null) {
            install(plan, file);
        } else {
            update(plan, file);
        }
        host.settle();
    }

    private void install(Plan plan, Path file) throws Refusal {
        long id = host.install(Deployment.location(file), plan.jar().bytes());
        try {
            refresh(plan, List.of(), file);
            start(id, file);
            contents.put(id, plan.jar().bytes());
        } catch (Refusal e) {
            if (!e.isStuck()) {
                undo("its removal", file, () -> host.uninstall(id));
            }
            throw e;
        }
    }

    private void start(long id, Path file) throws Refusal {
        run("its start", file, () -> host.start(id));
        List<String> failed = host.failedComponents(id);
        if (!failed.isEmpty()) {
            throw new Refusal(Kind.ACTIVATION, failed.getFirst());
        }
    }

    private void update(Plan plan, Path file) throws Refusal {
        LiveBundle target = plan.target();
        byte[] former = former(target);
        run("the stop of version " + target.version(), file, () -> host.stop(target.id()));
        try {
            replace(plan, plan.jar().bytes(), file);
            contents.put(target.id(), plan.jar().bytes());
        } catch (Refusal e) {
            if (e.isStuck() || former == null) {
                throw e;
            }
            undo("the stop of the new version", file, () -> host.stop(target.id()));
            undo("the return to version " + target.version(), file,
                    () -> replace(plan, former, file));
            throw e;
        }
    }

    private void replace(Plan plan, byte[] content, Path file) throws Refusal {
        long id = plan.target().id();
        run("the exchange of its content", file, () -> host.update(id, content));
        refresh(plan, List.of(id), file);
        start(id, file);
    }

    private void refresh(Plan plan, List<Long> first, Path file) throws Refusal {
        List<Long> ids = new ArrayList<>(first);
        plan.refreshed().forEach(b -> ids.add(b.id()));
        if (!ids.isEmpty()) {
            run("the restart of its users", file, () -> host.refresh(ids));
        }
    }

    /** What a bundle was made of: kept from its deployment, or the distribution's file. */
    private byte[] former(LiveBundle bundle) {
        byte[] kept = contents.get(bundle.id());
        if (kept != null || !bundle.location().startsWith("reference:")) {
            return kept;
        }
        try (InputStream in = URI.create(bundle.location().substring("reference:".length()))
                .toURL().openStream()) {
            return in.readAllBytes();
        } catch (IOException e) {
            LOG.warn("can't read {}: {}", bundle.location(), e.toString());
            return null;
        }
    }

    /** Stops and removes a bundle; wires of others to it stay until they go. */
    void remove(LiveBundle bundle, Path file) throws Refusal {
        run("its stop", file, () -> host.stop(bundle.id()));
        run("its removal", file, () -> host.uninstall(bundle.id()));
        contents.remove(bundle.id());
        host.settle();
    }

    private void run(String what, Path file, BoundedStep.Step step) throws Refusal {
        steps.run(what, step, () -> returned.accept(file));
    }

    private void undo(String what, Path file, BoundedStep.Step step) {
        try {
            run(what, file, step);
        } catch (Refusal e) {
            LOG.error("{}: {}", file.getFileName(), e.getMessage());
        }
    }
}
