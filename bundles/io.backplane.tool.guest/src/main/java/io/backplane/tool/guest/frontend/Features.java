package io.backplane.tool.guest.frontend;

import java.util.ArrayList;
import java.util.List;

/** Feature bits of virtio, virtio-blk and vhost-user, with the names users know. */
public final class Features {
    /** Device features, by bit. */
    private static final String[] DEVICE = new String[64];
    /** vhost-user protocol features, by bit. */
    private static final String[] PROTOCOL = {"MQ", "LOG_SHMFD", "RARP", "REPLY_ACK", "MTU",
        "BACKEND_REQ", "CROSS_ENDIAN", "CRYPTO_SESSION", "PAGEFAULT", "CONFIG", "BACKEND_SEND_FD",
        "HOST_NOTIFIER", "INFLIGHT_SHMFD", "RESET_DEVICE", "INBAND_NOTIFICATIONS",
        "CONFIGURE_MEM_SLOTS", "STATUS", "XEN_MMAP", "SHARED_OBJECT", "DEVICE_STATE"};

    /** virtio-blk: most segments in the configuration. */
    public static final long BLK_SEG_MAX = 1L << 2;
    /** virtio-blk: read-only. */
    public static final long BLK_RO = 1L << 5;
    /** virtio-blk: block size in the configuration. */
    public static final long BLK_SIZE = 1L << 6;
    /** virtio-blk: flush. */
    public static final long BLK_FLUSH = 1L << 9;
    /** virtio-blk: topology in the configuration. */
    public static final long BLK_TOPOLOGY = 1L << 10;
    /** virtio-blk: cache mode can be switched. */
    public static final long BLK_CONFIG_WCE = 1L << 11;
    /** virtio-blk: several queues. */
    public static final long BLK_MQ = 1L << 12;
    /** virtio-blk: discard. */
    public static final long BLK_DISCARD = 1L << 13;
    /** virtio-blk: write zeroes. */
    public static final long BLK_WRITE_ZEROES = 1L << 14;
    /** Ring: indirect descriptors. */
    public static final long RING_INDIRECT = 1L << 28;
    /** Ring: event index. */
    public static final long RING_EVENT_IDX = 1L << 29;
    /** vhost-user: protocol features. */
    public static final long PROTOCOL_FEATURES = 1L << 30;
    /** virtio 1. */
    public static final long VERSION_1 = 1L << 32;

    /** Protocol: several queues. */
    public static final long P_MQ = 1;
    /** Protocol: acknowledgements. */
    public static final long P_REPLY_ACK = 1L << 3;
    /** Protocol: requests of the back-end. */
    public static final long P_BACKEND_REQ = 1L << 5;
    /** Protocol: configuration space. */
    public static final long P_CONFIG = 1L << 9;
    /** Protocol: requests in flight survive a reconnect. */
    public static final long P_INFLIGHT_SHMFD = 1L << 12;
    /** Protocol: memory regions one by one. */
    public static final long P_CONFIGURE_MEM_SLOTS = 1L << 15;

    static {
        String[] blk = {null, "SIZE_MAX", "SEG_MAX", null, "GEOMETRY", "RO", "BLK_SIZE", null,
            null, "FLUSH", "TOPOLOGY", "CONFIG_WCE", "MQ", "DISCARD", "WRITE_ZEROES", "LIFETIME",
            "SECURE_ERASE", "ZONED"};
        System.arraycopy(blk, 0, DEVICE, 0, blk.length);
        String[] ring = {"NOTIFY_ON_EMPTY", null, null, "ANY_LAYOUT", "RING_INDIRECT_DESC",
            "RING_EVENT_IDX", "PROTOCOL_FEATURES", null, "VERSION_1", "ACCESS_PLATFORM",
            "RING_PACKED", "IN_ORDER", "ORDER_PLATFORM", "SR_IOV", "NOTIFICATION_DATA",
            "NOTIF_CONFIG_DATA", "RING_RESET"};
        System.arraycopy(ring, 0, DEVICE, 24, ring.length);
        DEVICE[26] = "LOG_ALL";
    }

    private Features() {
    }

    /** Names of the device feature bits in {@code bits}; unknown ones as {@code bit<n>}. */
    public static List<String> deviceNames(long bits) {
        return names(bits, DEVICE);
    }

    /** Names of the protocol feature bits in {@code bits}; unknown ones as {@code bit<n>}. */
    public static List<String> protocolNames(long bits) {
        return names(bits, PROTOCOL);
    }

    private static List<String> names(long bits, String[] table) {
        List<String> names = new ArrayList<>();
        for (int bit = 0; bit < 64; bit++) {
            if ((bits >>> bit & 1) != 0) {
                String name = bit < table.length ? table[bit] : null;
                names.add(name == null ? "bit" + bit : name);
            }
        }
        return names;
    }
}
