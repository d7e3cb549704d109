package io.backplane.categories;

/** Finds the classes that a bundle imports. */
@FunctionalInterface
public interface ClassLookup {
    /**
     * The class file of an imported class.
     *
     * @param internalName name with slashes
     * @return its bytes, or null if it is unknown or has no categories (such as the JDK's)
     */
    byte[] classFile(String internalName);
}
