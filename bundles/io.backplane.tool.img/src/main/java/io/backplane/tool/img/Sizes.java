package io.backplane.tool.img;

import io.backplane.schema.Size;

/** Sizes as people type and read them. */
final class Sizes {
    private static final String[] UNITS = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};

    private Sizes() {
    }

    /**
     * The size in bytes that {@code text} says.
     *
     * @param what what it is the size of, for the error
     */
    static long parse(String what, String text) throws ToolException {
        long plain = plainDigits(text);
        if (plain >= 0) {
            return plain;
        }
        long bytes = Size.parse(text);
        if (bytes >= 0) {
            return bytes;
        }
        String digits = text.isEmpty() ? "" : text.substring(0, text.length() - 1);
        boolean number = plainDigits(digits) >= 0 || !digits.isEmpty()
                && digits.chars().allMatch(Character::isDigit);
        if (number && "0123456789bBkKmMgGtTpPeE".indexOf(text.charAt(text.length() - 1)) >= 0) {
            throw new ToolException("Invalid " + what + " specified. Must be between 0 and "
                    + Long.MAX_VALUE + ".");
        }
        throw new ToolException("Invalid " + what
                + " specified. You may use k, M, G, T, P or E suffixes for\n"
                + Console.TOOL + ": kilobytes, megabytes, gigabytes, terabytes, petabytes and"
                + " exabytes.");
    }

    /** The value of up to 18 digits and at most one letter for the unit; -1: something else. */
    private static long plainDigits(String text) {
        int length = text.length();
        if (length == 0) {
            return -1;
        }
        int unit = "KMGTPE".indexOf(Character.toUpperCase(text.charAt(length - 1)));
        int end = unit >= 0 ? length - 1 : length;
        if (end == 0 || end > 18 || text.charAt(0) == '0' && end > 1) {
            return -1;
        }
        long value = 0;
        for (int i = 0; i < end; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            value = value * 10 + digit;
        }
        int shift = 10 * (unit + 1);
        return value > Long.MAX_VALUE >> shift ? -1 : value << shift;
    }

    /** {@code bytes} with three digits and a unit, such as {@code 528 KiB}. */
    static String human(long bytes) {
        // a unit holds up to 999, so that three digits are enough
        double scaled = bytes * 1024.0 / 1000.0;
        int unit = scaled < 1 ? 0 : Math.getExponent(scaled) / 10;
        double value = bytes / (double) (1L << unit * 10);
        return threeDigits(value) + " " + UNITS[unit] + "B";
    }

    private static String threeDigits(double value) {
        int decimals = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 || value == 0 ? 2 : 3;
        long power = decimals == 0 ? 1 : decimals == 1 ? 10 : decimals == 2 ? 100 : 1000;
        long rounded = (long) Math.rint(value * power);
        if (rounded >= 1000 && decimals == 0) {
            return "1e+03";
        }
        String digits = fixed(rounded, decimals);
        if (decimals == 0) {
            return digits;
        }
        int end = digits.length();
        while (digits.charAt(end - 1) == '0') {
            end--;
        }
        return digits.substring(0, digits.charAt(end - 1) == '.' ? end - 1 : end);
    }

    /** {@code value} with two decimals. */
    static String twoDecimals(double value) {
        return fixed((long) Math.rint(value * 100), 2);
    }

    private static String fixed(long scaled, int decimals) {
        StringBuilder digits = new StringBuilder(Long.toString(scaled));
        while (digits.length() <= decimals) {
            digits.insert(0, '0');
        }
        return decimals == 0 ? digits.toString()
                : digits.insert(digits.length() - decimals, '.').toString();
    }
}
