package io.backplane.deploy;

import io.backplane.deploy.Refusal.Kind;

/** One sentence out of what the framework and the component runtime say in many lines. */
final class FrameworkFailure {
    private FrameworkFailure() {
    }

    /** @param resolving whether the bundle did not resolve, which the framework explains */
    static Refusal refusal(boolean resolving, Exception failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        if (resolving) {
            return new Refusal(Kind.UNRESOLVED, "it does not resolve: "
                    + String.valueOf(failure.getMessage()).strip().replaceAll("\\s+", " "));
        }
        return root == failure
                ? new Refusal(Kind.FRAMEWORK, String.valueOf(failure.getMessage()))
                : new Refusal(Kind.ACTIVATION, "its activator threw " + thrown(root.toString(),
                        root.getStackTrace().length == 0 ? null
                                : root.getStackTrace()[0].toString()));
    }

    /**
     * A component whose activation threw.
     *
     * @param stackTrace what the component runtime keeps of it
     */
    static String ofComponent(String className, String stackTrace) {
        String exception = null;
        String frame = null;
        for (String line : String.valueOf(stackTrace).lines().map(String::strip).toList()) {
            if (line.startsWith("at ")) {
                frame = frame == null ? line.substring(3) : frame;
            } else if (line.startsWith("Caused by: ")) {
                exception = line.substring("Caused by: ".length());
                frame = null;
            } else if (exception == null) {
                exception = line;
            }
        }
        return "the activation of its component " + className + " threw "
                + thrown(String.valueOf(exception), frame);
    }

    private static String thrown(String exception, String frame) {
        return exception + (frame == null ? "" : ", at " + frame);
    }
}
