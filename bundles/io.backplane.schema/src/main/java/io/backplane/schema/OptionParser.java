package io.backplane.schema;

import io.backplane.schema.TypeModel.AlternateModel;
import io.backplane.schema.TypeModel.Builtin;
import io.backplane.schema.TypeModel.EnumModel;
import io.backplane.schema.TypeModel.ListModel;
import io.backplane.schema.TypeModel.Member;
import io.backplane.schema.TypeModel.StructModel;
import io.backplane.schema.TypeModel.Variant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;

/**
 * Makes records from neutral trees: completely checked, or refused with the place. Any thread.
 */
public final class OptionParser {
    private final Branches branches;

    /** @param branches the branches of unions, asked anew for each parse */
    public OptionParser(Branches branches) {
        this.branches = branches;
    }

    /** A record from the tree of JSON text. */
    public <R extends Record> R parse(Class<R> type, Map<String, ?> tree)
            throws OptionException {
        return type.cast(struct(TypeModel.struct(type), tree, "", false));
    }

    /** A record from a tree of {@link Keyval}, whose leaves are strings. */
    public <R extends Record> R parseKeyval(Class<R> type, Map<String, ?> tree)
            throws OptionException {
        return type.cast(struct(TypeModel.struct(type), tree, "", true));
    }

    /**
     * A record from the command line: JSON if it begins with a brace, else key=value.
     *
     * @param impliedKey as in {@link Keyval#parse}
     */
    public <R extends Record> R parseText(Class<R> type, String text, String impliedKey)
            throws OptionException {
        return text.startsWith("{") ? parse(type, Json.parseObject(text))
                : parseKeyval(type, Keyval.parse(text, impliedKey));
    }

    private Record struct(StructModel model, Map<?, ?> tree, String prefix, boolean text)
            throws OptionException {
        Set<String> known = new HashSet<>();
        Record made = members(model, tree, prefix, text, known);
        for (Object key : tree.keySet()) {
            if (!known.contains(key)) {
                throw OptionException.unexpected(prefix + key);
            }
        }
        return made;
    }

    private Record members(StructModel model, Map<?, ?> tree, String prefix, boolean text,
            Set<String> known) throws OptionException {
        RecordAccess access = model.access();
        Object[] values = new Object[access.count()];
        String selected = null;
        List<Member> members = model.members();
        for (int i = 0; i < members.size(); i++) {
            Member member = members.get(i);
            known.add(member.name());
            String path = prefix + member.name();
            if (!tree.containsKey(member.name())) {
                if (!member.optional()) {
                    throw OptionException.missing(path);
                }
                values[i] = access.absent(i);
                continue;
            }
            values[i] = value(member.type(), member.size(), tree.get(member.name()), path, text);
            if (member.name().equals(model.discriminator())) {
                selected = values[i] instanceof Enum<?> constant ? ModelCache.wireName(constant)
                        : (String) values[i];
                branch(model, selected, path);
            }
        }
        if (model.discriminator() != null) {
            Class<? extends Record> branch =
                    branch(model, selected, prefix + model.discriminator());
            values[members.size()] =
                    members(TypeModel.struct(branch), tree, prefix, text, known);
        }
        return access.make(prefix, values);
    }

    private Class<? extends Record> branch(StructModel model, String selected, String path)
            throws OptionException {
        SortedMap<String, Class<? extends Record>> there = branches.of(model.type());
        Class<? extends Record> branch = selected == null ? null : there.get(selected);
        if (branch == null) {
            throw OptionException.notAccepted(path, selected);
        }
        return branch;
    }

    private Object value(TypeModel type, boolean size, Object tree, String path, boolean text)
            throws OptionException {
        return switch (type) {
            case Builtin builtin -> text && tree instanceof String string
                    ? ScalarText.parse(builtin, size, string, path)
                    : scalar(builtin, size, tree, path);
            case EnumModel model -> constant(model, tree, path);
            case ListModel model -> list(model, tree, path, text);
            case StructModel model -> {
                if (!(tree instanceof Map<?, ?> map)) {
                    throw OptionException.wrongType(path, "object");
                }
                yield struct(model, map, path + ".", text);
            }
            case AlternateModel model -> alternate(model, tree, path, text);
        };
    }

    private static Object scalar(Builtin type, boolean size, Object tree, String path)
            throws OptionException {
        switch (type) {
            case STRING -> {
                if (tree instanceof String) {
                    return tree;
                }
            }
            case BOOLEAN -> {
                if (tree instanceof Boolean) {
                    return tree;
                }
            }
            case INT32, INT64 -> {
                if (tree instanceof Number number && !(tree instanceof Double)) {
                    return ScalarText.ranged(type, size, number, path);
                }
            }
            case NUMBER -> {
                if (tree instanceof Number number) {
                    return number.doubleValue();
                }
            }
            case NULL -> {
                if (tree == null) {
                    return null;
                }
            }
            case ANY -> {
                return tree;
            }
        }
        throw OptionException.wrongType(path, type.typeName());
    }

    private static Object constant(EnumModel model, Object tree, String path)
            throws OptionException {
        if (!(tree instanceof String word)) {
            throw OptionException.wrongType(path, "string");
        }
        Object constant = model.values().get(word);
        if (constant == null) {
            throw OptionException.notAccepted(path, word);
        }
        return constant;
    }

    private List<Object> list(ListModel model, Object tree, String path, boolean text)
            throws OptionException {
        if (!(tree instanceof List<?> elements)) {
            throw OptionException.wrongType(path, "array");
        }
        List<Object> values = new ArrayList<>(elements.size());
        for (int i = 0; i < elements.size(); i++) {
            String place = text ? path + "." + i : path + "[" + i + "]";
            values.add(value(model.element(), false, elements.get(i), place, text));
        }
        return List.copyOf(values);
    }

    private Object alternate(AlternateModel model, Object tree, String path, boolean text)
            throws OptionException {
        Variant fallback = null;
        for (Variant variant : model.variants()) {
            TypeModel type = variant.type();
            if (type == Builtin.NULL ? tree == null || "".equals(tree) : accepts(type, tree)) {
                if (type == Builtin.NULL) {
                    return variant.access().make(path);
                }
                fallback = fallback == null ? variant : fallback;
            }
        }
        if (fallback == null && text && tree instanceof String) {
            fallback = model.variants().stream()
                    .filter(v -> v.type() instanceof Builtin b && b != Builtin.NULL).findFirst()
                    .orElse(null);
        }
        if (fallback == null) {
            throw OptionException.wrongType(path, model.typeName());
        }
        return fallback.access().make(path, value(fallback.type(), false, tree, path, text));
    }

    private static boolean accepts(TypeModel type, Object tree) {
        return switch (type) {
            case StructModel _ -> tree instanceof Map<?, ?>;
            case ListModel _ -> tree instanceof List<?>;
            case EnumModel _ -> tree instanceof String;
            case AlternateModel _ -> false;
            case Builtin builtin -> switch (builtin) {
                case STRING -> tree instanceof String;
                case BOOLEAN -> tree instanceof Boolean;
                case INT32, INT64 -> tree instanceof Number && !(tree instanceof Double);
                case NUMBER -> tree instanceof Number;
                case NULL -> tree == null;
                case ANY -> true;
            };
        };
    }
}
