package io.backplane.shell;

import io.backplane.shell.Completion.Candidate;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Function;

/**
 * {@code complete LINE}: how a line may go on. Consoles call it; its result is an object of the
 * {@code word} that is replaced and its {@code candidates}.
 */
final class CompleteFunction implements Function {
    private final QmpGateway gateway;
    private final Names names;

    CompleteFunction(QmpGateway gateway, Names names) {
        this.gateway = gateway;
        this.names = names;
    }

    @Override
    public Object execute(CommandSession session, List<Object> arguments) {
        String line = arguments.stream().map(String::valueOf).collect(Collectors.joining(" "));
        List<String> all = session.get(".commands") instanceof Collection<?> commands
                ? commands.stream().map(Object::toString).toList() : List.of();
        List<String> words = Completion.words(line);
        Completion completion =
                new Completion(gateway.commands(), gateway.branches(), all, names);
        return Map.of("word", words.getLast(), "candidates", completion.of(words).stream()
                .map(CompleteFunction::tree).toList());
    }

    private static Map<String, Object> tree(Candidate candidate) {
        return Map.of("value", candidate.value(), "help", candidate.help(), "open",
                candidate.open());
    }
}
