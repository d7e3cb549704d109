package io.backplane.block.spi;

/**
 * A child that the image names and the options do not: a backing file, a data file.
 *
 * @param name child name, such as {@code backing}
 * @param role its role
 * @param filename as stored, relative to the image's folder unless absolute or json:
 * @param format driver to open it with; null: probe
 */
public record ImpliedChild(String name, ChildRole role, String filename, String format) {
}
