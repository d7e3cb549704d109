package io.backplane.qmp;

import io.backplane.block.BlockException;
import io.backplane.schema.OptionException;

/** A command's failure, as clients see it: a class and a sentence for people. */
public final class QmpException extends Exception {
    private static final long serialVersionUID = 1L;

    /** The error classes of QMP. */
    public enum ErrorClass {
        /** All that has no class of its own. */
        GENERIC_ERROR("GenericError"),
        /** No such command. */
        COMMAND_NOT_FOUND("CommandNotFound"),
        /** The device has not been activated. */
        DEVICE_NOT_ACTIVE("DeviceNotActive"),
        /** No such device. */
        DEVICE_NOT_FOUND("DeviceNotFound"),
        /** A capability of KVM is missing. */
        KVM_MISSING_CAP("KVMMissingCap");

        private final String wireName;

        ErrorClass(String wireName) {
            this.wireName = wireName;
        }

        /** The name on the wire. */
        public String wireName() {
            return wireName;
        }
    }

    private final ErrorClass errorClass;

    /** @param message one sentence that names the value at fault */
    public QmpException(ErrorClass errorClass, String message) {
        this(errorClass, message, null);
    }

    private QmpException(ErrorClass errorClass, String message, Throwable cause) {
        super(message, cause);
        this.errorClass = errorClass;
    }

    /** A GenericError. */
    public static QmpException generic(String message) {
        return new QmpException(ErrorClass.GENERIC_ERROR, message);
    }

    /** Host or image trouble as a GenericError. */
    public static QmpException of(BlockException trouble) {
        return new QmpException(ErrorClass.GENERIC_ERROR, trouble.getMessage(), trouble);
    }

    /** Bad arguments as a GenericError. */
    public static QmpException of(OptionException mistake) {
        return new QmpException(ErrorClass.GENERIC_ERROR, mistake.getMessage(), mistake);
    }

    /** The class. */
    public ErrorClass errorClass() {
        return errorClass;
    }
}
