package io.backplane.deploy;

import java.util.List;
import org.osgi.framework.Version;

/**
 * An installed bundle at one moment.
 *
 * @param id           its number in the framework; 0 is the framework itself
 * @param name         symbolic name
 * @param version      its version
 * @param location     where it was installed from
 * @param state        what it does
 * @param singleton    whether only one of its name may be resolved
 * @param capabilities what it offers
 * @param requirements what it needs
 * @param wires        whom it uses
 */
record LiveBundle(long id, String name, Version version, String location, State state,
        boolean singleton, List<Capability> capabilities, List<Requirement> requirements,
        List<Wire> wires) {

    /** What a bundle does; {@code UNRESOLVED} is not usable by others. */
    enum State { UNRESOLVED, RESOLVED, STARTING, ACTIVE, STOPPING }

    /**
     * That it uses another bundle.
     *
     * @param requirement what it needs
     * @param providerId  who gives it
     */
    record Wire(Requirement requirement, long providerId) {
    }

    boolean isResolved() {
        return state != State.UNRESOLVED;
    }

    /** Name and version, as messages say it. */
    String title() {
        return name + " " + version;
    }
}
