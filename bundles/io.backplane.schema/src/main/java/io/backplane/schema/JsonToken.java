package io.backplane.schema;

import java.nio.charset.StandardCharsets;

/** One token of JSON text, as read. */
record JsonToken(Kind kind, byte[] text) {
    private static final byte[] NOTHING = new byte[0];
    private static final JsonToken LEFT_BRACE = new JsonToken(Kind.LEFT_BRACE, NOTHING);
    private static final JsonToken RIGHT_BRACE = new JsonToken(Kind.RIGHT_BRACE, NOTHING);
    private static final JsonToken LEFT_BRACKET = new JsonToken(Kind.LEFT_BRACKET, NOTHING);
    private static final JsonToken RIGHT_BRACKET = new JsonToken(Kind.RIGHT_BRACKET, NOTHING);
    private static final JsonToken COLON = new JsonToken(Kind.COLON, NOTHING);
    private static final JsonToken COMMA = new JsonToken(Kind.COMMA, NOTHING);

    enum Kind {
        LEFT_BRACE, RIGHT_BRACE, LEFT_BRACKET, RIGHT_BRACKET, COLON, COMMA, STRING, INTEGER, FLOAT,
        KEYWORD
    }

    static JsonToken structural(char c) {
        return switch (c) {
            case '{' -> LEFT_BRACE;
            case '}' -> RIGHT_BRACE;
            case '[' -> LEFT_BRACKET;
            case ']' -> RIGHT_BRACKET;
            case ':' -> COLON;
            default -> COMMA;
        };
    }

    String string() {
        return new String(text, StandardCharsets.UTF_8);
    }

    static String printable(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        return text.length() > 100 ? text.substring(0, 100) + "..." : text;
    }
}
