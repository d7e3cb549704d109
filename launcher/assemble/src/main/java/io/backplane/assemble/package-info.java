/** The assembler: reads OSGi feature files, flattens them, and lays a distribution out. */
package io.backplane.assemble;
