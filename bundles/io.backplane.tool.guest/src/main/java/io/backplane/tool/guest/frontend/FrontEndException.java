package io.backplane.tool.guest.frontend;

import java.io.IOException;

/** The back-end broke the protocol, refused a request, or did not answer in time. */
public class FrontEndException extends IOException {
    private static final long serialVersionUID = 1L;

    /** @param message what happened, naming the request or queue */
    public FrontEndException(String message) {
        super(message);
    }
}
