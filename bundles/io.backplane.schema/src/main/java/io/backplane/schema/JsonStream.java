package io.backplane.schema;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes a stream of bytes apart into JSON values, in the dialect of QMP: values one after another,
 * strings in double or single quotes.
 *
 * <p>Bytes become tokens, tokens are collected until braces and brackets balance, then the value is
 * parsed. After an error the stream goes on: the collected tokens are dropped, and bytes are
 * skipped until a structural character or a control character other than tab, so that a client
 * finds its way back by a line feed. Not thread-safe.
 */
public final class JsonStream {
    /** Bytes of the tokens of one value. */
    public static final int TOKEN_BYTES_MAX = 64 << 20;
    /** Tokens of one value. */
    public static final int TOKEN_COUNT_MAX = 2 << 20;
    /** Braces and brackets inside one another. */
    public static final int NESTING_MAX = 1024;

    /** Where values and errors go, in the order of the input. */
    public interface Sink {
        /** A whole value: a neutral tree. */
        void value(Object tree);

        /** A part of the input was no JSON; the stream goes on behind it. */
        void error(String message);
    }

    private enum State {
        START, RECOVERY, DOUBLE_QUOTED, DOUBLE_QUOTED_ESCAPE, SINGLE_QUOTED, SINGLE_QUOTED_ESCAPE,
        SIGN, ZERO, DIGITS, POINT, FRACTION, EXPONENT, EXPONENT_SIGN, EXPONENT_DIGITS, KEYWORD
    }

    /** No state: the byte does not belong to the token. */
    private static final State BAD = null;

    // Immutable
    private final Sink sink;
    private final int tokenBytesMax;
    private final int tokenCountMax;

    // Owner thread
    private final List<JsonToken> tokens = new ArrayList<>();
    private final ByteArrayOutputStream text = new ByteArrayOutputStream();
    private State state = State.START;
    private int braces;
    private int brackets;
    private long tokenBytes;

    /** A stream at its start. */
    public JsonStream(Sink sink) {
        this(sink, TOKEN_BYTES_MAX, TOKEN_COUNT_MAX);
    }

    /**
     * A stream with tighter limits.
     *
     * @param tokenBytesMax bytes of the tokens of one value
     * @param tokenCountMax tokens of one value
     */
    public JsonStream(Sink sink, int tokenBytesMax, int tokenCountMax) {
        this.sink = sink;
        this.tokenBytesMax = tokenBytesMax;
        this.tokenCountMax = tokenCountMax;
    }

