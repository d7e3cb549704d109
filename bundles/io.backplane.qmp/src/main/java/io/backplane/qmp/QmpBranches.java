package io.backplane.qmp;

import io.backplane.aio.AnyThread;
import java.util.SortedMap;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Adds branches to a union type of arguments, such as block drivers to the options of blockdev-add;
 * an OSGi service. Several may add to the same union.
 */
@ConsumerType
public interface QmpBranches {

    /** The union's record. */
    @AnyThread
    Class<? extends Record> union();

    /** The branches there are now, by the discriminator's value. */
    @AnyThread
    SortedMap<String, Class<? extends Record>> branches();
}
