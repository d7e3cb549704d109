package io.backplane.job;

/**
 * How a job is to be.
 *
 * @param id its name, unique
 * @param type what kind of job
 * @param autoFinalize whether it goes on from pending by itself
 * @param autoDismiss whether it is forgotten once it is over
 * @param group jobs of the same group end together; null: alone
 */
public record JobRequest(String id, String type, boolean autoFinalize, boolean autoDismiss,
        String group) {

    /** A job by itself that finalizes itself and stays until it is dismissed. */
    public static JobRequest of(String id, String type) {
        return new JobRequest(id, type, true, false, null);
    }
}
