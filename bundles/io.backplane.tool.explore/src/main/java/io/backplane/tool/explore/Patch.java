package io.backplane.tool.explore;

/**
 * A change of a shipped class, made when it is loaded. A patch that finds nothing to change is an
 * error, so a planted bug cannot quietly vanish when the code it is planted in changes.
 *
 * @param kind what is exchanged
 * @param type binary name of the class that is changed
 * @param method the method in it, its lambdas included
 * @param owner binary name of the class whose member is used there
 * @param member the method or field used there
 * @param plantType class with the static method that is called instead. It takes the receiver and
 *     the arguments (objects of hidden classes as {@code Object}), and may take the {@code this} of
 *     the changed method as a further, last argument
 * @param plant that method
 */
public record Patch(Kind kind, String type, String method, String owner, String member,
        String plantType, String plant) {
    /** What is exchanged. */
    public enum Kind {
        /** A call. */
        CALL,
        /** The reading of a field. */
        GET,
        /** The writing of a field. */
        PUT,
        /** Nothing; but every use of a field in the class is a point of preemption. */
        POINTS
    }

    /** Exchanges calls of {@code owner.member}. */
    public static Patch call(String type, String method, String owner, String member,
            Class<?> plantType, String plant) {
        return new Patch(Kind.CALL, type, method, owner, member, plantType.getName(), plant);
    }

    /** Exchanges readings of a field of {@code type}. */
    public static Patch get(String type, String method, String field, Class<?> plantType,
            String plant) {
        return new Patch(Kind.GET, type, method, type, field, plantType.getName(), plant);
    }

    /** Exchanges writings of a field of {@code type}. */
    public static Patch put(String type, String method, String field, Class<?> plantType,
            String plant) {
        return new Patch(Kind.PUT, type, method, type, field, plantType.getName(), plant);
    }

    /** Lets threads be preempted at every use of a field, volatile or not. */
    public static Patch points(String type) {
        return new Patch(Kind.POINTS, type, "", "", "", "", "");
    }

    @Override
    public String toString() {
        return kind + " " + owner + "." + member + " in " + type + "." + method;
    }
}
