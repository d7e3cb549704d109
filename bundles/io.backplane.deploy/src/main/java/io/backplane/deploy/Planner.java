package io.backplane.deploy;

import io.backplane.deploy.LiveBundle.State;
import io.backplane.deploy.Plan.Action;
import io.backplane.deploy.Refusal.Kind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.osgi.framework.namespace.HostNamespace;

/**
 * Says before anything happens what the arrival of a jar would do to the bundles that are there.
 *
 * <p>A jar replaces the bundle that came from the same file; or, if it exports packages or is a
 * singleton, the one of its name, since two would part the users of its packages in two. Any other
 * is installed beside what is there. Users of a replaced bundle would be restarted, which is
 * refused; the operator may insist.
 */
final class Planner {
    private static final int NAMES_MAX = 6;
    private static final String OURSELVES = "io.backplane.deploy";

    private final World world;
    private final Diagnosis diagnosis;

    Planner(World world, Diagnosis diagnosis) {
        this.world = world;
        this.diagnosis = diagnosis;
    }

    /** @param same the bundle that the same file gave before, or null */
    Plan plan(JarFacts jar, LiveBundle same) {
        LiveBundle target = same == null ? replacedByName(jar) : same;
        World rest = world.without(target);
        List<LiveBundle> refreshed = refreshed(jar, target);
        List<LiveBundle> restarted = refreshed.stream()
                .filter(b -> b.state() == State.ACTIVE).toList();
        List<LiveBundle> unresolved = target == null ? List.of()
                : unresolved(jar, target, refreshed, rest);
        List<Requirement> unmet = diagnosis.unmet(jar, rest);
        Refusal refusal = duplicate(jar, target);
        if (refusal == null) {
            refusal = diagnosis.refusal(unmet);
        }
        boolean forcible = refusal == null && isForcible(restarted);
        if (refusal == null) {
            refusal = harm(jar, target, restarted, unresolved, rest);
        }
        return new Plan(jar, target == null ? Action.INSTALL : Action.UPDATE, target,
                rest.byName(jar.name()), refreshed, restarted, unresolved,
                unmet.stream().map(Requirement::inWords).toList(), refusal, forcible);
    }

    /**
     * Says why a jar must not come beside all that is there, also beside its own version, and then
     * take the place of some; null if it may.
     *
     * @param service name of the interface that it is to offer
     * @param leaving bundles that go once it is there
     */
    Refusal refusalBeside(JarFacts jar, String service, List<LiveBundle> leaving) {
        if (jar.fragment()) {
            return new Refusal(Kind.NOT_A_BUNDLE, "it is a fragment, which cannot be started");
        }
        if (saysOtherwise(jar, service)) {
            return new Refusal(Kind.NOT_A_BUNDLE, "its manifest says that it offers other services,"
                    + " and no " + service);
        }
        World rest = new World(world.bundles().stream().filter(b -> !leaving.contains(b))
                .toList());
        Refusal refusal = diagnosis.refusal(diagnosis.unmet(jar, rest));
        for (LiveBundle each : world.byName(jar.name())) {
            if (refusal == null && jar.singleton() && each.singleton() && each.isResolved()) {
                refusal = new Refusal(Kind.DUPLICATE, "it is a singleton, and " + each.title()
                        + " is there; deploy it, then it takes that one's place");
            }
        }
        for (LiveBundle each : leaving) {
            List<LiveBundle> users = world.dependents(each).stream()
                    .filter(b -> b.state() == State.ACTIVE && !leaving.contains(b)).toList();
            if (refusal == null && !users.isEmpty()) {
                refusal = new Refusal(Kind.WOULD_RESTART, names(users) + " would restart, for they"
                        + " use " + each.title() + "; deploy with force=true insists");
            }
        }
        return refusal != null ? refusal : shadows(jar, rest, "import it");
    }

    /** Whether it tells what it offers, and not that: one that tells nothing may register it. */
    private static boolean saysOtherwise(JarFacts jar, String service) {
        List<Capability> offers = jar.capabilities().stream()
                .filter(c -> c.namespace().equals("osgi.service")).toList();
        return !offers.isEmpty() && offers.stream().map(c -> c.attributes().get("objectClass"))
                .noneMatch(names -> names instanceof Collection<?> several
                        ? several.contains(service) : service.equals(names));
    }

    private LiveBundle replacedByName(JarFacts jar) {
        boolean alone = jar.singleton()
                || jar.capabilities().stream().anyMatch(Capability::isPackage);
        return world.byName(jar.name()).stream()
                .filter(b -> !b.version().equals(jar.version()) && (alone || b.singleton()))
                .findFirst().orElse(null);
    }

    private Refusal duplicate(JarFacts jar, LiveBundle target) {
        for (LiveBundle each : world.byName(jar.name())) {
            if (each.version().equals(jar.version())
                    && (target == null || each.id() != target.id())) {
                return new Refusal(Kind.DUPLICATE, "this version is installed already, from "
                        + origin(each) + "; give the new build another version");
            }
        }
        return null;
    }

