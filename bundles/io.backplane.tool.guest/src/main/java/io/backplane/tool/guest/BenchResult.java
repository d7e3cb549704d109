package io.backplane.tool.guest;

import com.google.gson.annotations.SerializedName;
import java.util.Locale;

/**
 * What one measurement gave. Names in JSON as here, times in microseconds.
 *
 * @param cpuUsPerIo CPU time of the server per request; -1: not measured
 * @param residentBytes memory of the server at the end; -1: not measured
 */
public record BenchResult(String op, @SerializedName("bs") int blockBytes,
        @SerializedName("qd") int depth, int queues, String mode, double seconds, long ios,
        double iops, double mbps, @SerializedName("lat-mean") double meanUs,
        @SerializedName("lat-p50") double p50Us, @SerializedName("lat-p99") double p99Us,
        @SerializedName("lat-p999") double p999Us, @SerializedName("lat-max") double maxUs,
        @SerializedName("kicks-per-io") double kicksPerIo,
        @SerializedName("waits-per-io") double waitsPerIo,
        @SerializedName("cpu-us-per-io") double cpuUsPerIo,
        @SerializedName("resident-bytes") long residentBytes, long errors) {

    /** The table for people. */
    String text() {
        StringBuilder text = new StringBuilder(512);
        line(text, "%-14s %s, %d bytes, depth %d, %d queue%s, %s", "load", op, blockBytes, depth,
                queues, queues == 1 ? "" : "s", mode);
        line(text, "%-14s %.3f s, %d requests, %d errors", "measured", seconds, ios, errors);
        line(text, "%-14s %.0f", "IOPS", iops);
        line(text, "%-14s %.1f", "MB/s", mbps);
        line(text, "%-14s mean %.1f, p50 %.1f, p99 %.1f, p99.9 %.1f, max %.1f", "latency us",
                meanUs, p50Us, p99Us, p999Us, maxUs);
        line(text, "%-14s %.4f kicks, %.4f waits", "per request", kicksPerIo, waitsPerIo);
        if (cpuUsPerIo >= 0) {
            line(text, "%-14s %.3f us CPU per request, %.1f MiB resident", "server", cpuUsPerIo,
                    residentBytes / 1048576.0);
        }
        return text.toString();
    }

    private static void line(StringBuilder text, String format, Object... values) {
        text.append(String.format(Locale.ROOT, format, values)).append(System.lineSeparator());
    }
}
