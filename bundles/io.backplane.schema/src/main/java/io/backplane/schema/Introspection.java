package io.backplane.schema;

import io.backplane.schema.TypeModel.AlternateModel;
import io.backplane.schema.TypeModel.Builtin;
import io.backplane.schema.TypeModel.EnumModel;
import io.backplane.schema.TypeModel.ListModel;
import io.backplane.schema.TypeModel.Member;
import io.backplane.schema.TypeModel.StructModel;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * The answer of query-qmp-schema, generated from the models the parser works with: an array of
 * SchemaInfo objects (QMP specification, introspection). Commands and events come first, with
 * their names; the types they use follow, numbered, as clients must not rely on type names.
 */
public final class Introspection {
    private static final Object NO_MEMBERS = new Object();

    // Immutable
    private final Branches branches;

    // Owner thread
    private final List<Object> infos = new ArrayList<>();
    private final Map<Object, String> names = new HashMap<>();
    private final List<Runnable> pending = new ArrayList<>();
    private int numbered;

    /** An empty schema over the branches there are now. */
    public Introspection(Branches branches) {
        this.branches = branches;
    }

    /**
     * Adds a command.
     *
     * @param arguments the record of its arguments; null: none
     * @param result the type of its result; null: an empty object
     */
    public void command(String name, Class<? extends Record> arguments, TypeRef result,
            boolean allowOob) {
        Map<String, Object> info = info(name, "command");
        info.put("arg-type", arguments == null ? noMembers() : name(TypeModel.of(arguments)));
        info.put("ret-type", result == null ? noMembers() : name(result.model()));
        if (allowOob) {
            info.put("allow-oob", true);
        }
        settle();
    }

    /** Adds an event; {@code data} null: it has none. */
    public void event(String name, Class<? extends Record> data) {
        Map<String, Object> info = info(name, "event");
        info.put("arg-type", data == null ? noMembers() : name(TypeModel.of(data)));
        settle();
    }

    /** The schema so far. */
    public List<Object> infos() {
        return List.copyOf(infos);
    }

    private Map<String, Object> info(String name, String metaType) {
        Map<String, Object> info = new LinkedHashMap<>();
        info.put("name", name);
        info.put("meta-type", metaType);
        infos.add(info);
        return info;
    }

    /** Describes what was named and not yet described; a loop, as types refer to one another. */
    private void settle() {
        for (int i = 0; i < pending.size(); i++) {
            pending.get(i).run();
        }
        pending.clear();
    }

    private String noMembers() {
        return named(NO_MEMBERS, () -> info(names.get(NO_MEMBERS), "object")
                .put("members", List.of()));
    }

    private String named(Object key, Runnable describe) {
        String known = names.get(key);
        if (known != null) {
            return known;
        }
        String name = Integer.toString(numbered++);
        names.put(key, name);
        pending.add(describe);
        return name;
    }

    private String name(TypeModel type) {
        return switch (type) {
            case Builtin builtin -> nameBuiltin(builtin);
            case ListModel list -> nameList(list);
            case EnumModel model -> named(model, () -> enumeration(names.get(model),
                    model.values().keySet()));
            case StructModel model -> named(model, () -> object(model));
            case AlternateModel model -> named(model, () -> alternate(model));
        };
    }

    private String nameBuiltin(Builtin builtin) {
        String name = builtin.schemaName();
        if (names.put(name, name) == null) {
            pending.add(() -> info(name, "builtin").put("json-type", builtin.jsonType()));
        }
        return name;
    }

    private String nameList(ListModel list) {
        String element = name(list.element());
        String name = "[" + element + "]";
        if (names.put(name, name) == null) {
            pending.add(() -> info(name, "array").put("element-type", element));
        }
        return name;
    }

    private void enumeration(String name, Collection<String> words) {
        Map<String, Object> info = info(name, "enum");
        List<Object> members = new ArrayList<>();
        for (String word : words) {
            members.add(Map.of("name", word));
        }
        info.put("members", members);
        info.put("values", List.copyOf(words));
    }

    private void object(StructModel model) {
        Map<String, Object> info = info(names.get(model), "object");
        SortedMap<String, Class<? extends Record>> there =
                model.discriminator() == null ? null : branches.of(model.type());
        List<Object> members = new ArrayList<>();
        for (Member member : model.members()) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("name", member.name());
            entry.put("type", there != null && member.name().equals(model.discriminator())
                    ? named(List.of(model, "tag"), () -> enumeration(
                            names.get(List.of(model, "tag")), there.keySet()))
                    : name(member.type()));
            if (member.optional()) {
                entry.put("default", null);
            }
            members.add(entry);
        }
        info.put("members", members);
        if (there != null) {
            info.put("tag", model.discriminator());
            List<Object> variants = new ArrayList<>();
            there.forEach((word, branch) -> variants.add(variant(word, branch)));
            info.put("variants", variants);
        }
    }

    private Map<String, Object> variant(String word, Class<? extends Record> branch) {
        Map<String, Object> variant = new LinkedHashMap<>();
        variant.put("case", word);
        StructModel model = TypeModel.struct(branch);
        variant.put("type", model.members().isEmpty() ? noMembers() : name(model));
        return variant;
    }

    private void alternate(AlternateModel model) {
        List<Object> members = new ArrayList<>();
        for (TypeModel.Variant variant : model.variants()) {
            members.add(Map.of("type", name(variant.type())));
        }
        info(names.get(model), "alternate").put("members", members);
    }
}
