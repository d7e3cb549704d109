/** The guest tool: info, verify and bench, and the loads behind them for tests and benchmarks. */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package io.backplane.tool.guest;
