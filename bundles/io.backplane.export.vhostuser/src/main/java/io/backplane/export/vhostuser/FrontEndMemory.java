package io.backplane.export.vhostuser;

import io.backplane.hostio.HostIoException;
import io.backplane.hostio.posix.Fds;
import io.backplane.hostio.posix.MappedFile;
import io.backplane.virtio.GuestMemory;
import io.backplane.virtio.ViolationException;
import java.util.ArrayList;
import java.util.List;

/**
 * The regions of guest memory that one front-end shares, mapped. Global state: main only, and
 * changed only while no queue runs. It owns the mappings.
 *
 * <p>A file that is shorter than its region says is refused, because touching the rest would be a
 * fault. A file that is not sealed against shrinking may still shrink later; the access then fails
 * as an InternalError, which breaks this device and nothing else.
 */
final class FrontEndMemory implements AutoCloseable {
    /** Most regions a front-end may add. */
    static final int SLOT_COUNT = 509;

    private record Mapped(MemoryRegionMessage region, MappedFile file) {
        GuestMemory.Region guest() {
            return new GuestMemory.Region(region.guestAddress(), file.segment());
        }
    }

    // Global state
    private final List<Mapped> regions = new ArrayList<>();
    private GuestMemory guest = GuestMemory.NONE;

    /** The memory as the device sees it. */
    GuestMemory guest() {
        return guest;
    }

    /**
     * Adds a region. The descriptor stays the caller's.
     *
     * @throws HostIoException if the host cannot map it; nothing has changed
     * @throws ViolationException if it cannot be; nothing has changed
     */
    void add(MemoryRegionMessage region, int fd) throws ViolationException, HostIoException {
        check(region, fd);
        Mapped mapped = new Mapped(region,
                MappedFile.map(fd, region.fileOffset(), region.bytes(), true));
        regions.add(mapped);
        try {
            publish();
        } catch (ViolationException e) {
            regions.remove(mapped);
            mapped.file.close();
            throw e;
        }
    }

    private void check(MemoryRegionMessage region, int fd) throws ViolationException {
        long bytes = region.bytes();
        long offset = region.fileOffset();
        if (regions.size() >= SLOT_COUNT) {
            throw new ViolationException("more than " + SLOT_COUNT + " memory regions");
        }
        if (bytes <= 0 || offset < 0 || offset + bytes < 0
                || offset + bytes > MappedFile.fileBytes(fd)) {
            throw new ViolationException("memory region of " + bytes + " bytes at file offset "
                    + offset + " is not inside its file of " + MappedFile.fileBytes(fd)
                    + " bytes (" + Fds.link(fd) + ")");
        }
        long userLast = region.userAddress() + bytes - 1;
        if (Long.compareUnsigned(userLast, region.userAddress()) < 0) {
            throw new ViolationException("memory region at user address 0x"
                    + Long.toHexString(region.userAddress()) + " wraps around");
        }
    }

    /** Removes the region at these addresses and of this length; false: there is none. */
    boolean remove(MemoryRegionMessage region) throws ViolationException {
        for (Mapped mapped : regions) {
            MemoryRegionMessage have = mapped.region;
            if (have.guestAddress() == region.guestAddress() && have.bytes() == region.bytes()
                    && have.userAddress() == region.userAddress()) {
                regions.remove(mapped);
                publish();
                mapped.file.close();
                return true;
            }
        }
        return false;
    }

    private void publish() throws ViolationException {
        List<GuestMemory.Region> list = new ArrayList<>();
        for (Mapped mapped : regions) {
            list.add(mapped.guest());
        }
        guest = GuestMemory.of(list);
    }

    /**
     * The guest physical address of a front-end's own address.
     *
     * @throws ViolationException if it is in no region
     */
    long guestAddress(long userAddress) throws ViolationException {
        for (Mapped mapped : regions) {
            long distance = userAddress - mapped.region.userAddress();
            if (Long.compareUnsigned(distance, mapped.region.bytes()) < 0) {
                return mapped.region.guestAddress() + distance;
            }
        }
        throw new ViolationException("user address 0x" + Long.toHexString(userAddress)
                + " is in no memory region");
    }

    /** Number of regions. */
    int count() {
        return regions.size();
    }

    /** Unmaps all. */
    @Override
    public void close() {
        guest = GuestMemory.NONE;
        for (Mapped mapped : regions) {
            mapped.file.close();
        }
        regions.clear();
    }
}
