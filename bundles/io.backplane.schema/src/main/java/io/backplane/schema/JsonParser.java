package io.backplane.schema;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The tokens of one value made a tree. */
final class JsonParser {
    private static final BigInteger UINT64_MAX =
            BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

    private final List<JsonToken> tokens;
    private int index;

    JsonParser(List<JsonToken> tokens) {
        this.tokens = tokens;
    }

    Object parse() throws OptionException {
        Object value = value();
        if (index < tokens.size()) {
            throw error("expecting end of value");
        }
        return value;
    }

    private Object value() throws OptionException {
        JsonToken token = next();
        return switch (token.kind()) {
            case LEFT_BRACE -> object();
            case LEFT_BRACKET -> array();
            case STRING -> string(token.text());
            case INTEGER -> integer(token.string());
            case FLOAT -> floating(token.string());
            case KEYWORD -> keyword(token.string());
            case RIGHT_BRACE, RIGHT_BRACKET, COLON, COMMA -> throw error("expecting value");
        };
    }

    private Map<String, Object> object() throws OptionException {
        Map<String, Object> members = new LinkedHashMap<>();
        if (peek() == JsonToken.Kind.RIGHT_BRACE) {
            index++;
            return members;
        }
        for (;;) {
            peek();
            if (!(value() instanceof String key)) {
                throw error("key is not a string in object");
            }
            if (next().kind() != JsonToken.Kind.COLON) {
                throw error("missing : in object pair");
            }
            Object value = value();
            if (members.containsKey(key)) {
                throw error("duplicate key");
            }
            members.put(key, value);
            JsonToken.Kind separator = next().kind();
            if (separator == JsonToken.Kind.RIGHT_BRACE) {
                return members;
            }
            if (separator != JsonToken.Kind.COMMA) {
                throw error("expected separator in dict");
            }
        }
    }

    private List<Object> array() throws OptionException {
        List<Object> elements = new ArrayList<>();
        if (peek() == JsonToken.Kind.RIGHT_BRACKET) {
            index++;
            return elements;
        }
        for (;;) {
            elements.add(value());
            JsonToken.Kind separator = next().kind();
            if (separator == JsonToken.Kind.RIGHT_BRACKET) {
                return elements;
            }
            if (separator != JsonToken.Kind.COMMA) {
                throw error("expected separator in list");
            }
        }
    }

    private static Object integer(String text) throws OptionException {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            if (text.length() <= 20 && text.charAt(0) != '-') {
                BigInteger big = new BigInteger(text);
                if (big.compareTo(UINT64_MAX) <= 0) {
                    return big;
                }
            }
            return floating(text);
        }
    }

    private static Double floating(String text) throws OptionException {
        double value = Double.parseDouble(text);
        if (Double.isInfinite(value)) {
            throw error("number out of range '" + text + "'");
        }
        return value;
    }

    private static Object keyword(String text) throws OptionException {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            case "null" -> null;
            default -> throw error("invalid keyword '" + text + "'");
        };
    }

    /** A string from its raw bytes, quotes included. */
    private static String string(byte[] raw) throws OptionException {
        String text;
        try {
            text = StandardCharsets.UTF_8.newDecoder()
                    .decode(ByteBuffer.wrap(raw, 1, raw.length - 2)).toString();
        } catch (CharacterCodingException e) {
            throw error("invalid UTF-8 sequence in string");
        }
        if (text.indexOf('\\') < 0) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length());
        int i = 0;
        while (i < text.length()) {
            char c = text.charAt(i++);
            if (c != '\\') {
                out.append(c);
                continue;
            }
            char escaped = text.charAt(i++);
            if (escaped == 'u') {
                i = unicode(text, i, out);
            } else {
                int which = "bfnrt\"'\\/".indexOf(escaped);
                if (which < 0) {
                    throw error("invalid escape sequence in string");
                }
                out.append("\b\f\n\r\t\"'\\/".charAt(which));
            }
        }
        return out.toString();
    }

    private static int unicode(String text, int from, StringBuilder out) throws OptionException {
        int unit = hex4(text, from);
        if (Character.isHighSurrogate((char) unit) && text.startsWith("\\u", from + 4)) {
            int low = hex4(text, from + 6);
            if (Character.isLowSurrogate((char) low)) {
                out.append((char) unit).append((char) low);
                return from + 10;
            }
        }
        if (Character.isSurrogate((char) unit)) {
            throw error("\\u" + text.substring(from, from + 4)
                    + " is not a valid Unicode character");
        }
        out.append((char) unit);
        return from + 4;
    }

    private static int hex4(String text, int from) throws OptionException {
        int value = 0;
        for (int i = from; i < from + 4; i++) {
            int digit = i < text.length() ? Character.digit(text.charAt(i), 16) : -1;
            if (digit < 0) {
                throw error("invalid escape sequence in string");
            }
            value = value << 4 | digit;
        }
        return value;
    }

    private JsonToken next() throws OptionException {
        if (index == tokens.size()) {
            throw error("premature EOI");
        }
        return tokens.get(index++);
    }

    private JsonToken.Kind peek() throws OptionException {
        if (index == tokens.size()) {
            throw error("premature EOI");
        }
        return tokens.get(index).kind();
    }

    private static OptionException error(String what) {
        return new OptionException("", "JSON parse error, " + what);
    }
}
