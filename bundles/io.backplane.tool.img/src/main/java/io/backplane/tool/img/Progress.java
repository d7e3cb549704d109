package io.backplane.tool.img;

/** The percentage that {@code -p} shows. Main context only. */
final class Progress {
    private static final double STEP = 1.0;

    private final Console console;
    private final boolean shown;
    private double last = -STEP;

    Progress(Console console, boolean shown) {
        this.console = console;
        this.shown = shown;
    }

    void start() {
        print(0);
    }

    /** Shows {@code done} of {@code total}, if that is enough more than before. */
    void update(long done, long total) {
        double percent = total == 0 ? 100 : done * 100.0 / total;
        if (shown && percent < 100 && percent >= last + STEP) {
            print(percent);
        }
    }

    /** All is done; what is said next stands behind it. */
    void full() {
        print(100);
    }

    void end() {
        if (shown) {
            console.text("\n");
            console.flush();
        }
    }

    private void print(double percent) {
        if (shown) {
            last = percent;
            console.text("    (" + Sizes.twoDecimals(percent) + "/100%)\r");
            console.flush();
        }
    }
}
