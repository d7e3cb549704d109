package io.backplane.launcher;

import java.nio.file.Path;

/** Chooses where log lines go, before the first logger is made. */
final class Logging {
    private Logging() {
    }

    /**
     * To standard error; a detached process has none, so its lines go to {@code backplane.log} in
     * the data folder.
     */
    static void configure(Path home, DataFolder data, boolean detached) {
        if (System.getProperty("logback.configurationFile") == null) {
            String file = detached ? "logback-daemon.xml" : "logback.xml";
            System.setProperty("logback.configurationFile",
                    home.resolve("etc").resolve(file).toString());
        }
        System.setProperty("backplane.log", data.path().resolve("backplane.log").toString());
    }
}
