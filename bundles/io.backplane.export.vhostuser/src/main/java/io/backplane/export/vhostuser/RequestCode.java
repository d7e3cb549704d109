package io.backplane.export.vhostuser;

/**
 * Requests of the front-end that this back-end knows, with the shape each must have.
 *
 * <p>A message of any other request, size or number of descriptors ends the connection.
 */
enum RequestCode {
    GET_FEATURES(1, 0, 0, 0, 0, true),
    SET_FEATURES(2, 8, 8, 0, 0, false),
    SET_OWNER(3, 0, 0, 0, 0, false),
    RESET_OWNER(4, 0, 0, 0, 0, false),
    SET_MEM_TABLE(5, 8, 8 + 8 * MemoryRegionMessage.BYTES, 0, 8, false),
    SET_VRING_NUM(8, 8, 8, 0, 0, false),
    SET_VRING_ADDR(9, 40, 40, 0, 0, false),
    SET_VRING_BASE(10, 8, 8, 0, 0, false),
    GET_VRING_BASE(11, 8, 8, 0, 0, true),
    SET_VRING_KICK(12, 8, 8, 0, 1, false),
    SET_VRING_CALL(13, 8, 8, 0, 1, false),
    SET_VRING_ERR(14, 8, 8, 0, 1, false),
    GET_PROTOCOL_FEATURES(15, 0, 0, 0, 0, true),
    SET_PROTOCOL_FEATURES(16, 8, 8, 0, 0, false),
    GET_QUEUE_NUM(17, 0, 0, 0, 0, true),
    SET_VRING_ENABLE(18, 8, 8, 0, 0, false),
    SET_BACKEND_REQ_FD(21, 0, 0, 1, 1, false),
    GET_CONFIG(24, 12, 12 + ConfigMessage.DATA_BYTES_MAX, 0, 0, true),
    SET_CONFIG(25, 12, 12 + ConfigMessage.DATA_BYTES_MAX, 0, 0, false),
    GET_INFLIGHT_FD(31, 20, 24, 0, 0, true),
    SET_INFLIGHT_FD(32, 20, 24, 1, 1, false),
    RESET_DEVICE(34, 0, 0, 0, 0, false),
    GET_MAX_MEM_SLOTS(36, 0, 0, 0, 0, true),
    ADD_MEM_REG(37, 8 + MemoryRegionMessage.BYTES, 8 + MemoryRegionMessage.BYTES, 1, 1, false),
    REM_MEM_REG(38, 8 + MemoryRegionMessage.BYTES, 8 + MemoryRegionMessage.BYTES, 0, 1, false);

    private static final RequestCode[] BY_NUMBER = new RequestCode[39];

    static {
        for (RequestCode code : values()) {
            BY_NUMBER[code.number] = code;
        }
    }

    private final int number;
    private final int bytesMin;
    private final int bytesMax;
    private final int fdsMin;
    private final int fdsMax;
    private final boolean hasReply;

    RequestCode(int number, int bytesMin, int bytesMax, int fdsMin, int fdsMax,
            boolean hasReply) {
        this.number = number;
        this.bytesMin = bytesMin;
        this.bytesMax = bytesMax;
        this.fdsMin = fdsMin;
        this.fdsMax = fdsMax;
        this.hasReply = hasReply;
    }

    /** The request of that number; null if it is not known. */
    static RequestCode of(long number) {
        return number < BY_NUMBER.length ? BY_NUMBER[(int) number] : null;
    }

    int number() {
        return number;
    }

    /** Whether the request has an answer of its own, and so never an acknowledgement. */
    boolean hasReply() {
        return hasReply;
    }

    boolean allowsBytes(long bytes) {
        return bytes >= bytesMin && bytes <= bytesMax;
    }

    boolean allowsFds(int count) {
        return count >= fdsMin && count <= fdsMax;
    }
}
