package io.backplane.schema;

import io.backplane.schema.TypeModel.Member;
import io.backplane.schema.TypeModel.StructModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Records made neutral trees: the reverse of {@link OptionParser}. Any thread. */
public final class RecordTree {
    private RecordTree() {
    }

    /** The tree of a record; members that are null are left out. */
    public static Map<String, Object> of(Record value) {
        Map<String, Object> tree = new LinkedHashMap<>();
        add(value, tree);
        return tree;
    }

    /** The tree of any value that {@link TypeModel} knows. */
    public static Object ofValue(Object value) {
        return switch (value) {
            case null -> null;
            case Record record -> TypeModel.of(alternateOf(record)) instanceof StructModel
                    ? of(record) : unwrap(record);
            case Enum<?> constant -> ModelCache.wireName(constant);
            case List<?> list -> {
                List<Object> elements = new ArrayList<>(list.size());
                for (Object element : list) {
                    elements.add(ofValue(element));
                }
                yield elements;
            }
            case Map<?, ?> map -> {
                Map<String, Object> members = new LinkedHashMap<>();
                map.forEach((key, inner) -> members.put((String) key, ofValue(inner)));
                yield members;
            }
            case Integer number -> number.longValue();
            default -> value;
        };
    }

    private static void add(Record value, Map<String, Object> tree) {
        StructModel model = TypeModel.struct(value.getClass());
        RecordAccess access = model.access();
        List<Member> members = model.members();
        for (int i = 0; i < members.size(); i++) {
            Object member = access.read(value, i);
            if (member != null) {
                tree.put(members.get(i).name(), ofValue(member));
            } else {
                assert members.get(i).optional()
                        : value.getClass().getName() + " lacks " + members.get(i).name();
            }
        }
        if (model.discriminator() != null) {
            add((Record) access.read(value, members.size()), tree);
        }
    }

    /** The alternate a record is a variant of, or the record's own class. */
    private static Class<?> alternateOf(Record value) {
        for (Class<?> parent : value.getClass().getInterfaces()) {
            if (parent.isAnnotationPresent(Alternate.class)) {
                return parent;
            }
        }
        return value.getClass();
    }

    private static Object unwrap(Record variant) {
        RecordAccess access = TypeModel.struct(variant.getClass()).access();
        return access.count() == 0 ? null : ofValue(access.read(variant, 0));
    }
}
