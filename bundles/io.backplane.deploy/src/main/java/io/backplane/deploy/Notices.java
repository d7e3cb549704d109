package io.backplane.deploy;

/** Gets told what becomes of deployed files; any thread. */
interface Notices {
    /** A bundle runs: a new one, or one with new content. */
    void deployed(Deployment deployment);

    /** A file is not let in. */
    void refused(Deployment deployment);

    /** A bundle does not return from being started or stopped. */
    void hung(Deployment deployment);

    /** A bundle is gone with its file. */
    void removed(Deployment deployment);
}
