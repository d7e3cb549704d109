package io.backplane.deploy;

import io.backplane.deploy.DeployCommands.WhyInfo;
import io.backplane.deploy.Refusal.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Answers why a bundle does not run, for deployed files and for any installed bundle. */
final class Reasons {
    private final Deployer deployer;
    private final BundleHost host;

    Reasons(Deployer deployer, BundleHost host) {
        this.deployer = deployer;
        this.host = host;
    }

    /** @param subject a file's name, a symbolic name or a bundle's number */
    WhyInfo why(String subject) throws Refusal {
        for (Deployment each : deployer.deployments()) {
            if (each.refusal() != null && (subject.equals(each.fileName())
                    || subject.equals(each.name()))) {
                return new WhyInfo(each.title(), word(each.state()),
                        List.of(each.refusal().getMessage()));
            }
        }
        World world = host.world();
        LiveBundle bundle = find(world, subject);
        if (bundle == null) {
            throw new Refusal(Kind.FRAMEWORK, "there is no bundle '" + subject + "'");
        }
        return new WhyInfo(bundle.title(), word(bundle.state()), reasons(world, bundle));
    }

    private LiveBundle find(World world, String subject) {
        for (Deployment each : deployer.deployments()) {
            if (subject.equals(each.fileName()) && each.bundleId() != null) {
                return world.byId(each.bundleId());
            }
        }
        if (subject.matches("\\d{1,9}")) {
            return world.byId(Long.parseLong(subject));
        }
        return world.byName(subject).stream().findFirst().orElse(null);
    }

    private List<String> reasons(World world, LiveBundle bundle) {
        List<String> reasons = new ArrayList<>();
        switch (bundle.state()) {
            case UNRESOLVED -> {
                Diagnosis diagnosis = new Diagnosis(world, List.of());
                Refusal refusal = diagnosis.refusal(diagnosis.unmet(bundle));
                reasons.add(refusal != null ? refusal.getMessage()
                        : "nothing that it needs is missing: nobody has started it, or the"
                                + " category guard keeps it out (see the log)");
            }
            case RESOLVED -> reasons.add("nobody has started it, or its start failed");
            case STARTING, STOPPING -> reasons.add("its code has not returned yet");
            case ACTIVE -> {
                reasons.addAll(host.failedComponents(bundle.id()));
                reasons.addAll(host.waitsFor(bundle.id()));
            }
        }
        return reasons;
    }

    private static String word(Enum<?> state) {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
