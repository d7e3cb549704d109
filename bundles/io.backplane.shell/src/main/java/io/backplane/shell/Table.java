package io.backplane.shell;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A table of text with columns as wide as their longest cell. */
final class Table {
    private final List<String[]> rows = new ArrayList<>();
    private final int[] widths;

    Table(String... headings) {
        widths = new int[headings.length];
        row((Object[]) headings);
    }

    /** Adds a row; null is an empty cell. */
    void row(Object... cells) {
        if (cells.length != widths.length) {
            throw new IllegalArgumentException(
                    cells.length + " cells in a table of " + widths.length + " columns");
        }
        String[] texts = Arrays.stream(cells).map(c -> c == null ? "" : c.toString())
                .toArray(String[]::new);
        for (int i = 0; i < texts.length; i++) {
            widths[i] = Math.max(widths[i], texts[i].length());
        }
        rows.add(texts);
    }

    void print(PrintStream out) {
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.length; i++) {
                line.append(row[i]).repeat(' ', widths[i] - row[i].length() + 2);
            }
            out.println(line.toString().stripTrailing());
        }
    }
}
