package io.backplane.sim;

import java.util.List;

/** What happened, a line a step: who ran where, and where it stopped. */
final class SimTrace {
    private static final StackWalker WALKER = StackWalker.getInstance();

    private final List<String> lines;
    private int step;
    private SimEvent event;
    private String who;
    private String where;
    private boolean lost;

    SimTrace(List<String> lines) {
        this.lines = lines;
    }

    void begin(int newStep, SimEvent newEvent) {
        step = newStep;
        event = newEvent;
        who = "";
        where = "";
        lost = false;
    }

    /** The running code has come to a point. */
    void at(String name) {
        who = name;
        where = WALKER.walk(frames -> frames
                .filter(f -> !f.getClassName().startsWith("io.backplane.sim."))
                .filter(f -> f.getClassName().startsWith("io.backplane.")
                        && !f.getClassName().equals("io.backplane.aio.Coroutine"))
                .limit(2)
                .map(SimTrace::frame)
                .reduce((a, b) -> a + " < " + b).orElse(""));
    }

    private static String frame(StackWalker.StackFrame f) {
        String type = f.getClassName();
        return type.substring(type.lastIndexOf('.') + 1) + '.' + f.getMethodName() + ':'
                + f.getLineNumber();
    }

    void preempted() {
        lost = true;
    }

    void end() {
        lines.add(String.format("%5d  %-8s %-24s %s%s", step, event.where(), event.what(), who,
                where.isEmpty() ? "" : (lost ? " preempted at " : " last at ") + where));
    }

    void note(int at, String place, String line) {
        lines.add(String.format("%5d  %-8s # %s", at, place, line));
    }

    /** Appends a stack, ours only. */
    static void stack(StringBuilder text, String title, StackTraceElement[] stack) {
        text.append("waits: ").append(title).append('\n');
        for (StackTraceElement frame : stack) {
            String type = frame.getClassName();
            if (type.startsWith("io.backplane.") && !type.equals("io.backplane.aio.Coroutine")
                    && !type.startsWith("io.backplane.sim.")) {
                text.append("    at ").append(frame).append('\n');
            }
        }
    }
}
