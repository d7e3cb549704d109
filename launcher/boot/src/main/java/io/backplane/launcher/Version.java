package io.backplane.launcher;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/** The version of the distribution, and which one it is. */
final class Version {
    private Version() {
    }

    /** As the file {@code etc/product} says, {@code 1.2.3 (full)}. */
    static String text(Path home) throws LaunchException {
        Path file = home.resolve("etc/product");
        Properties product = new Properties();
        try (Reader in = Files.newBufferedReader(file)) {
            product.load(in);
        } catch (IOException e) {
            throw new LaunchException("can't read " + file + ": " + e, e);
        }
        return product.getProperty("version") + " (" + product.getProperty("name") + ")";
    }
}
