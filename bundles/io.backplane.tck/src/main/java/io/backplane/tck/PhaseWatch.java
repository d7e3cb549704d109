package io.backplane.tck;

import io.backplane.aio.AioContext;
import io.backplane.block.spi.BlockChild;
import io.backplane.block.spi.BlockDriver;
import io.backplane.block.spi.DriverNode;
import io.backplane.block.spi.OpenRequest;
import io.backplane.block.spi.Reopen;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Stands between graph and driver and watches the two phases: what must not do I/O (it edits the
 * graph, or answers a question) asks nothing of a child, and what does I/O leaves nodes and edges
 * alone.
 */
final class PhaseWatch {
    /** What opens or closes in its I/O phase; during other I/O anybody may edit the graph. */
    private static final Set<String> IO_PHASE = Set.of("awaitOpen", "awaitReopen",
            "awaitShutdown", "awaitThaw", "awaitFreeze");
    private static final Set<String> REQUESTS = Set.of("preadv", "pwritev", "pwriteZeroes",
            "pdiscard", "flush", "blockStatus", "truncate", "allocatedBytes");

    private final BlockDriver driver;
    private final List<String> faults;
    private final Map<BlockChild, BlockChild> children = new IdentityHashMap<>();
    private Supplier<String> shape = () -> "";
    private String graphPhase;

    PhaseWatch(BlockDriver driver, List<String> faults) {
        this.driver = driver;
        this.faults = faults;
    }

    /** The driver, watched. */
    BlockDriver driver() {
        return (BlockDriver) proxy(driver, this::called);
    }

    /** From now on the graph of {@code bench} is watched, too. */
    static void look(Bench bench) {
        if (Proxy.getInvocationHandler(bench.driver) instanceof Watched watched) {
            watched.owner().shape = () -> bench.graph.nodes().stream()
                    .map(n -> n.name() + n.children()).toList().toString();
        }
    }

    private interface Call {
        Object on(Object target, Method method, Object[] args) throws Throwable;
    }

    private record Watched(PhaseWatch owner, Object target, Call call)
            implements InvocationHandler {
        @Override
        public Object invoke(Object proxy, Method method, Object[] args) throws Throwable {
            try {
                return call.on(target, method, args);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }
    }

    private Object proxy(Object target, Call call) {
        Set<Class<?>> types = new LinkedHashSet<>();
        for (Class<?> c = target.getClass(); c != null; c = c.getSuperclass()) {
            types.addAll(List.of(c.getInterfaces()));
        }
        types.removeIf(t -> !java.lang.reflect.Modifier.isPublic(t.getModifiers()));
        return Proxy.newProxyInstance(PhaseWatch.class.getClassLoader(),
                types.toArray(Class<?>[]::new), new Watched(this, target, call));
    }

    /** A call of the driver, its node, or a prepared reopen. */
    private Object called(Object target, Method method, Object[] args) throws Throwable {
        Object[] given = args == null ? new Object[0] : args.clone();
        for (int i = 0; i < given.length; i++) {
            if (given[i] instanceof OpenRequest request) {
                given[i] = proxy(request, this::asked);
            } else if (given[i] instanceof BlockChild child) {
                given[i] = watched(child);
            }
        }
        boolean io = method.getName().startsWith("await") || REQUESTS.contains(method.getName());
        Object result = io ? inIoPhase(target, method, given) : inGraphPhase(target, method, given);
        return result instanceof DriverNode || result instanceof Reopen
                ? proxy(result, this::called) : result;
    }

    private Object inGraphPhase(Object target, Method method, Object[] args) throws Throwable {
        String before = graphPhase;
        graphPhase = method.getName();
        try {
            return method.invoke(target, args);
        } finally {
            graphPhase = before;
        }
    }

    private Object inIoPhase(Object target, Method method, Object[] args) throws Throwable {
        boolean watches = IO_PHASE.contains(method.getName())
                && AioContext.current().isMain();
        String before = watches ? shape.get() : null;
        Object result = method.invoke(target, args);
        if (watches && !before.equals(shape.get())) {
            faults.add(method.getName() + "() edits the graph in its I/O phase");
        }
        return result;
    }

    /** A question of the driver to its open request. */
    private Object asked(Object target, Method method, Object[] args) throws Throwable {
        Object answer = method.invoke(target, args);
        return answer instanceof BlockChild child ? watched(child) : answer;
    }

    private BlockChild watched(BlockChild child) {
        return children.computeIfAbsent(child, c -> (BlockChild) proxy(c, (target, method, args) -> {
            if (graphPhase != null && REQUESTS.contains(method.getName())) {
                String fault = graphPhase + "() does I/O in the graph phase: "
                        + method.getName() + "() of child '" + c.name() + "'";
                faults.add(fault);
                throw new AssertionError(fault);
            }
            return method.invoke(target, args);
        }));
    }
}
