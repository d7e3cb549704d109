package io.backplane.assemble;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/** Hashes of files, and the checksum files that Maven repositories keep beside a jar. */
final class Digest {

    private Digest() {
    }

    static MessageDigest of(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(algorithm + " is in every Java runtime", e);
        }
    }

    /** The hash of a file in lower-case hexadecimal. */
    static String hex(String algorithm, Path file) throws AssemblyException {
        MessageDigest digest = of(algorithm);
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            in.transferTo(java.io.OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw new AssemblyException("can't read " + file + ": " + e, e);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Compares the jar with the strongest checksum file beside it, if there is one. */
    static void checkBeside(Path jar) throws AssemblyException {
        for (String algorithm : new String[] {"SHA-512", "SHA-256", "SHA-1", "MD5"}) {
            Path beside = jar.resolveSibling(jar.getFileName() + "."
                    + algorithm.replace("-", "").toLowerCase(Locale.ROOT));
            if (!Files.isRegularFile(beside)) {
                continue;
            }
            try {
                String wanted = Files.readString(beside).strip().split("\\s+")[0];
                String found = hex(algorithm, jar);
                if (!wanted.equalsIgnoreCase(found)) {
                    throw new AssemblyException(jar + " is damaged: its " + algorithm + " is "
                            + found + ", but " + beside.getFileName() + " says " + wanted);
                }
            } catch (IOException e) {
                throw new AssemblyException("can't read " + beside + ": " + e, e);
            }
            return;
        }
    }
}
