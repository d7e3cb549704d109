package io.backplane.deploy;

import io.backplane.qmp.QmpEventType;
import io.backplane.qmp.QmpEvents;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import java.util.List;

/** What becomes of deployed files, as QMP events. */
final class BundleEvents implements Notices {
    /** Data of BUNDLE_DEPLOYED and BUNDLE_REMOVED. */
    @Name("BundleDeployedData")
    record Deployed(
            @Option("file in the deploy folder") String file,
            @Option("symbolic name") String bundle,
            @Option("its version") String version,
            @Option(value = "SHA-256 of the file, hexadecimal", optional = true)
            String sha256) {
    }

    /** Data of BUNDLE_REFUSED and BUNDLE_HUNG. */
    @Name("BundleRefusedData")
    record Refused(
            @Option("file in the deploy folder") String file,
            @Option(value = "symbolic name", optional = true) String bundle,
            @Option(value = "its version", optional = true) String version,
            @Option("kind of reason") Refusal.Kind kind,
            @Option("the reason, one sentence") String message,
            @Option("what it needs and nobody offers") List<String> missing,
            @Option(value = "version of before that runs on", optional = true) String running) {
        static Refused of(Deployment deployment) {
            Refusal refusal = deployment.refusal();
            return new Refused(deployment.fileName(), deployment.name(), deployment.version(),
                    refusal.kind(), refusal.getMessage(), refusal.missing(),
                    deployment.running());
        }
    }

    static final QmpEventType DEPLOYED = QmpEventType.of("BUNDLE_DEPLOYED", Deployed.class);
    static final QmpEventType REMOVED = QmpEventType.of("BUNDLE_REMOVED", Deployed.class);
    static final QmpEventType REFUSED = QmpEventType.of("BUNDLE_REFUSED", Refused.class);
    static final QmpEventType HUNG = QmpEventType.of("BUNDLE_HUNG", Refused.class);

    private final QmpEvents events;

    BundleEvents(QmpEvents events) {
        this.events = events;
    }

    static List<QmpEventType> types() {
        return List.of(DEPLOYED, REMOVED, REFUSED, HUNG, SchemaWatch.EVENT);
    }

    @Override
    public void deployed(Deployment deployment) {
        events.emit(DEPLOYED, data(deployment));
    }

    @Override
    public void removed(Deployment deployment) {
        if (deployment.name() != null) {
            events.emit(REMOVED, data(deployment));
        }
    }

    private static Deployed data(Deployment deployment) {
        return new Deployed(deployment.fileName(), deployment.name(), deployment.version(),
                deployment.sha256());
    }

    @Override
    public void refused(Deployment deployment) {
        events.emit(REFUSED, Refused.of(deployment));
    }

    @Override
    public void hung(Deployment deployment) {
        events.emit(HUNG, Refused.of(deployment));
    }
}
