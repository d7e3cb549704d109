package io.backplane.loop;

/** Something to do in a loop, linked into its inbox or its list of callbacks, never both. */
class Notice {
    /** A callback, run outside coroutines. */
    static final int CALLBACK = 0;
    /** The body of a new coroutine. */
    static final int COROUTINE = 1;
    /** The continuation of a virtual thread. */
    static final int CONTINUATION = 2;

    final Runnable body;
    final int kind;
    Notice next;

    Notice(Runnable body, int kind) {
        this.body = body;
        this.kind = kind;
    }

    @Override
    public String toString() {
        return body.getClass().getName();
    }

    /** Runs it in the loop's thread. */
    void run() {
        body.run();
    }
}
