package io.backplane.deploy;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** All installed bundles at one moment. */
record World(List<LiveBundle> bundles) {

    /** The bundle with a number, or null. */
    LiveBundle byId(long id) {
        return bundles.stream().filter(b -> b.id() == id).findFirst().orElse(null);
    }

    /** The bundle installed from a place, or null. */
    LiveBundle byLocation(String location) {
        return bundles.stream().filter(b -> b.location().equals(location)).findFirst()
                .orElse(null);
    }

    /** The bundles of a name. */
    List<LiveBundle> byName(String name) {
        return bundles.stream().filter(b -> name.equals(b.name())).toList();
    }

    /** All who use {@code bundle}, directly or not, without itself. */
    List<LiveBundle> dependents(LiveBundle bundle) {
        Set<Long> found = new LinkedHashSet<>(Set.of(bundle.id()));
        boolean grew = true;
        while (grew) {
            grew = false;
            for (LiveBundle each : bundles) {
                if (each.wires().stream().anyMatch(w -> found.contains(w.providerId()))) {
                    grew |= found.add(each.id());
                }
            }
        }
        List<LiveBundle> dependents = new ArrayList<>();
        for (LiveBundle each : bundles) {
            if (found.contains(each.id()) && each.id() != bundle.id()) {
                dependents.add(each);
            }
        }
        return dependents;
    }

    /** Who offers what {@code requirement} asks for, resolved ones only. */
    List<LiveBundle> providers(Requirement requirement) {
        return bundles.stream().filter(LiveBundle::isResolved)
                .filter(b -> b.capabilities().stream().anyMatch(requirement::isMetBy)).toList();
    }

    /** The same without one bundle. */
    World without(LiveBundle gone) {
        return gone == null ? this
                : new World(bundles.stream().filter(b -> b.id() != gone.id()).toList());
    }
}
