package io.backplane.assemble;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** What somebody who misspelt a name may have meant. */
final class Nearest {
    private static final int MOST = 3;

    private Nearest() {
    }

    /** The names most like {@code name}, the likest first; none too different. */
    static List<String> of(String name, Collection<String> names) {
        int limit = Math.min(4, name.length() / 3);
        return names.stream().distinct().filter(n -> distance(name, n) <= limit)
                .sorted(Comparator.<String>comparingInt(n -> distance(name, n))
                        .thenComparing(n -> n))
                .limit(MOST).toList();
    }

    /** As a sentence part, {@code "; did you mean 'bundles'?"}; empty if nothing is alike. */
    static String hint(String name, Collection<String> names) {
        List<String> nearest = of(name, names);
        return nearest.isEmpty() ? "" : "; did you mean '" + String.join("' or '", nearest) + "'?";
    }

    /** The number of letters to insert, delete or replace. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
