package io.backplane.deploy;

import io.backplane.deploy.LiveBundle.State;
import io.backplane.deploy.LiveBundle.Wire;
import io.backplane.deploy.Refusal.Kind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.osgi.framework.Version;

/** A framework of values: the content of a bundle says what it does. */
final class FakeHost implements BundleHost {
    private final Map<Long, LiveBundle> bundles = new LinkedHashMap<>();
    private final Map<Long, String> behaviours = new LinkedHashMap<>();
    private final List<String> done = new ArrayList<>();
    final CountDownLatch release = new CountDownLatch(1);
    private Map<String, String> known = Map.of();
    private long nextId = 1;

    /** What bundles do, by {@code name version}: throw, fail, hang. */
    void behave(Map<String, String> byTitle) {
        known = byTitle;
    }

    synchronized List<String> done() {
        return List.copyOf(done);
    }

    synchronized LiveBundle add(String name, String version, String location, List<Capability> has,
            List<Wire> wires) {
        LiveBundle bundle = new LiveBundle(nextId++, name, Version.parseVersion(version), location,
                State.ACTIVE, false, has, wires.stream().map(Wire::requirement).toList(), wires);
        bundles.put(bundle.id(), bundle);
        return bundle;
    }

    @Override
    public synchronized World world() {
        return new World(List.copyOf(bundles.values()));
    }

    @Override
    public byte[] classFile(long bundleId, String internalName) {
        return null;
    }

    @Override
    public synchronized long install(String location, byte[] jar) {
        LiveBundle made = TestJar.live(nextId++, location, jar, State.UNRESOLVED);
        bundles.put(made.id(), made);
        done.add("install " + made.title());
        return made.id();
    }

    @Override
    public void start(long bundleId) throws Refusal {
        String behaviour;
        synchronized (this) {
            LiveBundle bundle = bundles.get(bundleId);
            behaviour = known.getOrDefault(bundle.title(), "");
            done.add("start " + bundle.title());
            set(bundle, behaviour.equals("throw") ? State.RESOLVED
                    : behaviour.equals("hang") ? State.STARTING : State.ACTIVE);
            behaviours.put(bundleId, behaviour);
        }
        if (behaviour.equals("throw")) {
            throw new Refusal(Kind.ACTIVATION, "its activator threw");
        }
        boolean hangs = behaviour.equals("hang");
        while (hangs) {
            try {
                release.await();
                hangs = false;
            } catch (InterruptedException e) {
                continue;
            }
        }
        synchronized (this) {
            set(bundles.get(bundleId), State.ACTIVE);
        }
    }

    private void set(LiveBundle b, State state) {
        bundles.put(b.id(), new LiveBundle(b.id(), b.name(), b.version(), b.location(), state,
                b.singleton(), b.capabilities(), b.requirements(), b.wires()));
    }

    @Override
    public synchronized void stop(long bundleId) {
        done.add("stop " + bundles.get(bundleId).title());
        set(bundles.get(bundleId), State.RESOLVED);
    }

    @Override
    public synchronized void update(long bundleId, byte[] jar) {
        LiveBundle updated = TestJar.live(bundleId, bundles.get(bundleId).location(), jar,
                State.UNRESOLVED);
        bundles.put(bundleId, updated);
        done.add("update to " + updated.title());
    }

    @Override
    public synchronized void uninstall(long bundleId) {
        done.add("uninstall " + bundles.remove(bundleId).title());
    }

    @Override
    public void refresh(Collection<Long> bundleIds) {
        // wires are values here
    }

    @Override
    public void settle() {
        // nothing stays behind here
    }

    @Override
    public synchronized List<String> failedComponents(long bundleId) {
        return "fail".equals(behaviours.get(bundleId))
                ? List.of("the activation of its component threw") : List.of();
    }

    @Override
    public List<String> waitsFor(long bundleId) {
        return List.of();
    }
}
