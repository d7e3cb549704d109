/** Checks in bytecode which method may call which, by their categories. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package io.backplane.categories;
