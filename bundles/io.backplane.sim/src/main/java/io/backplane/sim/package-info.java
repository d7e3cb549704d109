/** A deterministic world: contexts, threads, timers, notifiers and files on one thread. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package io.backplane.sim;
