package io.backplane.state;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * The bytes of a {@link StateRecord}; big-endian.
 *
 * <pre>
 * envelope
 * offset size  name      component
 *      0    4  magic     "BPSR"
 *      4    4  bytes     length of the record
 *      8    n  record    the record
 *    8+n    4  crc       CRC-32C of what stands before
 *
 * record
 *      0    1  length    of the type, in bytes
 *      1    n  type      type, UTF-8
 *    1+n    4  version   version
 *    5+n    2  count     number of fields
 *    7+n       fields    fields
 *
 * field
 *      0    1  kind      1 number, 2 flag, 3 text, 4 bytes, 5 record, 6 list
 *      1    1  length    of the name, in bytes
 *      2    n  name      name, UTF-8
 *    2+n       value     number: 8; flag: 1, 0 or 1; text, bytes, record: a length of 4, and as
 *                        much; list: a count of 4, then each record with a length of 4
 * </pre>
 */
final class StateFormat {
    private static final int MAGIC = 0x42505352;
    private static final int ENVELOPE_BYTES = 12;
    /** A record takes at least these with its length before it. */
    private static final int LEAST_ELEMENT_BYTES = 4 + 8;
    private static final int NUMBER = 1;
    private static final int FLAG = 2;
    private static final int TEXT = 3;
    private static final int BYTES = 4;
    private static final int RECORD = 5;
    private static final int LIST = 6;

    private StateFormat() {
    }

    static String checkName(String name) {
        int bytes = name.getBytes(StandardCharsets.UTF_8).length;
        if (bytes == 0 || bytes > StateRecord.MAX_NAME_BYTES) {
            throw new IllegalArgumentException("name '" + name + "' has " + bytes + " bytes");
        }
        return name;
    }

    static byte[] encode(StateRecord state) {
        byte[] record = record(state, 1);
        if (record.length > StateRecord.MAX_BYTES - ENVELOPE_BYTES) {
            throw new IllegalArgumentException(
                    "state of '" + state.type() + "' has " + record.length + " bytes");
        }
        ByteBuffer out = ByteBuffer.allocate(record.length + ENVELOPE_BYTES);
        out.putInt(MAGIC).putInt(record.length).put(record);
        return out.putInt(crc(out.array(), out.position())).array();
    }

    private static int crc(byte[] encoded, int bytes) {
        CRC32C crc = new CRC32C();
        crc.update(encoded, 0, bytes);
        return (int) crc.getValue();
    }

