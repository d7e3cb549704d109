package io.backplane.tck;

import static io.backplane.tck.GuestRing.BASE;
import static io.backplane.tck.GuestRing.DATA;
import static io.backplane.tck.GuestRing.INDIRECT;
import static io.backplane.tck.GuestRing.NEXT;
import static io.backplane.tck.GuestRing.TABLE;
import static io.backplane.tck.GuestRing.WRITE;

/** What no driver may put into a ring; virtio 1.2, 2.7. */
enum Lie {
    DESCRIPTOR_FOLLOWED_BY_ITSELF {
        @Override
        void write(GuestRing guest) {
            guest.desc(0, BASE + DATA, 16, NEXT, 0);
        }
    },
    LOOP_OF_DESCRIPTORS {
        @Override
        void write(GuestRing guest) {
            guest.desc(0, BASE + DATA, 16, NEXT, 1);
            guest.desc(1, BASE + DATA, 16, NEXT, 2);
            guest.desc(2, BASE + DATA, 16, NEXT, 1);
        }
    },
    NEXT_BEHIND_THE_TABLE {
        @Override
        void write(GuestRing guest) {
            guest.desc(0, BASE + DATA, 16, NEXT, GuestRing.SIZE);
        }
    },
    HEAD_BEHIND_THE_TABLE {
        @Override
        void tell(GuestRing guest) {
            guest.offer(GuestRing.SIZE);
        }
    },
    ADDRESS_OUTSIDE_OF_MEMORY {
        @Override
        void write(GuestRing guest) {
            guest.desc(0, BASE - 8, 16, WRITE, 0);
        }
    },
    END_OUTSIDE_OF_MEMORY {
        @Override
        void write(GuestRing guest) {
            guest.desc(0, BASE + guest.memory().byteSize() - 8, 16, WRITE, 0);
        }
    },
    RANGE_THAT_WRAPS_AROUND {
        @Override
        void write(GuestRing guest) {
            guest.desc(0, -8, 16, WRITE, 0);
        }
    },
    LENGTH_OF_FOUR_GIB {
        @Override
        void write(GuestRing guest) {
            guest.desc(0, BASE + DATA, 0xffff_ffffL, WRITE, 0);
        }
    },
    READABLE_AFTER_WRITABLE {
        @Override
        void write(GuestRing guest) {
            guest.desc(0, BASE + DATA, 16, WRITE | NEXT, 1);
            guest.desc(1, BASE + DATA + 16, 16, 0, 0);
        }
    },
    INDIRECT_IN_INDIRECT {
        @Override
        void write(GuestRing guest) {
            guest.desc(0, BASE + TABLE, 32, INDIRECT, 0);
            guest.desc(TABLE, 0, BASE + TABLE, 32, INDIRECT, 0);
        }
    },
    LOOP_IN_INDIRECT {
        @Override
        void write(GuestRing guest) {
            guest.desc(0, BASE + TABLE, 32, INDIRECT, 0);
            guest.desc(TABLE, 0, BASE + DATA, 16, NEXT, 1);
            guest.desc(TABLE, 1, BASE + DATA, 16, NEXT, 0);
        }
    },
    INDIRECT_OF_HALF_A_DESCRIPTOR {
        @Override
        void write(GuestRing guest) {
            guest.desc(0, BASE + TABLE, 24, INDIRECT, 0);
        }
    },
    INDIRECT_OUTSIDE_OF_MEMORY {
        @Override
        void write(GuestRing guest) {
            guest.desc(0, BASE + guest.memory().byteSize() - 16, 32, INDIRECT, 0);
        }
    },
    EMPTY_INDIRECT {
        @Override
        void write(GuestRing guest) {
            guest.desc(0, BASE + TABLE, 0, INDIRECT, 0);
        }
    },
    MORE_REQUESTS_THAN_DESCRIPTORS {
        @Override
        void tell(GuestRing guest) {
            guest.availIndex(guest.usedIndex() + GuestRing.SIZE + 1);
        }
    };

    /** Puts it into an idle ring. */
    void tell(GuestRing guest) {
        write(guest);
        guest.offer(0);
    }

    /** Writes the descriptors of the chain that begins with the first one. */
    void write(GuestRing guest) {
        throw new AssertionError("nothing to write");
    }
}
