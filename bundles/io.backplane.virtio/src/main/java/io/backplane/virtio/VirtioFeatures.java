package io.backplane.virtio;

/** Feature bits that belong to rings and transports (virtio 1.2, clause 6), as masks. */
public final class VirtioFeatures {
    /** VIRTIO_F_INDIRECT_DESC: descriptors may point to tables of descriptors. */
    public static final long INDIRECT_DESC = 1L << 28;
    /** VIRTIO_F_EVENT_IDX: both sides say at which index they want a notification. */
    public static final long EVENT_IDX = 1L << 29;
    /** VIRTIO_F_VERSION_1: not a legacy device. */
    public static final long VERSION_1 = 1L << 32;

    private VirtioFeatures() {
    }
}
