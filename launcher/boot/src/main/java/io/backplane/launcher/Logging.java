package io.backplane.launcher;

/** Chooses where log lines go, before the first logger is made. */
final class Logging {
    /** The property that names the log file; without it lines go to standard error. */
    static final String FILE = "backplane.log";

    private Logging() {
    }

    /**
     * To standard error; a detached process has none, so its lines go to {@code backplane.log} in
     * the data folder.
     */
    static void configure(DataFolder data, boolean detached) {
        if (detached) {
            System.setProperty(FILE, data.path().resolve("backplane.log").toString());
        }
    }
}
