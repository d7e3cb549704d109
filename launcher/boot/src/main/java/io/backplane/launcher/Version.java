package io.backplane.launcher;

/** The version of the distribution. */
final class Version {
    private Version() {
    }

    /** As in the launcher jar's manifest. */
    static String text() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "unknown" : version;
    }
}
