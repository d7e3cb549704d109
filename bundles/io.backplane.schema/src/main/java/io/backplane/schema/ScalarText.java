package io.backplane.schema;

import io.backplane.schema.TypeModel.Builtin;
import java.math.BigInteger;

/** Scalars of the command line, and the ranges of whole numbers. */
final class ScalarText {
    private ScalarText() {
    }

    static Object parse(Builtin type, boolean size, String text, String path)
            throws OptionException {
        return switch (type) {
            case STRING, ANY -> text;
            case BOOLEAN -> switch (text) {
                case "on", "yes", "true", "y" -> true;
                case "off", "no", "false", "n" -> false;
                default -> throw OptionException.expects(path, "'on' or 'off'");
            };
            case INT32, INT64 -> size ? size(text, path)
                    : ranged(type, false, integer(text, path), path);
            case NUMBER -> number(text, path);
            case NULL -> {
                if (!text.isEmpty()) {
                    throw OptionException.wrongType(path, "null");
                }
                yield null;
            }
        };
    }

    private static Long size(String text, String path) throws OptionException {
        long bytes = Size.parse(text);
        if (bytes < 0) {
            throw OptionException.expects(path, "a size such as 65536, 64k or 1.5G, not '"
                    + text + "'");
        }
        return bytes;
    }

    private static BigInteger integer(String text, String path) throws OptionException {
        boolean negative = text.startsWith("-");
        String digits = negative || text.startsWith("+") ? text.substring(1) : text;
        boolean hex = digits.startsWith("0x") || digits.startsWith("0X");
        if (!digits.matches(hex ? "0[xX][0-9a-fA-F]{1,32}" : "[0-9]{1,32}")) {
            throw OptionException.expects(path, "integer");
        }
        BigInteger value = hex ? new BigInteger(digits.substring(2), 16) : new BigInteger(digits);
        return negative ? value.negate() : value;
    }

    private static Double number(String text, String path) throws OptionException {
        if (!text.matches("[-+]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][-+]?[0-9]+)?")) {
            throw OptionException.expects(path, "number");
        }
        return Double.valueOf(text);
    }

    /** The number as the component's type. */
    static Object ranged(Builtin type, boolean size, Number number, String path)
            throws OptionException {
        BigInteger value = number instanceof BigInteger big ? big
                : BigInteger.valueOf(number.longValue());
        if (size && value.signum() < 0) {
            throw OptionException.expects(path, "a size, not " + value);
        }
        boolean narrow = type == Builtin.INT32;
        if (value.bitLength() > (narrow && !size ? 31 : 63)) {
            throw OptionException.expects(path, narrow ? "int32" : "integer");
        }
        if (narrow) {
            if (value.bitLength() > 31) {
                throw OptionException.expects(path, "int32");
            }
            return value.intValue();
        }
        return value.longValue();
    }
}
