package io.backplane.block.graph;

import java.util.Comparator;

/**
 * Which version of a driver it is: the bundle it comes from.
 *
 * @param driver the driver's name, such as {@code qcow2}
 * @param bundle symbolic name of its bundle; empty: composed without a framework
 * @param bundleId the framework's number of the bundle
 * @param version the bundle's version, {@code major.minor.micro[.qualifier]}
 */
public record DriverVersion(String driver, String bundle, long bundleId, String version)
        implements Comparable<DriverVersion> {
    private static final Comparator<DriverVersion> ORDER =
            Comparator.comparingLong((DriverVersion v) -> v.part(0))
                    .thenComparingLong(v -> v.part(1)).thenComparingLong(v -> v.part(2))
                    .thenComparing(DriverVersion::qualifier)
                    .thenComparingLong(DriverVersion::bundleId);

    /** The version of a driver that comes from no bundle. */
    public static DriverVersion none(String driver) {
        return new DriverVersion(driver, "", 0, "0.0.0");
    }

    private long part(int index) {
        String[] parts = version.split("\\.", 4);
        return index < parts.length && parts[index].matches("\\d{1,9}")
                ? Long.parseLong(parts[index]) : 0;
    }

    private String qualifier() {
        String[] parts = version.split("\\.", 4);
        return parts.length < 4 ? "" : parts[3];
    }

    /** Older versions first; of the same version the bundle installed earlier. */
    @Override
    public int compareTo(DriverVersion other) {
        return ORDER.compare(this, other);
    }
}
