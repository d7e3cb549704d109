/** The primitives of the concurrency core under jcstress. */
package io.backplane.jcstress;
