/** The benchmark tool: our daemon beside qemu-storage-daemon. */
package io.backplane.tool.bench;
