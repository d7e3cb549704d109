package io.backplane.qmp;

import io.backplane.aio.AnyThread;
import io.backplane.aio.GlobalState;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import org.osgi.annotation.versioning.ConsumerType;

/** Executes the options of one name on the command line, such as {@code --chardev}; a service. */
@ConsumerType
public interface StartupHandler {

    /** The option's long name without dashes. */
    @AnyThread
    String option();

    /**
     * Does what one option asks for.
     *
     * @param value as typed: key=value form or JSON
     */
    @GlobalState
    @Suspends
    void awaitExecute(String value) throws QmpException, BlockException;
}
