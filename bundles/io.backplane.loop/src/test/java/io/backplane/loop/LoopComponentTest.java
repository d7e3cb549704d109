package io.backplane.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.PollerFactory;
import io.backplane.aio.PollingOptions;
import io.backplane.rules.Rule;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;

class LoopComponentTest {

    /** A reference that only compares, by ranking. */
    private record Reference(int ranking) implements ServiceReference<PollerFactory> {
        @Override
        public int compareTo(Object other) {
            return Integer.compare(ranking, ((Reference) other).ranking);
        }

        @Override
        public Object getProperty(String key) {
            return null;
        }

        @Override
        public String[] getPropertyKeys() {
            return new String[0];
        }

        @Override
        public Bundle getBundle() {
            return null;
        }

        @Override
        public Bundle[] getUsingBundles() {
            return null;
        }

        @Override
        public boolean isAssignableTo(Bundle bundle, String className) {
            return true;
        }

        @Override
        public Dictionary<String, Object> getProperties() {
            return new Hashtable<>();
        }

        @Override
        public <A> A adapt(Class<A> type) {
            return null;
        }
    }

    private final PollerFactory epoll = OnLoops.factory("epoll");
    private final PollerFactory uring = OnLoops.factory("io_uring");
    private final Reference low = new Reference(0);
    private final Reference high = new Reference(100);
    private final LoopComponent component = new LoopComponent();
    private Loops loops;
    private String configured;

    private BundleContext context() {
        return (BundleContext) Proxy.newProxyInstance(getClass().getClassLoader(),
                new Class<?>[] {BundleContext.class}, (proxy, method, args) -> {
                    if (method.getName().equals("getProperty")) {
                        return configured;
                    }
                    loops = (Loops) Arrays.stream(args).filter(Loops.class::isInstance)
                            .findFirst().orElseThrow();
                    return Proxy.newProxyInstance(getClass().getClassLoader(),
                            new Class<?>[] {ServiceRegistration.class}, (p, m, a) -> {
                                loops = null;
                                return null;
                            });
                });
    }

    private void awaitMechanism(String mechanism) throws InterruptedException {
        for (int i = 0; i < 10_000 && !allUse(mechanism); i++) {
            Thread.sleep(1);
        }
        assertTrue(allUse(mechanism), loops::describe);
    }

    private boolean allUse(String mechanism) {
        return loops.main().poller().mechanism().equals(mechanism) && loops.ioThreads().stream()
                .allMatch(t -> t.context().poller().mechanism().equals(mechanism));
    }

    @Test
    @Rule("E15")
    void loopsFollowTheMechanismsThatComeAndGo() throws Exception {
        component.bindFactory(low, epoll);
        component.activate(context(), Map.of());
        OnLoops.call(loops, () -> loops.awaitCreate("io0", PollingOptions.OFF));
        awaitMechanism("epoll");
        for (int i = 0; i < 5; i++) {
            component.bindFactory(high, uring);
            awaitMechanism("io_uring");
            component.unbindFactory(high, uring);
            assertTrue(allUse("epoll"), "left before unbind returned");
        }
        component.deactivate();
        assertNull(loops);
    }

    @Test
    void configuredMechanismGoesBeforeTheRanking() throws Exception {
        configured = "epoll";
        component.bindFactory(high, uring);
        component.activate(context(), Map.of());
        awaitMechanism("io_uring");
        component.bindFactory(low, epoll);
        awaitMechanism("epoll");
        component.deactivate();
        component.bindFactory(high, uring);
        component.activate(context(), Map.of("backplane.poller", "io_uring"));
        awaitMechanism("io_uring");
        assertEquals("main", loops.main().name());
        component.deactivate();
    }

    @Test
    void lastMechanismMayGoBeforeTheComponent() throws Exception {
        component.bindFactory(low, epoll);
        component.activate(context(), Map.of());
        component.unbindFactory(low, epoll);
        component.deactivate();
        assertNull(loops);
    }
}
