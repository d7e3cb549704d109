package io.backplane.monitor;

import java.util.function.Consumer;

/** Where clients of a monitor come from, one after another. Main only. */
interface Chardev {

    /** Its id. */
    String id();

    /** Where clients connect, for people. */
    String address();

    /** Hands out clients from now on: the next one after {@link #released}. */
    void attach(Consumer<Channel> monitor);

    /** Whether a monitor has it. */
    boolean isAttached();

    /** The client that was handed out is gone. */
    void released();

    /** Takes no more clients. */
    void close();
}
