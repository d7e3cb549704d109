/** Event loop API: contexts, coroutines and their locks, and the categories that say where code runs. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package io.backplane.aio;
