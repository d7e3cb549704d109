package io.backplane.tool.guest.frontend;

/** Numbers of the vhost-user requests a front-end sends, and the message header's flags. */
public final class VhostRequest {
    /** Bytes of the header: 0 request | 4 flags | 8 payload size, each u32. */
    public static final int HEADER_BYTES = 12;
    /** Header flags: protocol version 1. */
    public static final int FLAG_VERSION = 1;
    /** Header flags: this is a reply. */
    public static final int FLAG_REPLY = 4;
    /** Header flags: the sender wants an acknowledgement. */
    public static final int FLAG_NEED_REPLY = 8;

    /** Device features. */
    public static final int GET_FEATURES = 1;
    /** Features the driver uses. */
    public static final int SET_FEATURES = 2;
    /** This connection drives the device. */
    public static final int SET_OWNER = 3;
    /** Memory regions with their descriptors. */
    public static final int SET_MEM_TABLE = 5;
    /** Ring size. */
    public static final int SET_VRING_NUM = 8;
    /** Ring addresses. */
    public static final int SET_VRING_ADDR = 9;
    /** First available index to look at. */
    public static final int SET_VRING_BASE = 10;
    /** Stop the ring; next available index. */
    public static final int GET_VRING_BASE = 11;
    /** Kick eventfd. */
    public static final int SET_VRING_KICK = 12;
    /** Call eventfd. */
    public static final int SET_VRING_CALL = 13;
    /** Error eventfd. */
    public static final int SET_VRING_ERR = 14;
    /** Protocol features of the back-end. */
    public static final int GET_PROTOCOL_FEATURES = 15;
    /** Protocol features in use. */
    public static final int SET_PROTOCOL_FEATURES = 16;
    /** Most queues. */
    public static final int GET_QUEUE_NUM = 17;
    /** Enable or disable a ring. */
    public static final int SET_VRING_ENABLE = 18;
    /** Socket for requests of the back-end. */
    public static final int SET_BACKEND_REQ_FD = 21;
    /** Read the configuration space. */
    public static final int GET_CONFIG = 24;
    /** Write the configuration space. */
    public static final int SET_CONFIG = 25;
    /** Memory for the requests in flight. */
    public static final int GET_INFLIGHT_FD = 31;
    /** The same, given back. */
    public static final int SET_INFLIGHT_FD = 32;
    /** Most memory regions. */
    public static final int GET_MAX_MEM_SLOTS = 36;
    /** One more memory region. */
    public static final int ADD_MEM_REG = 37;
    /** One memory region less. */
    public static final int REM_MEM_REG = 38;

    /** Back-end request: the configuration space changed. */
    public static final int BACKEND_CONFIG_CHANGE = 2;

    /** Largest payload this front-end takes or sends. */
    static final int PAYLOAD_BYTES_MAX = 4096;

    private VhostRequest() {
    }
}
