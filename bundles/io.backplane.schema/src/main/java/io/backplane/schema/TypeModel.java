package io.backplane.schema;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.math.BigInteger;
import java.util.List;

/**
 * What a Java type is on the wire: the one source of parser, output, introspection and help.
 * Made once per class and kept with the class, so that it goes when the class's bundle goes. Any
 * thread.
 */
public sealed interface TypeModel {

    /** The name that error messages use. */
    String typeName();

    /** The model of a type that options, arguments and results may have. */
    static TypeModel of(Type type) {
        return switch (type) {
            case Class<?> raw -> ofClass(raw);
            case ParameterizedType p when p.getRawType() == List.class ->
                    new ListModel(of(p.getActualTypeArguments()[0]));
            case ParameterizedType p when p.getRawType() instanceof Class<?> raw -> ofClass(raw);
            case WildcardType w -> of(w.getUpperBounds()[0]);
            default -> throw new IllegalArgumentException("no wire type: " + type);
        };
    }

    /** The model of a record. */
    static StructModel struct(Class<? extends Record> type) {
        return (StructModel) ofClass(type);
    }

    private static TypeModel ofClass(Class<?> type) {
        if (type.isRecord() || type.isEnum() || type.isSealed()) {
            return ModelCache.of(type);
        }
        if (type == String.class) {
            return Builtin.STRING;
        }
        if (type == boolean.class || type == Boolean.class) {
            return Builtin.BOOLEAN;
        }
        if (type == int.class || type == Integer.class) {
            return Builtin.INT32;
        }
        if (type == long.class || type == Long.class) {
            return Builtin.INT64;
        }
        if (type == double.class || type == Double.class || type == BigInteger.class) {
            return Builtin.NUMBER;
        }
        return Builtin.ANY;
    }

    /** Types without parts. */
    enum Builtin implements TypeModel {
        /** Text. */
        STRING("string", "str", "string"),
        /** A whole number of 32 bits. */
        INT32("integer", "int", "int"),
        /** A whole number of 64 bits. */
        INT64("integer", "int", "int"),
        /** Any number. */
        NUMBER("number", "number", "number"),
        /** True or false. */
        BOOLEAN("boolean", "bool", "boolean"),
        /** The null. */
        NULL("null", "null", "null"),
        /** Any tree. */
        ANY("any", "any", "value");

        private final String name;
        private final String schemaName;
        private final String jsonType;

        Builtin(String name, String schemaName, String jsonType) {
            this.name = name;
            this.schemaName = schemaName;
            this.jsonType = jsonType;
        }

        @Override
        public String typeName() {
            return name;
        }

        /** Its name in query-qmp-schema. */
        public String schemaName() {
            return schemaName;
        }

        /** Its JSON type in query-qmp-schema. */
        public String jsonType() {
            return jsonType;
        }
    }

    /**
     * A list.
     *
     * @param element what it is of
     */
    record ListModel(TypeModel element) implements TypeModel {
        @Override
        public String typeName() {
            return "array";
        }
    }

    /** A fixed set of words. */
    final class EnumModel implements TypeModel {
        private final String name;
        private final java.util.SequencedMap<String, Object> values;

        EnumModel(String name, java.util.SequencedMap<String, Object> values) {
            this.name = name;
            this.values = java.util.Collections.unmodifiableSequencedMap(values);
        }

        @Override
        public String typeName() {
            return name;
        }

        /** The constants by wire name, in order of declaration. */
        public java.util.SequencedMap<String, Object> values() {
            return values;
        }
    }

    /** One of several types, told apart by their JSON type. */
    final class AlternateModel implements TypeModel {
        private final String name;
        private final List<Variant> variants;

        AlternateModel(String name, List<Variant> variants) {
            this.name = name;
            this.variants = List.copyOf(variants);
        }

        @Override
        public String typeName() {
            return name;
        }

        /** The variants, in order of declaration. */
        public List<Variant> variants() {
            return variants;
        }
    }

    /** One type an alternate may have. */
    final class Variant {
        private final RecordAccess access;
        private final Type type;

        Variant(RecordAccess access, Type type) {
            this.access = access;
            this.type = type;
        }

        /** Its type; {@link Builtin#NULL} for a record without components. */
        public TypeModel type() {
            return type == null ? Builtin.NULL : of(type);
        }

        RecordAccess access() {
            return access;
        }
    }

    /** One member of a record. */
    final class Member {
        private final String name;
        private final Type type;
        private final boolean optional;
        private final boolean size;
        private final String help;

        Member(String name, Type type, boolean optional, boolean size, String help) {
            this.name = name;
            this.type = type;
            this.optional = optional;
            this.size = size;
            this.help = help;
        }

        /** Its wire name. */
        public String name() {
            return name;
        }

        /** Its type. */
        public TypeModel type() {
            return of(type);
        }

        /** Whether it may be missing. */
        public boolean optional() {
            return optional;
        }

        /** Whether it is a size in bytes, never negative. */
        public boolean size() {
            return size;
        }

        /** One sentence for people; may be empty. */
        public String help() {
            return help;
        }
    }

    /** A record: members, and for a union the discriminator of its branches. */
    final class StructModel implements TypeModel {
        private final String name;
        private final RecordAccess access;
        private final List<Member> members;
        private final String discriminator;

        StructModel(String name, RecordAccess access, List<Member> members,
                String discriminator) {
            this.name = name;
            this.access = access;
            this.members = List.copyOf(members);
            this.discriminator = discriminator;
        }

        @Override
        public String typeName() {
            return name;
        }

        /** The record's class. */
        public Class<? extends Record> type() {
            return access.type();
        }

        /** The members in order; of a union, those of its base. */
        public List<Member> members() {
            return members;
        }

        /** The member that selects the branch; null: no union. */
        public String discriminator() {
            return discriminator;
        }

        RecordAccess access() {
            return access;
        }
    }
}
