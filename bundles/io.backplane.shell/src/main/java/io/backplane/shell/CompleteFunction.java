package io.backplane.shell;

import io.backplane.shell.Completion.Candidate;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Function;

/**
 * {@code complete LINE}: how a line may go on. Consoles call it; its result is an object of the
 * {@code word} that is replaced and its {@code candidates}.
 */
final class CompleteFunction implements Function {
    private final QmpGateway gateway;
    private final Supplier<Collection<String>> bundles;

    /** @param bundles symbolic names of the bundles there are */
    CompleteFunction(QmpGateway gateway, Supplier<Collection<String>> bundles) {
        this.gateway = gateway;
        this.bundles = bundles;
    }

    @Override
    public Object execute(CommandSession session, List<Object> arguments) {
        String line = arguments.stream().map(String::valueOf).collect(Collectors.joining(" "));
        List<String> all = session.get(".commands") instanceof Collection<?> commands
                ? commands.stream().map(Object::toString).toList() : List.of();
        List<String> words = Completion.words(line);
        Completion completion = new Completion(gateway.commands(), gateway.branches(), all,
                new LiveNames(gateway, bundles, session.currentDir()));
        return Map.of("word", words.getLast(), "candidates", completion.of(words).stream()
                .map(CompleteFunction::tree).toList());
    }

    private static Map<String, Object> tree(Candidate candidate) {
        return Map.of("value", candidate.value(), "help", candidate.help(), "open",
                candidate.open());
    }
}
