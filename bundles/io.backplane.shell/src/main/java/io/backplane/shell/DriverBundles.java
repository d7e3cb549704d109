package io.backplane.shell;

import java.util.List;

/** Which bundles the block drivers come from; there may be several versions of one. */
interface DriverBundles {

    /**
     * A version of a driver.
     *
     * @param version the bundle's version; empty if nobody knows
     * @param bundle the bundle's symbolic name
     * @param bundleId the framework's number of the bundle
     */
    record Version(String version, String bundle, long bundleId) {
        static final Version UNKNOWN = new Version("", "", 0);
    }

    /** The names of the drivers there are, sorted. */
    List<String> drivers();

    /** The versions of a driver, the newest first. */
    List<Version> versions(String driver);

    /** The version that new nodes get. */
    default Version newest(String driver) {
        List<Version> versions = versions(driver);
        return versions.isEmpty() ? Version.UNKNOWN : versions.getFirst();
    }
}
