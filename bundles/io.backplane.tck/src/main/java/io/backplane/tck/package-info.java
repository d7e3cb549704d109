/** Conformance tests: what every driver and device bundle has to stand. */
package io.backplane.tck;