    /** Takes the next bytes. */
    public void feed(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            feed(bytes[i] & 0xff);
        }
    }

    /** The input ends: what is incomplete is an error. The stream is at its start again. */
    public void end() {
        if (state != State.START && state != State.RECOVERY) {
            endToken();
        }
        state = State.START;
        if (!tokens.isEmpty()) {
            parse();
        }
    }

    /** Whether a value has begun and not ended. */
    public boolean isInsideValue() {
        return !tokens.isEmpty() || state != State.START;
    }

    private void feed(int c) {
        for (;;) {
            State next = step(c);
            if (next == BAD) {
                if (isComplete(state) && !(state == State.ZERO && isDigit(c))) {
                    endToken();
                    state = State.START;
                    continue; // look at the same byte again
                }
                text.write(c);
                fail("JSON parse error, stray '" + JsonToken.printable(text.toByteArray()) + "'");
                text.reset();
                state = State.RECOVERY;
                return;
            }
            if (state == State.RECOVERY && next == State.START) {
                state = State.START;
                continue;
            }
            boolean quoteEnds = next == State.START && state != State.START;
            if (quoteEnds || next != State.START && next != State.RECOVERY) {
                append(c);
            }
            state = next;
            if (quoteEnds) {
                emit(new JsonToken(JsonToken.Kind.STRING, take()));
            }
            return;
        }
    }

    private void append(int c) {
        if (text.size() > tokenBytesMax) {
            text.reset(); // reported when the token ends, whatever it was
            tokenBytes = tokenBytesMax;
        }
        text.write(c);
    }

    private State step(int c) {
        return switch (state) {
            case START -> start(c);
            case RECOVERY -> c < 0x20 && c != '\t' || c >= 0xfe || "{}[]:,".indexOf(c) >= 0
                    ? State.START : State.RECOVERY;
            case DOUBLE_QUOTED -> inString(c, '"', State.DOUBLE_QUOTED,
                    State.DOUBLE_QUOTED_ESCAPE);
            case SINGLE_QUOTED -> inString(c, '\'', State.SINGLE_QUOTED,
                    State.SINGLE_QUOTED_ESCAPE);
            case DOUBLE_QUOTED_ESCAPE -> isTextByte(c) ? State.DOUBLE_QUOTED : BAD;
            case SINGLE_QUOTED_ESCAPE -> isTextByte(c) ? State.SINGLE_QUOTED : BAD;
            case SIGN -> c == '0' ? State.ZERO : isDigit(c) ? State.DIGITS : BAD;
            case ZERO -> isDigit(c) ? BAD : afterDigits(c);
            case DIGITS -> isDigit(c) ? State.DIGITS : afterDigits(c);
            case POINT, FRACTION -> isDigit(c) ? State.FRACTION
                    : state == State.FRACTION && isExponent(c) ? State.EXPONENT : BAD;
            case EXPONENT -> c == '+' || c == '-' ? State.EXPONENT_SIGN
                    : isDigit(c) ? State.EXPONENT_DIGITS : BAD;
            case EXPONENT_SIGN, EXPONENT_DIGITS -> isDigit(c) ? State.EXPONENT_DIGITS : BAD;
            case KEYWORD -> c >= 'a' && c <= 'z' ? State.KEYWORD : BAD;
        };
    }

    private State start(int c) {
        switch (c) {
            case ' ', '\t', '\r', '\n' -> {
                return State.START;
            }
            case '{', '}', '[', ']', ':', ',' -> {
                emit(JsonToken.structural((char) c));
                return State.START;
            }
            case '"' -> {
                return State.DOUBLE_QUOTED;
            }
            case '\'' -> {
                return State.SINGLE_QUOTED;
            }
            case '-' -> {
                return State.SIGN;
            }
            case '0' -> {
                return State.ZERO;
            }
            default -> {
                return isDigit(c) ? State.DIGITS : c >= 'a' && c <= 'z' ? State.KEYWORD : BAD;
            }
        }
    }

    private static State inString(int c, char quote, State inside, State escape) {
        return c == quote ? State.START : c == '\\' ? escape : isTextByte(c) ? inside : BAD;
    }

    private static State afterDigits(int c) {
        return c == '.' ? State.POINT : isExponent(c) ? State.EXPONENT : BAD;
    }

    private static boolean isExponent(int c) {
        return c == 'e' || c == 'E';
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isTextByte(int c) {
        return c >= 0x20 && c < 0xfe;
    }

    /** Whether what was read so far is a whole token that any other character ends. */
    private boolean isComplete(State reached) {
        return switch (reached) {
            case ZERO, DIGITS, FRACTION, EXPONENT_DIGITS, KEYWORD -> true;
            default -> false;
        };
    }

    private void endToken() {
        if (!isComplete(state)) {
            fail("JSON parse error, stray '" + JsonToken.printable(take()) + "'");
            return;
        }
        emit(new JsonToken(switch (state) {
            case ZERO, DIGITS -> JsonToken.Kind.INTEGER;
            case KEYWORD -> JsonToken.Kind.KEYWORD;
            default -> JsonToken.Kind.FLOAT;
        }, take()));
    }

    private byte[] take() {
        byte[] taken = text.toByteArray();
        text.reset();
        return taken;
    }

    private void emit(JsonToken token) {
        switch (token.kind()) {
            case LEFT_BRACE -> braces++;
            case RIGHT_BRACE -> braces--;
            case LEFT_BRACKET -> brackets++;
            case RIGHT_BRACKET -> brackets--;
            default -> { }
        }
        tokenBytes += token.text().length + 1;
        if (tokenBytes > tokenBytesMax) {
            fail("JSON token size limit exceeded");
        } else if (tokens.size() >= tokenCountMax) {
            fail("JSON token count limit exceeded");
        } else if (braces + brackets > NESTING_MAX) {
            fail("JSON nesting depth limit exceeded");
        } else {
            tokens.add(token);
            if (!(braces >= 0 && brackets >= 0 && braces + brackets > 0)) {
                parse();
            }
        }
    }

    private void parse() {
        Object tree;
        try {
            tree = new JsonParser(tokens).parse();
        } catch (OptionException e) {
            fail(e.getMessage());
            return;
        }
        reset();
        sink.value(tree);
    }

    private void fail(String message) {
        reset();
        sink.error(message);
    }

    private void reset() {
        tokens.clear();
        braces = 0;
        brackets = 0;
        tokenBytes = 0;
    }
}
