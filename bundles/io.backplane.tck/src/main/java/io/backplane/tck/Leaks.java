package io.backplane.tck;

import java.io.File;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;

/** Descriptors, native memory and threads of this process, before and after. */
final class Leaks {
    /** What the JVM files its Java code's allocations under. */
    private static final Pattern OTHER = Pattern.compile("Other \\(reserved=(\\d+)");
    private static final int DESCRIPTORS_SLACK = 4;
    private static final int THREADS_SLACK = 2;

    private static final int COLLECTIONS = 5;
    private static final long PAUSE_NS = 5_000_000;

    private long descriptors;
    private long memoryBytes;
    private int threads;
    private Leaks last;

    /** Measures; what comes later is compared with the measurement that is {@code first}. */
    void measure(boolean first) {
        Leaks now = first ? this : new Leaks();
        now.descriptors = new File("/proc/self/fd").list().length;
        now.memoryBytes = memory();
        for (int i = 0; i < COLLECTIONS && (first || now.memoryBytes > memoryBytes); i++) {
            System.gc(); // what the collector frees is no leak
            LockSupport.parkNanos(PAUSE_NS);
            now.memoryBytes = memory();
        }
        memoryBytes = Math.min(memoryBytes, now.memoryBytes); // garbage of others may have gone
        now.threads = Thread.activeCount();
        last = now;
    }

    /**
     * Bytes that Java code has allocated outside its heap. Arenas that somebody has to close count
     * only if the JVM tracks native memory (-XX:NativeMemoryTracking=summary).
     */
    private static long memory() {
        try {
            String summary = (String) ManagementFactory.getPlatformMBeanServer().invoke(
                    new ObjectName("com.sun.management:type=DiagnosticCommand"),
                    "vmNativeMemory", new Object[] {new String[] {"summary", "scale=B"}},
                    new String[] {String[].class.getName()});
            Matcher other = OTHER.matcher(summary);
            if (other.find()) {
                return Long.parseLong(other.group(1));
            }
        } catch (JMException e) {
            throw new IllegalStateException(e);
        }
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed).sum();
    }

    /** Fails if there is more than there was. */
    void check() {
        if (last.descriptors > descriptors + DESCRIPTORS_SLACK) {
            throw new AssertionError("file descriptors leak: " + descriptors + " before, "
                    + last.descriptors + " after");
        }
        if (last.memoryBytes > memoryBytes) {
            throw new AssertionError("native memory leaks: " + memoryBytes + " bytes before, "
                    + last.memoryBytes + " after");
        }
        if (last.threads > threads + THREADS_SLACK) {
            throw new AssertionError("threads leak: " + threads + " before, " + last.threads
                    + " after");
        }
    }
}
