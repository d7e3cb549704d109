package io.backplane.categories;

/**
 * A call (or a declaration) that the categories forbid.
 *
 * @param className  class with the method, dotted
 * @param method     name of the method whose category is broken
 * @param line       line in its source file, 0 if the class file does not tell
 * @param message    one sentence that names caller, callee, both categories and the way there
 */
public record Violation(String className, String method, int line, String message) {
    @Override
    public String toString() {
        return message;
    }
}