    private static String origin(LiveBundle bundle) {
        return bundle.location().startsWith("reference:") ? "the distribution"
                : bundle.location();
    }

    private List<LiveBundle> refreshed(JarFacts jar, LiveBundle target) {
        Set<LiveBundle> all = new LinkedHashSet<>();
        if (target != null) {
            all.addAll(world.dependents(target));
        }
        for (Requirement requirement : jar.requirements()) {
            if (requirement.namespace().equals(HostNamespace.HOST_NAMESPACE)) {
                for (LiveBundle host : world.providers(requirement)) {
                    all.add(host);
                    all.addAll(world.dependents(host));
                }
            }
        }
        return List.copyOf(all);
    }

    /** The users whose needs neither the new jar nor anybody else would meet. */
    private List<LiveBundle> unresolved(JarFacts jar, LiveBundle target,
            List<LiveBundle> dependents, World rest) {
        Set<Long> lost = new LinkedHashSet<>();
        boolean grew = true;
        while (grew) {
            grew = false;
            for (LiveBundle each : dependents) {
                if (!lost.contains(each.id()) && each.wires().stream().anyMatch(wire ->
                        isBroken(wire, jar, target, rest, lost))) {
                    grew = lost.add(each.id());
                }
            }
        }
        return dependents.stream().filter(b -> lost.contains(b.id())).toList();
    }

    private static boolean isBroken(LiveBundle.Wire wire, JarFacts jar, LiveBundle target,
            World rest, Set<Long> lost) {
        boolean concerned = wire.providerId() == target.id() || lost.contains(wire.providerId());
        return concerned && !wire.requirement().optional()
                && jar.capabilities().stream().noneMatch(wire.requirement()::isMetBy)
                && rest.providers(wire.requirement()).stream()
                        .allMatch(b -> lost.contains(b.id()));
    }

    private Refusal harm(JarFacts jar, LiveBundle target, List<LiveBundle> restarted,
            List<LiveBundle> unresolved, World rest) {
        List<LiveBundle> onlyRestarted = restarted.stream()
                .filter(b -> !unresolved.contains(b)).toList();
        List<String> harm = new ArrayList<>();
        if (!unresolved.isEmpty()) {
            harm.add(names(unresolved) + " would no longer resolve, for they need "
                    + needs(unresolved.getFirst(), target, jar));
        }
        if (!onlyRestarted.isEmpty()) {
            harm.add(names(onlyRestarted) + " would restart");
        }
        if (harm.isEmpty()) {
            return shadows(jar, rest, "import it, or insist with force=true");
        }
        return new Refusal(Kind.WOULD_RESTART, String.join("; ", harm) + (isForcible(restarted)
                ? "; deploy with force=true insists"
                : "; it can only be exchanged with a restart of the daemon"));
    }

    /** What would carry it out must not be pulled from under itself. */
    private static boolean isForcible(List<LiveBundle> restarted) {
        return restarted.stream().noneMatch(b -> b.name().equals(OURSELVES));
    }

    private static String needs(LiveBundle user, LiveBundle target, JarFacts jar) {
        return user.wires().stream().filter(w -> w.providerId() == target.id())
                .map(LiveBundle.Wire::requirement)
                .filter(r -> jar.capabilities().stream().noneMatch(r::isMetBy))
                .findFirst().map(Requirement::inWords).orElse("what it would no longer offer");
    }

    /** A second copy of a package in use: who gets it does not understand those with the first. */
    private Refusal shadows(JarFacts jar, World rest, String remedy) {
        for (Capability offer : jar.capabilities()) {
            if (!offer.isPackage() || jar.requirements().stream().anyMatch(
                    r -> r.isPackage() && r.name().equals(offer.name()))) {
                continue; // what it imports too, it takes from who has it
            }
            for (LiveBundle other : rest.bundles()) {
                boolean has = other.capabilities().stream().anyMatch(
                        c -> c.isPackage() && c.name().equals(offer.name()));
                List<LiveBundle> users = has ? users(other, offer.name()) : List.of();
                if (!users.isEmpty()) {
                    return new Refusal(Kind.WOULD_RESTART, "it exports the package "
                            + offer.name() + ", which " + names(users) + " use from "
                            + other.title() + " and would not see as the same; " + remedy);
                }
            }
        }
        return null;
    }

    private List<LiveBundle> users(LiveBundle provider, String packageName) {
        List<LiveBundle> users = new ArrayList<>();
        for (LiveBundle each : world.bundles()) {
            if (each.wires().stream().anyMatch(w -> w.providerId() == provider.id()
                    && w.requirement().isPackage()
                    && w.requirement().name().equals(packageName))) {
                users.add(each);
            }
        }
        return users;
    }

    private static String names(List<LiveBundle> bundles) {
        List<String> names = bundles.stream().limit(NAMES_MAX).map(LiveBundle::name).toList();
        int more = bundles.size() - names.size();
        return String.join(", ", names) + (more == 0 ? "" : " and " + more + " more");
    }
}
