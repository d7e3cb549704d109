package io.backplane.categories;

/**
 * Where a method runs, and so which methods it may call:
 *
 * <table>
 * <caption>The call matrix</caption>
 * <tr><th>caller \ callee</th><th>GlobalState</th><th>IoOrGlobalState</th><th>IoCode</th>
 *     <th>AnyThread</th></tr>
 * <tr><td>GlobalState</td><td>yes</td><td>yes</td><td>yes</td><td>yes</td></tr>
 * <tr><td>IoOrGlobalState</td><td>no</td><td>yes</td><td>yes</td><td>yes</td></tr>
 * <tr><td>IoCode</td><td>no</td><td>unless {@code @NoSuspend}</td><td>yes</td><td>yes</td></tr>
 * <tr><td>AnyThread</td><td>no</td><td>no</td><td>no</td><td>yes</td></tr>
 * </table>
 *
 * <p>A caller may call what runs wherever the caller may run. Global-state code runs in main, which
 * is a context, and where IO-or-global-state code may run too. IO code runs in a coroutine of any
 * context, from where IO-or-global-state code may be called; {@code @NoSuspend} IO code may run
 * outside a coroutine, where only the home context and main may. A thread of any kind may have no
 * context at all, so {@code AnyThread} code calls nothing that needs one.
 *
 * <p>What is neither of the bundle nor of a package that it can see of ours (the JDK, other
 * libraries) may be called by all.
 */
public enum Category {
    /** Main context only. */
    GLOBAL_STATE("GlobalState"),
    /** Home context or main; in a coroutine from anywhere. */
    IO_OR_GLOBAL_STATE("IoOrGlobalState"),
    /** Any context, in a coroutine unless it never suspends. */
    IO_CODE("IoCode"),
    /** Any thread, with or without a context; never suspends. */
    ANY_THREAD("AnyThread");

    private final String annotation;

    Category(String annotation) {
        this.annotation = annotation;
    }

    /** The annotation's simple name. */
    public String annotation() {
        return annotation;
    }

    /**
     * Whether a method of this category may call one of {@code callee}.
     *
     * @param coroutine false when the caller is marked to run outside coroutines too
     */
    public boolean mayCall(Category callee, boolean coroutine) {
        return switch (this) {
            case GLOBAL_STATE -> true;
            case IO_OR_GLOBAL_STATE -> callee != GLOBAL_STATE;
            case IO_CODE -> callee != GLOBAL_STATE
                    && (callee != IO_OR_GLOBAL_STATE || coroutine);
            case ANY_THREAD -> callee == ANY_THREAD;
        };
    }
}
