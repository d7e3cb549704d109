package io.backplane.monitor;

import io.backplane.aio.AioContext;
import io.backplane.aio.EventLoops;
import io.backplane.qmp.QmpBranches;
import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpCommands;
import io.backplane.qmp.QmpEventType;
import io.backplane.qmp.QmpEvents;
import io.backplane.qmp.QmpException;
import io.backplane.qmp.StartupHandler;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Hashtable;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.osgi.annotation.bundle.Capability;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.LoggerFactory;

/** Runs the QMP server on the main loop and publishes dispatcher, events and start-up options. */
@Capability(namespace = "osgi.service", attribute = "objectClass:List<String>=\""
        + "io.backplane.qmp.QmpCommands,"
        + "io.backplane.qmp.QmpEvents,"
        + "io.backplane.qmp.StartupHandler\"")
@Component(service = {}, immediate = true)
public final class MonitorComponent {
    private static final long CLOSE_SECONDS = 10;

    private final Dispatcher dispatcher = new Dispatcher();
    private final List<ServiceRegistration<?>> registrations = new ArrayList<>();
    private AioContext main;
    private EventHub events;
    private MonitorServer server;

    @Reference
    EventLoops loops;

    @Activate
    void activate(BundleContext context) {
        main = loops.main();
        events = new EventHub(main, InstantSource.system());
        server = new MonitorServer(main, dispatcher, events);
        // before the dispatcher: whoever gets it executes the command line, which needs them
        register(context, new ChardevHandler());
        register(context, new MonitorHandler());
        registrations.add(context.registerService(QmpEvents.class, events, null));
        registrations.add(context.registerService(QmpCommands.class, dispatcher, null));
    }

    private void register(BundleContext context, StartupHandler handler) {
        Hashtable<String, Object> properties = new Hashtable<>();
        properties.put("backplane.startup", handler.option());
        registrations.add(context.registerService(StartupHandler.class, handler, properties));
    }

    private final class ChardevHandler implements StartupHandler {
        @Override
        public String option() {
            return "chardev";
        }

        @Override
        public void awaitExecute(String value) throws QmpException {
            server.awaitChardev(value);
        }
    }

    private final class MonitorHandler implements StartupHandler {
        @Override
        public String option() {
            return "monitor";
        }

        @Override
        public void awaitExecute(String value) throws QmpException {
            server.addMonitor(value);
        }
    }

    @Deactivate
    void deactivate() throws InterruptedException {
        dispatcher.refuse("the monitor is shutting down");
        registrations.reversed().forEach(ServiceRegistration::unregister);
        CountDownLatch closed = new CountDownLatch(1);
        main.schedule(() -> {
            events.close();
            server.close();
            closed.countDown();
        });
        if (main.isCurrent()) {
            return; // whoever stops bundles from main lets the loop run on
        }
        if (!closed.await(CLOSE_SECONDS, TimeUnit.SECONDS)) {
            LoggerFactory.getLogger(MonitorComponent.class).error("the main loop does not answer");
        }
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindCommand(QmpCommand command) {
        dispatcher.add(command);
    }

    void unbindCommand(QmpCommand command) {
        dispatcher.remove(command);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindBranches(QmpBranches branches) {
        dispatcher.add(branches);
    }

    void unbindBranches(QmpBranches branches) {
        dispatcher.remove(branches);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindEventType(QmpEventType type) {
        dispatcher.add(type);
    }

    void unbindEventType(QmpEventType type) {
        dispatcher.remove(type);
    }
}
