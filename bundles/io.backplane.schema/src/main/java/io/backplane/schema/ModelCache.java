package io.backplane.schema;

import java.lang.reflect.Field;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;

/** Models of records, enums and alternates, kept with their classes. */
final class ModelCache {
    private static final ClassValue<TypeModel> MODELS = new ClassValue<>() {
        @Override
        protected TypeModel computeValue(Class<?> type) {
            return make(type);
        }
    };

    private ModelCache() {
    }

    static TypeModel of(Class<?> type) {
        return MODELS.get(type);
    }

    private static TypeModel make(Class<?> type) {
        if (type.isEnum()) {
            return makeEnum(type);
        }
        if (type.isRecord()) {
            return makeStruct(type.asSubclass(Record.class));
        }
        if (type.isAnnotationPresent(Alternate.class)) {
            return makeAlternate(type);
        }
        throw new IllegalArgumentException(type.getName() + " lacks @Alternate");
    }

    private static TypeModel makeEnum(Class<?> type) {
        LinkedHashMap<String, Object> values = new LinkedHashMap<>();
        for (Object constant : type.getEnumConstants()) {
            values.put(wireName((Enum<?>) constant), constant);
        }
        return new TypeModel.EnumModel(typeName(type), values);
    }

    private static TypeModel makeStruct(Class<? extends Record> type) {
        Union union = type.getAnnotation(Union.class);
        RecordComponent[] components = type.getRecordComponents();
        int count = union == null ? components.length : components.length - 1;
        List<TypeModel.Member> members = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            RecordComponent component = components[i];
            Option option = component.getAnnotation(Option.class);
            String name = option == null || option.name().isEmpty()
                    ? kebab(component.getName()) : option.name();
            members.add(new TypeModel.Member(name, component.getGenericType(),
                    option != null && option.optional(), option != null && option.size(),
                    option == null ? "" : option.value()));
        }
        return new TypeModel.StructModel(typeName(type), new RecordAccess(type), members,
                union == null ? null : union.discriminator());
    }

    private static TypeModel makeAlternate(Class<?> type) {
        List<TypeModel.Variant> variants = new ArrayList<>();
        for (Class<?> permitted : type.getPermittedSubclasses()) {
            RecordComponent[] components = permitted.getRecordComponents();
            variants.add(new TypeModel.Variant(
                    new RecordAccess(permitted.asSubclass(Record.class)),
                    components.length == 0 ? null : components[0].getGenericType()));
        }
        return new TypeModel.AlternateModel(typeName(type), variants);
    }

    static String wireName(Enum<?> constant) {
        try {
            Field field = constant.getDeclaringClass().getField(constant.name());
            Name name = field.getAnnotation(Name.class);
            return name != null ? name.value()
                    : constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
        } catch (NoSuchFieldException e) {
            throw new AssertionError(e);
        }
    }

    private static String typeName(Class<?> type) {
        Name name = type.getAnnotation(Name.class);
        return name == null ? type.getSimpleName() : name.value();
    }

    private static String kebab(String camel) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < camel.length(); i++) {
            char c = camel.charAt(i);
            if (Character.isUpperCase(c)) {
                out.append('-').append(Character.toLowerCase(c));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }
}
