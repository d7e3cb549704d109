package io.backplane.tool.bench;

import com.google.gson.annotations.SerializedName;
import io.backplane.tool.guest.BenchResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What a case gave.
 *
 * @param name of the case
 * @param ours passes of our daemon
 * @param peer passes of qemu-storage-daemon, in the same order; empty: not installed
 * @param iopsRatio median over the pairs, ours to the peer's; 0 without peer
 * @param cpuRatio the same of CPU time per request
 * @param p50Ratio the same of median latency
 * @param good whether the goals are met; null without peer
 */
record CaseResult(@SerializedName("case") String name, List<BenchResult> ours,
        List<BenchResult> peer, @SerializedName("iops-ratio") double iopsRatio,
        @SerializedName("cpu-ratio") double cpuRatio,
        @SerializedName("p50-ratio") double p50Ratio, Boolean good) {

    /** Computes ratios and verdict. */
    static CaseResult of(BenchCase one, List<BenchResult> ours, List<BenchResult> peer) {
        if (peer.isEmpty()) {
            return new CaseResult(one.name(), ours, peer, 0, 0, 0, null);
        }
        double iops = ratio(ours, peer, BenchResult::iops);
        double cpu = ratio(ours, peer, BenchResult::cpuUsPerIo);
        double p50 = ratio(ours, peer, BenchResult::p50Us);
        boolean good = (one.iopsGoal() == 0 || iops >= one.iopsGoal())
                && (one.cpuGoal() == 0 || cpu <= one.cpuGoal())
                && (one.p50Goal() == 0 || p50 <= one.p50Goal());
        return new CaseResult(one.name(), ours, peer, iops, cpu, p50, good);
    }

    private static double ratio(List<BenchResult> ours, List<BenchResult> peer,
            ToDoubleFunction<BenchResult> value) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < ours.size(); i++) {
            ratios.add(value.applyAsDouble(ours.get(i))
                    / Math.max(1e-9, value.applyAsDouble(peer.get(i))));
        }
        return median(ratios);
    }

    /** Median of a value over passes. */
    static double median(List<BenchResult> passes, ToDoubleFunction<BenchResult> value) {
        return median(new ArrayList<>(passes.stream().map(value::applyAsDouble).toList()));
    }

    private static double median(List<Double> values) {
        values.sort(Comparator.naturalOrder());
        int middle = values.size() / 2;
        return values.size() % 2 == 1 ? values.get(middle)
                : (values.get(middle - 1) + values.get(middle)) / 2;
    }
}
