package io.backplane.control;

/** Names that users give to things. */
final class Identifiers {
    private Identifiers() {
    }

    /** Whether {@code id} is a letter followed by letters, digits, {@code -._}. */
    static boolean isWellFormed(String id) {
        for (int i = 0; i < id.length(); i++) {
            char c = id.charAt(i);
            boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
            boolean follows = c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_';
            if (!letter && (i == 0 || !follows)) {
                return false;
            }
        }
        return !id.isEmpty();
    }
}
