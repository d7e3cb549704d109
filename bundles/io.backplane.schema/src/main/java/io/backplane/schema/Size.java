package io.backplane.schema;

import java.math.BigDecimal;
import java.math.BigInteger;

/** Sizes in bytes as people type them: {@code 512}, {@code 64k}, {@code 1M}, {@code 1.5G}, hex. */
public final class Size {
    private static final String UNITS = "BKMGTPE";

    private Size() {
    }

    /**
     * The size in bytes; -1 if {@code text} is none, or does not fit a long.
     */
    public static long parse(String text) {
        if (text.startsWith("0x") || text.startsWith("0X")) {
            return parseHex(text.substring(2));
        }
        int end = text.length();
        int unit = end == 0 ? -1 : UNITS.indexOf(Character.toUpperCase(text.charAt(end - 1)));
        String number = unit >= 0 ? text.substring(0, end - 1) : text;
        if (!number.matches("[0-9]+(\\.[0-9]*)?|\\.[0-9]+") || number.length() > 40) {
            return -1;
        }
        BigDecimal exact = new BigDecimal(number)
                .multiply(new BigDecimal(BigInteger.ONE.shiftLeft(10 * Math.max(unit, 0))));
        BigInteger bytes = exact.toBigInteger();
        return bytes.bitLength() > 63 ? -1 : bytes.longValue();
    }

    private static long parseHex(String digits) {
        try {
            return digits.isEmpty() || digits.charAt(0) == '-' || digits.charAt(0) == '+' ? -1
                    : Long.parseLong(digits, 16);
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
