package io.backplane.device.virtio.blk;

import io.backplane.state.StateException;
import io.backplane.state.StateRecord;

/**
 * What a virtio-blk device hands to its successor, as a {@link StateRecord} of type
 * {@code virtio-blk}.
 *
 * <pre>
 * since | field     | kind | component
 * 1     | writeback | flag | writeBack: the switch in configuration space
 * </pre>
 * Rings, features agreed on and what the driver knows of configuration space are the transport's
 * part.
 */
record VirtioBlkState(boolean writeBack) {
    static final String TYPE = "virtio-blk";
    static final int VERSION = 1;

    static VirtioBlkState of(StateRecord record) throws StateException {
        record.requireType(TYPE, VERSION);
        return new VirtioBlkState(record.flag("writeback"));
    }

    StateRecord record() {
        return StateRecord.builder(TYPE, VERSION).flag("writeback", writeBack).build();
    }
}
