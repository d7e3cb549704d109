package io.backplane.shell;

import io.backplane.boot.BundleChanges;
import java.util.List;
import java.util.function.Function;
import org.apache.felix.gogo.runtime.CommandProcessorImpl;
import org.apache.felix.gogo.runtime.Reflective;
import org.apache.felix.service.command.CommandSession;

/**
 * The commands of Gogo that change bundles, as before, but each waits its turn with all others who
 * change bundles: deployments, upgrades, other sessions. They stand in front of Gogo's own, which
 * help still shows.
 */
final class BundleCommands implements AutoCloseable {
    private static final String SCOPE = "felix";
    private static final String STOP = "stop";
    private static final List<String> NAMES = List.of("install", "refresh", "resolve", "start",
            STOP, "uninstall", "update");
    private static final int BEFORE_GOGOS = 1;

    /** One of them. */
    private record InTurn(String name, BundleChanges changes, Function<String, Object> gogos)
            implements org.apache.felix.service.command.Function {
        @Override
        public Object execute(CommandSession session, List<Object> arguments) throws Exception {
            Object target = gogos.apply(name);
            if (target == null) {
                throw new IllegalStateException("the command " + SCOPE + ":" + name + " is gone");
            }
            return changes.make(name.equals(STOP),
                    () -> Reflective.invoke(session, target, name, arguments));
        }
    }

    private final CommandProcessorImpl gogo;
    private final List<InTurn> all;

    /**
     * Puts them in front.
     *
     * @param changes who lets one change happen at a time
     * @param gogos finds the object that has Gogo's command of a name; null: it is gone
     */
    BundleCommands(CommandProcessorImpl gogo, BundleChanges changes,
            Function<String, Object> gogos) {
        this.gogo = gogo;
        all = NAMES.stream().map(name -> new InTurn(name, changes, gogos)).toList();
        all.forEach(each -> gogo.addCommand(SCOPE, each, each.name(), BEFORE_GOGOS));
    }

    @Override
    public void close() {
        all.forEach(each -> gogo.removeCommand(SCOPE, each.name(), each));
    }
}
