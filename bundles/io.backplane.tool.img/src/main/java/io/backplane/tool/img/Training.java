package io.backplane.tool.img;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;

/** Runs typical commands, for the JVM to record what it can keep ready for the next start. */
public final class Training {
    private Training() {
    }

    /** @param args a folder for the images */
    public static void main(String[] args) {
        Path folder = Path.of(args[0]);
        String base = folder.resolve("base.qcow2").toString();
        String top = folder.resolve("top.qcow2").toString();
        String raw = folder.resolve("disk.raw").toString();
        String copy = folder.resolve("copy.qcow2").toString();
        run("create", "-f", "qcow2", base, "64M");
        run("create", "-f", "qcow2", "-b", base, "-F", "qcow2", top);
        run("create", raw, "16M");
        run("info", top);
        run("info", "--backing-chain", "--output=json", top);
        run("check", base);
        run("check", "--output=json", base);
        run("map", top);
        run("map", "--output=json", top);
        run("resize", "-f", "raw", raw, "+1M");
        run("convert", "-f", "raw", "-O", "qcow2", raw, copy);
        run("convert", "-O", "raw", copy, raw);
        run("compare", raw, copy);
        run("info", folder.resolve("missing").toString());
        run("--help");
    }

    private static void run(String... args) {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
        Main.run(args, nowhere, nowhere);
    }
}
