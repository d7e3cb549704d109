package io.backplane.virtio;

import io.backplane.aio.EventNotifier;

/** Counts signals. */
final class CountingNotifier implements EventNotifier {
    int count;

    @Override
    public int fd() {
        return -1;
    }

    @Override
    public void set() {
        count++;
    }

    @Override
    public boolean testAndClear() {
        return false;
    }

    @Override
    public void close() {
    }
}
