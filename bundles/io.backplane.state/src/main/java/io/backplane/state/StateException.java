package io.backplane.state;

/** A state record that is damaged, of another type, too new, or without a field that is needed. */
public final class StateException extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param message names the record, the field or the place, and what is wrong */
    public StateException(String message) {
        super(message);
    }
}
