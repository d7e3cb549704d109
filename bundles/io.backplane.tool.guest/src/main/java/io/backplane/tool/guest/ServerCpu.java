package io.backplane.tool.guest;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * CPU time and memory of another process, from {@code /proc}: nanoseconds of all its threads by
 * {@code task/TID/schedstat}, or ticks of 10 ms by {@code stat} where the kernel keeps no
 * schedstat. Time of threads that ended between two looks is lost in the former.
 */
public final class ServerCpu {
    private static final long TICK_NS = 10_000_000L;

    private ServerCpu() {
    }

    /** CPU time in nanoseconds so far; -1 if the process is gone. */
    public static long cpuNs(long pid) {
        long sum = 0;
        boolean any = false;
        try (DirectoryStream<Path> tasks =
                Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
            for (Path task : tasks) {
                long ns = schedstatNs(task.resolve("schedstat"));
                if (ns >= 0) {
                    any = true;
                    sum += ns;
                }
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            return -1;
        }
        return any ? sum : ticksNs(pid);
    }

    private static long schedstatNs(Path file) {
        try {
            String text = Files.readString(file);
            return Long.parseLong(text.substring(0, text.indexOf(' ')));
        } catch (IOException | RuntimeException e) {
            return -1;
        }
    }

    private static long ticksNs(long pid) {
        try {
            String text = Files.readString(Path.of("/proc/" + pid + "/stat"));
            String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ");
            return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * TICK_NS;
        } catch (IOException | RuntimeException e) {
            return -1;
        }
    }

    /** Resident memory in bytes; -1 if the process is gone. */
    public static long residentBytes(long pid) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
                }
            }
        } catch (IOException | RuntimeException e) {
            return -1;
        }
        return -1;
    }
}
