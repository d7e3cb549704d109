package io.backplane.tool.guest;

/**
 * How a driver waits for completions.
 *
 * @param interrupts whether it asks for interrupts; otherwise it polls the used ring
 * @param spinNs how long it polls before it blocks, with interrupts on, as halt polling does
 */
public record Waiting(boolean interrupts, long spinNs) {
    /** Never block. */
    public static final Waiting POLL = new Waiting(false, 0);
    /** Block at once. */
    public static final Waiting IRQ = new Waiting(true, 0);

    /** The word for it in results. */
    public String text() {
        return !interrupts ? "poll" : spinNs > 0 ? "halt-poll" : "irq";
    }
}
