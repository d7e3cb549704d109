package io.backplane.launcher;

import org.apache.felix.framework.Logger;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.osgi.framework.ServiceReference;
import org.slf4j.LoggerFactory;

/** Sends the framework's messages to SLF4J. */
final class FrameworkLog extends Logger {
    private final org.slf4j.Logger log = LoggerFactory.getLogger("org.apache.felix.framework");

    @SuppressWarnings("rawtypes") // as in the overridden method
    @Override
    protected void doLog(Bundle bundle, ServiceReference service, int level, String message,
            Throwable failure) {
        String text = bundle == null ? message : bundle + ": " + message;
        if (failure instanceof BundleException unresolved
                && unresolved.getType() == BundleException.RESOLVE_ERROR) {
            log.error("{}: {}", text, StartFailure.reason(unresolved));
            return;
        }
        switch (level) {
            case LOG_ERROR -> log.error(text, failure);
            case LOG_WARNING -> log.warn(text, failure);
            case LOG_INFO -> log.info(text, failure);
            default -> log.debug(text, failure);
        }
    }
}
