/** The only door from devices downwards: backends, and the notices that go up. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package io.backplane.block.backend;
