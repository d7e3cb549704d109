package io.backplane.categories;

/**
 * What annotations (or, for a method, also what it overrides) say.
 *
 * @param category null if nothing is said
 * @param suspends true, false, or null if nothing is said
 */
record Declared(Category category, Boolean suspends) {
    static final Declared NOTHING = new Declared(null, null);

    /** A category without a word about suspension means that the method does not suspend. */
    boolean saysSuspension() {
        return suspends != null || category != null;
    }

    boolean maySuspend() {
        return Boolean.TRUE.equals(suspends);
    }

    boolean saysNothing() {
        return category == null && suspends == null;
    }

    /** False for code that says it runs outside coroutines too. */
    boolean inCoroutine() {
        return !Boolean.FALSE.equals(suspends);
    }

    /** What holds if both are overridden at once: what allows less. */
    Declared and(Declared other) {
        Category both = category == null || other.category != null
                && other.category.ordinal() > category.ordinal() ? other.category : category;
        if (suspends == null && other.suspends == null) {
            return new Declared(both, null);
        }
        boolean suspend = (!saysSuspension() || maySuspend())
                && (!other.saysSuspension() || other.maySuspend());
        return new Declared(both, suspend);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        if (category != null) {
            text.append('@').append(category.annotation());
        }
        if (suspends != null) {
            text.append(text.isEmpty() ? "" : " ").append(suspends ? "@Suspends" : "@NoSuspend");
        }
        return text.isEmpty() ? "without category" : text.toString();
    }
}
