package io.backplane.sys;

/** System call numbers and flags that differ between the two supported architectures. */
final class Numbers {
    private static final boolean X86 = isX86();

    static final int READ = X86 ? 0 : 63;
    static final int WRITE = X86 ? 1 : 64;
    static final int CLOSE = X86 ? 3 : 57;
    static final int LSEEK = X86 ? 8 : 62;
    static final int MMAP = X86 ? 9 : 222;
    static final int MUNMAP = X86 ? 11 : 215;
    static final int IOCTL = X86 ? 16 : 29;
    static final int SOCKET = X86 ? 41 : 198;
    static final int CONNECT = X86 ? 42 : 203;
    static final int SENDMSG = X86 ? 46 : 211;
    static final int RECVMSG = X86 ? 47 : 212;
    static final int SHUTDOWN = X86 ? 48 : 210;
    static final int BIND = X86 ? 49 : 200;
    static final int LISTEN = X86 ? 50 : 201;
    static final int SOCKETPAIR = X86 ? 53 : 199;
    static final int GETSOCKNAME = X86 ? 51 : 204;
    static final int SETSOCKOPT = X86 ? 54 : 208;
    static final int FCNTL = X86 ? 72 : 25;
    static final int FDATASYNC = X86 ? 75 : 83;
    static final int FTRUNCATE = X86 ? 77 : 46;
    static final int FCHMOD = X86 ? 91 : 52;
    static final int GETTID = X86 ? 186 : 178;
    static final int SCHED_SETAFFINITY = X86 ? 203 : 122;
    static final int EPOLL_CTL = X86 ? 233 : 21;
    static final int OPENAT = X86 ? 257 : 56;
    static final int PPOLL = X86 ? 271 : 73;
    static final int FALLOCATE = X86 ? 285 : 47;
    static final int ACCEPT4 = X86 ? 288 : 242;
    static final int EVENTFD2 = X86 ? 290 : 19;
    static final int EPOLL_CREATE1 = X86 ? 291 : 20;
    static final int EPOLL_PWAIT = X86 ? 281 : 22;
    static final int MEMFD_CREATE = X86 ? 319 : 279;
    static final int PREADV2 = X86 ? 327 : 286;
    static final int PWRITEV2 = X86 ? 328 : 287;
    static final int STATX = X86 ? 332 : 291;
    static final int IO_URING_SETUP = 425;
    static final int IO_URING_ENTER = 426;
    static final int IO_URING_REGISTER = 427;
    static final int EPOLL_PWAIT2 = 441;

    static final int O_DIRECT = X86 ? 0x4000 : 0x10000;
    /** Size of {@code struct epoll_event}: packed on x86-64 only. */
    static final int EPOLL_EVENT_BYTES = X86 ? 12 : 16;
    static final int EPOLL_DATA_OFFSET = X86 ? 4 : 8;

    private Numbers() {
    }

    private static boolean isX86() {
        String arch = System.getProperty("os.arch");
        if (!System.getProperty("os.name").equals("Linux")
                || !(arch.equals("amd64") || arch.equals("aarch64"))) {
            throw new UnsupportedOperationException("native I/O needs Linux on amd64 or aarch64,"
                    + " this is " + System.getProperty("os.name") + " on " + arch);
        }
        return arch.equals("amd64");
    }
}
