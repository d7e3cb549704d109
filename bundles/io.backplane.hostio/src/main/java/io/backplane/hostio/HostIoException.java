package io.backplane.hostio;

/** A system call failed; the message names call and file, {@link #errno} the reason. */
public final class HostIoException extends java.io.IOException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    /** @param errno Linux errno, positive */
    public HostIoException(int errno, String message) {
        super(message);
        this.errno = errno;
    }

    /** Linux errno, positive. */
    public int errno() {
        return errno;
    }
}
