package io.backplane.tool.img;

/**
 * How to open an image.
 *
 * @param writable for writing and resizing
 * @param shared even if another process writes to it
 * @param backing with its backing files
 */
record OpenMode(boolean writable, boolean shared, boolean backing) {
    static OpenMode reading(boolean shared) {
        return new OpenMode(false, shared, true);
    }

    static OpenMode alone(boolean shared) {
        return new OpenMode(false, shared, false);
    }

    static OpenMode writing() {
        return new OpenMode(true, false, true);
    }
}
