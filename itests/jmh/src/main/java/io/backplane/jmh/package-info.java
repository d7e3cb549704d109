/** JMH benchmarks of what every request passes through. */
package io.backplane.jmh;
