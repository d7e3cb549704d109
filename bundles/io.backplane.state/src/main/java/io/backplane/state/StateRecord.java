package io.backplane.state;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a part hands to its successor: a type, a version and named fields in order. Immutable, any
 * thread. A reader calls {@link #requireType} first, then takes what it knows; the forms with a
 * fallback are for fields that older versions do not have.
 */
public final class StateRecord {
    /** Longest encoded record in bytes. */
    public static final int MAX_BYTES = 64 << 20;
    /** How deep records nest at most. */
    public static final int MAX_DEPTH = 16;
    /** Longest type or field name in bytes of UTF-8. */
    public static final int MAX_NAME_BYTES = 255;
    /** Most fields of one record. */
    public static final int MAX_FIELDS = 65535;

    // Immutable
    private final String type;
    private final int version;
    private final Map<String, Object> fields;

    private StateRecord(String type, int version, Map<String, Object> fields) {
        this.type = type;
        this.version = version;
        this.fields = fields;
    }

    /**
     * Begins a record.
     *
     * @param type whose state it is, such as {@code virtio-blk}
     * @param version of the fields, from 0; grows with every change that old readers don't grasp
     */
    public static Builder builder(String type, int version) {
        return new Builder(type, version);
    }

    /** A record without fields. */
    public static StateRecord empty(String type) {
        return builder(type, 0).build();
    }

    /** Whose state it is. */
    public String type() {
        return type;
    }

    /** Version of the fields, not negative. */
    public int version() {
        return version;
    }

    /** Names and values in order: Long, Boolean, String, byte[], StateRecord, List of StateRecord. */
    Map<String, Object> fields() {
        return fields;
    }

    /** Names of the fields, in order. */
    public List<String> names() {
        return List.copyOf(fields.keySet());
    }

    /** Whether there is a field called {@code name}. */
    public boolean has(String name) {
        return fields.containsKey(name);
    }

    /**
     * Makes sure that the caller can read this record.
     *
     * @param wanted the type that is read
     * @param newest the newest version that is known
     * @return this
     * @throws StateException for another type or a newer version
     */
    public StateRecord requireType(String wanted, int newest) throws StateException {
        if (!type.equals(wanted)) {
            throw new StateException("state is of type '" + type + "', expected '" + wanted + "'");
        }
        if (version > newest) {
            throw new StateException("state of '" + type + "' has version " + version
                    + ", the newest known is " + newest);
        }
        return this;
    }

    /** The number called {@code name}. */
    public long number(String name) throws StateException {
        return value(name, Long.class, "number");
    }

    /** The number called {@code name}, which must lie from {@code least} to {@code most}. */
    public long number(String name, long least, long most) throws StateException {
        long value = number(name);
        if (value < least || value > most) {
            throw new StateException("field '" + name + "' of '" + type + "' is " + value
                    + ", expected " + least + " to " + most);
        }
        return value;
    }

    /** The number called {@code name}, or {@code fallback} if there is no such field. */
    public long numberOr(String name, long fallback) throws StateException {
        return has(name) ? number(name) : fallback;
    }

    /** The flag called {@code name}. */
    public boolean flag(String name) throws StateException {
        return value(name, Boolean.class, "flag");
    }

    /** The flag called {@code name}, or {@code fallback} if there is no such field. */
    public boolean flagOr(String name, boolean fallback) throws StateException {
        return has(name) ? flag(name) : fallback;
    }

    /** The text called {@code name}. */
    public String text(String name) throws StateException {
        return value(name, String.class, "text");
    }

    /** The text called {@code name}, or {@code fallback} if there is no such field. */
    public String textOr(String name, String fallback) throws StateException {
        return has(name) ? text(name) : fallback;
    }

    /** A copy of the bytes called {@code name}. */
    public byte[] bytes(String name) throws StateException {
        return value(name, byte[].class, "byte string").clone();
    }

    /** The record called {@code name}. */
    public StateRecord record(String name) throws StateException {
        return value(name, StateRecord.class, "record");
    }

    /** The records called {@code name}; unmodifiable. */
    @SuppressWarnings("unchecked")
    public List<StateRecord> records(String name) throws StateException {
        return (List<StateRecord>) value(name, List.class, "list");
    }

    private <T> T value(String name, Class<T> kind, String what) throws StateException {
        Object value = fields.get(name);
        if (value == null) {
            throw new StateException("state of '" + type + "' has no field '" + name + "'");
        }
        if (!kind.isInstance(value)) {
            throw new StateException("field '" + name + "' of '" + type + "' is not a " + what);
        }
        return kind.cast(value);
    }

    /** The record as bytes that describe themselves; see {@link StateFormat}. */
    public byte[] encode() {
        return StateFormat.encode(this);
    }

    /**
     * Decodes what {@link #encode} made.
     *
     * @throws StateException naming the place of what is wrong
     */
    public static StateRecord decode(byte[] encoded) throws StateException {
        return StateFormat.decode(encoded);
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof StateRecord that) || version != that.version
                || !type.equals(that.type) || !names().equals(that.names())) {
            return false;
        }
        return fields.entrySet().stream().allMatch(
                field -> same(field.getValue(), that.fields.get(field.getKey())));
    }

    private static boolean same(Object one, Object other) {
        return one instanceof byte[] bytes
                ? other instanceof byte[] others && Arrays.equals(bytes, others)
                : one.equals(other);
    }

    @Override
    public int hashCode() {
        return 31 * type.hashCode() + version + names().hashCode();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(type).append(" v").append(version).append(" {");
        String separator = "";
        for (Map.Entry<String, Object> field : fields.entrySet()) {
            text.append(separator).append(field.getKey()).append('=');
            if (field.getValue() instanceof byte[] bytes) {
                text.append(bytes.length).append(" bytes");
            } else {
                text.append(field.getValue());
            }
            separator = ", ";
        }
        return text.append('}').toString();
    }

    /** Collects the fields of a record. One thread. */
    public static final class Builder {
        private final String type;
        private final int version;
        private final Map<String, Object> fields = new LinkedHashMap<>();

        private Builder(String type, int version) {
            if (version < 0) {
                throw new IllegalArgumentException("version " + version);
            }
            this.type = StateFormat.checkName(type);
            this.version = version;
        }

        /** Adds a number. */
        public Builder number(String name, long value) {
            return add(name, value);
        }

        /** Adds a flag. */
        public Builder flag(String name, boolean value) {
            return add(name, value);
        }

        /** Adds a text. */
        public Builder text(String name, String value) {
            return add(name, value);
        }

        /** Adds a copy of bytes. */
        public Builder bytes(String name, byte[] value) {
            return add(name, value.clone());
        }

        /** Adds a record. */
        public Builder record(String name, StateRecord value) {
            return add(name, value);
        }

        /** Adds a list of records. */
        public Builder records(String name, List<StateRecord> value) {
            return add(name, List.copyOf(value));
        }

        Builder add(String name, Object value) {
            if (value == null) {
                throw new IllegalArgumentException("field '" + name + "' is null");
            }
            if (fields.size() == MAX_FIELDS) {
                throw new IllegalArgumentException("more than " + MAX_FIELDS + " fields");
            }
            if (fields.putIfAbsent(StateFormat.checkName(name), value) != null) {
                throw new IllegalArgumentException("field '" + name + "' twice");
            }
            return this;
        }

        /** The record; the builder may go on. */
        public StateRecord build() {
            return new StateRecord(type, version,
                    Collections.unmodifiableMap(new LinkedHashMap<>(fields)));
        }
    }
}
