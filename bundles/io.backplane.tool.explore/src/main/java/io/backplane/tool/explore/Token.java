package io.backplane.tool.explore;

/**
 * What replays a run: {@code SCENARIO[+bug]:kind:choices}. Kinds: {@code r} random and {@code p}
 * priorities, both with a seed in hexadecimal; {@code x} a list of choices, each a digit of base
 * 36, or in brackets.
 *
 * @param bug name of the planted bug; null: the shipped code
 * @param list the choices; null if there is a seed
 */
public record Token(String scenario, String bug, char kind, long seed, int[] list) {

    /** Reads what {@link #toString} wrote. */
    public static Token parse(String text) {
        String[] parts = text.trim().split(":", -1);
        if (parts.length != 3 || parts[1].length() != 1 || "rpx".indexOf(parts[1]) < 0) {
            throw new IllegalArgumentException("not a token: '" + text
                    + "' (expected SCENARIO[+bug]:r|p|x:choices)");
        }
        int plus = parts[0].indexOf('+');
        String scenario = plus < 0 ? parts[0] : parts[0].substring(0, plus);
        String bug = plus < 0 ? null : parts[0].substring(plus + 1);
        char kind = parts[1].charAt(0);
        try {
            return kind == 'x' ? new Token(scenario, bug, kind, 0, decode(parts[2]))
                    : new Token(scenario, bug, kind, Long.parseUnsignedLong(parts[2], 16), null);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not a token: '" + text + "': bad choices '"
                    + parts[2] + "'", e);
        }
    }

    private static int[] decode(String text) {
        java.util.stream.IntStream.Builder list = java.util.stream.IntStream.builder();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '[') {
                int end = text.indexOf(']', i);
                list.add(Integer.parseInt(text, i + 1, end < 0 ? text.length() : end, 10));
                i = end < 0 ? text.length() : end;
            } else {
                list.add(Integer.parseInt(text, i, i + 1, 36));
            }
        }
        return list.build().toArray();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(scenario);
        if (bug != null) {
            text.append('+').append(bug);
        }
        text.append(':').append(kind).append(':');
        if (list == null) {
            return text.append(Long.toHexString(seed)).toString();
        }
        for (int choice : list) {
            if (choice < 36) {
                text.append(Character.forDigit(choice, 36));
            } else {
                text.append('[').append(choice).append(']');
            }
        }
        return text.toString();
    }
}
