package io.backplane.deploy;

import io.backplane.boot.BundleAdmission;
import io.backplane.boot.BundleChanges;
import io.backplane.deploy.Refusal.Kind;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The checks of deployment, for those who install bundles by themselves: upgrades. */
final class Admission implements BundleAdmission {
    private static final Logger LOG = LoggerFactory.getLogger(Admission.class);

    private final Deployer deployer;
    private final BundleHost host;
    private final BoundedStep steps;
    private final BundleChanges changes;

    Admission(Deployer deployer, BundleHost host, BoundedStep steps, BundleChanges changes) {
        this.deployer = deployer;
        this.host = host;
        this.steps = steps;
        this.changes = changes;
    }

    @Override
    public byte[] check(Path jar, String service, Collection<Bundle> leaving)
            throws BundleException {
        Set<Long> ids = leaving.stream().map(Bundle::getBundleId).collect(Collectors.toSet());
        try {
            return deployer.checkBeside(jar, service, ids).bytes();
        } catch (Refusal e) {
            throw new BundleException(e.getMessage());
        }
    }

    @Override
    public void start(Bundle bundle) throws BundleException {
        long id = bundle.getBundleId();
        try {
            steps.run("its start", () -> host.start(id), () -> returned(bundle));
            List<String> failed = host.failedComponents(id);
            if (!failed.isEmpty()) {
                throw new Refusal(Kind.ACTIVATION, failed.getFirst());
            }
        } catch (Refusal e) {
            throw new BundleException(e.getMessage());
        }
    }

    /** Nobody waits for it any more. */
    private void returned(Bundle bundle) {
        LOG.warn("bundle {} {}, whose start hung, has returned and is removed",
                bundle.getSymbolicName(), bundle.getVersion());
        try {
            changes.remove(bundle);
        } catch (BundleException e) {
            LOG.error("bundle {} is not removed: {}", bundle, e.getMessage());
        }
    }
}
