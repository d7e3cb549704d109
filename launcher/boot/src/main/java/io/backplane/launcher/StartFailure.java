package io.backplane.launcher;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.osgi.framework.BundleException;

/** Why a bundle did not start, in one sentence. */
final class StartFailure {
    private static final Pattern MISSING_PACKAGE = Pattern.compile(
            "osgi\\.wiring\\.package=([\\w.]+)\\)"
                    + "(?:\\(version>=([\\w.]+)\\))?(?:\\(!\\(version>=([\\w.]+)\\)\\))?");

    private StartFailure() {
    }

    /** The root cause; the resolver names it last in its chain. */
    static String reason(BundleException failure) {
        String message = String.valueOf(failure.getMessage());
        if (failure.getType() == BundleException.RESOLVE_ERROR) {
            Matcher matcher = MISSING_PACKAGE.matcher(message);
            String found = null;
            while (matcher.find()) {
                found = "no bundle exports the package " + matcher.group(1)
                        + range(matcher.group(2), matcher.group(3));
            }
            return found == null ? message : found;
        }
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    private static String range(String from, String to) {
        if (from == null) {
            return "";
        }
        return to == null ? " in version " + from + " or later"
                : " in version [" + from + "," + to + ")";
    }
}
