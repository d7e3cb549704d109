package io.backplane.shell;

import io.backplane.schema.Branches;
import io.backplane.schema.TypeModel;
import io.backplane.schema.TypeModel.AlternateModel;
import io.backplane.schema.TypeModel.EnumModel;
import io.backplane.schema.TypeModel.ListModel;
import io.backplane.schema.TypeModel.Member;
import io.backplane.schema.TypeModel.StructModel;
import io.backplane.schema.TypeModel.Variant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The members a command's arguments may have, given those that are there already: what the branch
 * of a union adds depends on the discriminator.
 *
 * @param type the arguments' record
 * @param branches the branches of unions there are now
 */
record Members(Class<? extends Record> type, Branches branches) {
    /** Where the order of positional words is not that of the required members. */
    private static final Map<String, List<String>> POSITIONS = Map.of(
            "block_resize", List.of("node-name", "size"),
            "block-resize", List.of("node-name", "size"));

    /** The members at the top. */
    List<Member> all(Map<String, ?> tree) {
        return of(TypeModel.struct(type), tree);
    }

    /** The members of {@code model}, with those of the branch that {@code tree} selects. */
    private List<Member> of(StructModel model, Map<?, ?> tree) {
        List<Member> members = new ArrayList<>(model.members());
        if (model.discriminator() != null
                && tree.get(model.discriminator()) instanceof String selected) {
            Class<? extends Record> branch = branches.of(model.type()).get(selected);
            if (branch != null) {
                members.addAll(of(TypeModel.struct(branch), tree));
            }
        }
        return members;
    }

    /** The words a member may be, of those known from its type; else empty. */
    List<String> words(Member member, String path, Map<String, ?> tree) {
        StructModel owner = owner(path, tree);
        if (owner != null && member.name().equals(owner.discriminator())) {
            return List.copyOf(branches.of(owner.type()).keySet());
        }
        TypeModel type = member.type() instanceof ListModel list ? list.element() : member.type();
        return switch (type) {
            case TypeModel.Builtin.BOOLEAN -> List.of("on", "off");
            case EnumModel words -> List.copyOf(words.values().keySet());
            default -> List.of();
        };
    }

    /** The member at a dotted path, or null. */
    Member find(String path, Map<String, ?> tree) {
        int dot = path.lastIndexOf('.');
        String name = path.substring(dot + 1);
        for (Member member : below(dot < 0 ? "" : path.substring(0, dot), tree)) {
            if (member.name().equals(name)) {
                return member;
            }
        }
        return null;
    }

    /** The type at a dotted path; null if there is none. */
    TypeModel type(String path, Map<String, ?> tree) {
        Member member = find(path, tree);
        return member == null ? null : member.type();
    }

    /** The members of what stands at a dotted path; of the top if it is empty. */
    List<Member> below(String path, Map<String, ?> tree) {
        StructModel model = path.isEmpty() ? TypeModel.struct(type) : structAt(path, tree);
        return model == null ? List.of() : of(model, treeAt(path, tree));
    }

    private StructModel owner(String path, Map<String, ?> tree) {
        int dot = path.lastIndexOf('.');
        return dot < 0 ? TypeModel.struct(type) : structAt(path.substring(0, dot), tree);
    }

    private StructModel structAt(String path, Map<String, ?> tree) {
        StructModel model = TypeModel.struct(type);
        Map<?, ?> at = tree;
        for (String part : path.split("\\.")) {
            Member found = null;
            for (Member member : model == null ? List.<Member>of() : of(model, at)) {
                found = member.name().equals(part) ? member : found;
            }
            model = found == null ? null : struct(found.type());
            at = at.get(part) instanceof Map<?, ?> inner ? inner : Map.of();
        }
        return model;
    }

    private static StructModel struct(TypeModel type) {
        if (type instanceof AlternateModel alternate) {
            for (Variant variant : alternate.variants()) {
                if (variant.type() instanceof StructModel model) {
                    return model;
                }
            }
        }
        return type instanceof StructModel model ? model : null;
    }

    private static Map<?, ?> treeAt(String path, Map<String, ?> tree) {
        Map<?, ?> at = tree;
        for (String part : path.isEmpty() ? new String[0] : path.split("\\.")) {
            at = at.get(part) instanceof Map<?, ?> inner ? inner : Map.of();
        }
        return at;
    }

    /** The member that a word without a key is for, or null. */
    String nextPositional(String command, Map<String, ?> tree, Set<String> taken) {
        List<String> order = POSITIONS.get(command);
        if (order != null) {
            return order.stream().filter(name -> !taken.contains(name)).findFirst().orElse(null);
        }
        for (Member member : all(tree)) {
            if (!member.optional() && !taken.contains(member.name()) && isWord(member.type())) {
                return member.name();
            }
        }
        return null;
    }

    private static boolean isWord(TypeModel type) {
        return switch (type) {
            case StructModel _ -> false;
            case ListModel list -> isWord(list.element());
            case AlternateModel alternate ->
                    alternate.variants().stream().anyMatch(v -> isWord(v.type()));
            case EnumModel _ -> true;
            case TypeModel.Builtin _ -> true;
        };
    }
}