    private static byte[] record(StateRecord state, int depth) {
        if (depth > StateRecord.MAX_DEPTH) {
            throw new IllegalArgumentException("records nest deeper than " + StateRecord.MAX_DEPTH);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            name(out, state.type());
            out.writeInt(state.version());
            out.writeShort(state.fields().size());
            for (Map.Entry<String, Object> field : state.fields().entrySet()) {
                field(out, field.getKey(), field.getValue(), depth);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void name(DataOutputStream out, String name) throws IOException {
        byte[] raw = name.getBytes(StandardCharsets.UTF_8);
        out.writeByte(raw.length);
        out.write(raw);
    }

    private static void field(DataOutputStream out, String name, Object value, int depth)
            throws IOException {
        switch (value) {
            case Long number -> {
                start(out, NUMBER, name);
                out.writeLong(number);
            }
            case Boolean flag -> {
                start(out, FLAG, name);
                out.writeBoolean(flag);
            }
            case String text -> {
                start(out, TEXT, name);
                block(out, text.getBytes(StandardCharsets.UTF_8));
            }
            case byte[] bytes -> {
                start(out, BYTES, name);
                block(out, bytes);
            }
            case StateRecord record -> {
                start(out, RECORD, name);
                block(out, record(record, depth + 1));
            }
            case List<?> list -> {
                start(out, LIST, name);
                out.writeInt(list.size());
                for (Object element : list) {
                    block(out, record((StateRecord) element, depth + 1));
                }
            }
            default -> throw new AssertionError(value.getClass());
        }
    }

    private static void start(DataOutputStream out, int kind, String name) throws IOException {
        out.writeByte(kind);
        name(out, name);
    }

    private static void block(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    static StateRecord decode(byte[] encoded) throws StateException {
        if (encoded.length < ENVELOPE_BYTES || encoded.length > StateRecord.MAX_BYTES) {
            throw new StateException("state record of " + encoded.length + " bytes");
        }
        ByteBuffer in = ByteBuffer.wrap(encoded);
        int magic = in.getInt();
        if (magic != MAGIC) {
            throw new StateException("not a state record: magic 0x" + Integer.toHexString(magic));
        }
        int bytes = in.getInt();
        if (bytes != encoded.length - ENVELOPE_BYTES) {
            throw new StateException("state record says " + Integer.toUnsignedString(bytes)
                    + " bytes, there are " + (encoded.length - ENVELOPE_BYTES));
        }
        if (in.getInt(8 + bytes) != crc(encoded, 8 + bytes)) {
            throw new StateException("state record is damaged: its CRC is wrong");
        }
        in.limit(8 + bytes);
        return decodeRecord(in, 1);
    }

    /** Decodes the record that fills {@code in}. */
    static StateRecord decodeRecord(ByteBuffer in, int depth) throws StateException {
        if (depth > StateRecord.MAX_DEPTH) {
            throw new StateException("records nest deeper than " + StateRecord.MAX_DEPTH);
        }
        String type = name(in);
        int version = take(in, 4).getInt();
        if (version < 0) {
            throw new StateException("state of '" + type + "' has version " + version);
        }
        StateRecord.Builder state = StateRecord.builder(type, version);
        int count = Short.toUnsignedInt(take(in, 2).getShort());
        for (int i = 0; i < count; i++) {
            int kind = take(in, 1).get();
            String name = name(in);
            try {
                state.add(name, value(in, kind, name, depth));
            } catch (IllegalArgumentException e) {
                throw new StateException("state of '" + type + "': " + e.getMessage());
            }
        }
        if (in.hasRemaining()) {
            throw new StateException(in.remaining() + " bytes follow state of '" + type + "'");
        }
        return state.build();
    }

    private static Object value(ByteBuffer in, int kind, String name, int depth)
            throws StateException {
        return switch (kind) {
            case NUMBER -> take(in, 8).getLong();
            case FLAG -> flag(take(in, 1).get(), name);
            case TEXT -> text(block(in), name);
            case BYTES -> {
                byte[] bytes = new byte[block(in).remaining()];
                in.get(in.position() - bytes.length, bytes);
                yield bytes;
            }
            case RECORD -> decodeRecord(block(in), depth + 1);
            case LIST -> list(in, name, depth);
            default -> throw new StateException("field '" + name + "' has unknown kind " + kind);
        };
    }

    private static Boolean flag(byte raw, String name) throws StateException {
        if (raw != 0 && raw != 1) {
            throw new StateException("flag '" + name + "' is " + raw);
        }
        return raw == 1;
    }

    private static List<StateRecord> list(ByteBuffer in, String name, int depth)
            throws StateException {
        int count = take(in, 4).getInt();
        if (count < 0 || count > in.remaining() / LEAST_ELEMENT_BYTES) {
            throw new StateException("list '" + name + "' says " + Integer.toUnsignedString(count)
                    + " records, " + in.remaining() + " bytes follow");
        }
        List<StateRecord> list = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            list.add(decodeRecord(block(in), depth + 1));
        }
        return List.copyOf(list);
    }

    private static String name(ByteBuffer in) throws StateException {
        int at = in.position();
        int bytes = Byte.toUnsignedInt(take(in, 1).get());
        if (bytes == 0) {
            throw new StateException("empty name at byte " + at);
        }
        return text(take(in, bytes), "name at byte " + at);
    }

    private static ByteBuffer block(ByteBuffer in) throws StateException {
        return take(in, take(in, 4).getInt());
    }

    private static ByteBuffer take(ByteBuffer in, int bytes) throws StateException {
        if (bytes < 0 || bytes > in.remaining()) {
            throw new StateException("state record ends at byte " + in.position() + ", "
                    + Integer.toUnsignedString(bytes) + " more expected, " + in.remaining()
                    + " there");
        }
        ByteBuffer taken = in.slice(in.position(), bytes);
        in.position(in.position() + bytes);
        return taken;
    }

    private static String text(ByteBuffer raw, String what) throws StateException {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(raw).toString();
        } catch (CharacterCodingException e) {
            throw new StateException("'" + what + "' is not UTF-8");
        }
    }
}
