package io.backplane.assemble;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A value of a JSON file, with its place for messages.
 *
 * @param value a {@code Map<String, Located>}, {@code List<Located>}, String, Boolean, or a number
 *     as {@code Double}; null for null
 * @param place file and line, {@code my.json:7}; of a member, the line of its key
 */
record Located(Object value, String place) {
    private static final Pattern LINE = Pattern.compile(" at line (\\d+)");

    /**
     * Parses strict JSON, in which comments are allowed ({@code //} to the end of the line and
     * {@code /* *}{@code /}) and a key may be there only once.
     */
    static Located parse(String text, String file) throws AssemblyException {
        try (JsonReader reader = new JsonReader(new StringReader(blankComments(text)))) {
            reader.setStrictness(Strictness.STRICT);
            Located root = read(reader, file);
            if (reader.peek() != JsonToken.END_DOCUMENT) {
                throw new AssemblyException(place(reader, file) + ": something follows the object");
            }
            return root;
        } catch (IOException | IllegalStateException e) {
            throw new AssemblyException(complaint(e, file), e);
        }
    }

    private static String complaint(Exception e, String file) {
        String message = String.valueOf(e.getMessage());
        Matcher line = LINE.matcher(message);
        String place = line.find() ? file + ":" + line.group(1) : file;
        int end = message.indexOf(" at line ");
        return place + ": " + (end < 0 ? message : message.substring(0, end))
                .replaceAll("Use JsonReader.*", "this is not JSON");
    }

    /** Replaces comments by blanks, so that lines keep their numbers. */
    private static String blankComments(String text) {
        StringBuilder blanked = new StringBuilder(text);
        boolean isString = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isString) {
                i += c == '\\' ? 1 : 0;
                isString = c != '"';
            } else if (c == '"') {
                isString = true;
            } else if (text.startsWith("//", i)) {
                i = blank(blanked, i, end(text, "\n", i));
            } else if (text.startsWith("/*", i)) {
                i = blank(blanked, i, Math.min(end(text, "*/", i + 2) + 2, text.length()));
            }
        }
        return blanked.toString();
    }

    private static int end(String text, String mark, int from) {
        int end = text.indexOf(mark, from);
        return end < 0 ? text.length() : end;
    }

    private static int blank(StringBuilder text, int from, int to) {
        for (int i = from; i < to; i++) {
            if (text.charAt(i) != '\n') {
                text.setCharAt(i, ' ');
            }
        }
        return to - 1;
    }

    private static Located read(JsonReader reader, String file)
            throws IOException, AssemblyException {
        JsonToken token = reader.peek();
        String place = place(reader, file);
        return switch (token) {
            case BEGIN_OBJECT -> new Located(members(reader, file), place);
            case BEGIN_ARRAY -> new Located(elements(reader, file), place);
            case STRING -> new Located(reader.nextString(), place);
            case NUMBER -> new Located(reader.nextDouble(), place);
            case BOOLEAN -> new Located(reader.nextBoolean(), place);
            case NULL -> {
                reader.nextNull();
                yield new Located(null, place);
            }
            default -> throw new AssemblyException(place + ": a value is missing");
        };
    }

    private static Map<String, Located> members(JsonReader reader, String file)
            throws IOException, AssemblyException {
        Map<String, Located> members = new LinkedHashMap<>();
        reader.beginObject();
        while (reader.hasNext()) {
            String name = reader.nextName();
            String place = place(reader, file);
            Located value = new Located(read(reader, file).value(), place);
            if (members.put(name, value) != null) {
                throw new AssemblyException(place + ": '" + name + "' is there twice");
            }
        }
        reader.endObject();
        return members;
    }

    private static List<Located> elements(JsonReader reader, String file)
            throws IOException, AssemblyException {
        List<Located> elements = new ArrayList<>();
        reader.beginArray();
        while (reader.hasNext()) {
            elements.add(read(reader, file));
        }
        reader.endArray();
        return elements;
    }

    private static String place(JsonReader reader, String file) {
        Matcher line = LINE.matcher(reader.toString());
        return line.find() ? file + ":" + line.group(1) : file;
    }

    /** The members, if this is an object; {@code what} is for the message. */
    @SuppressWarnings("unchecked") // the parser makes no other maps
    Map<String, Located> object(String what) throws AssemblyException {
        if (value instanceof Map<?, ?> map) {
            return (Map<String, Located>) map;
        }
        throw new AssemblyException(place + ": " + what + " is not an object");
    }

    /** The elements, if this is an array. */
    @SuppressWarnings("unchecked") // the parser makes no other lists
    List<Located> array(String what) throws AssemblyException {
        if (value instanceof List<?> list) {
            return (List<Located>) list;
        }
        throw new AssemblyException(place + ": " + what + " is not an array");
    }

    /** The text, if this is a string. */
    String string(String what) throws AssemblyException {
        if (value instanceof String text) {
            return text;
        }
        throw new AssemblyException(place + ": " + what + " is not a string");
    }
}
