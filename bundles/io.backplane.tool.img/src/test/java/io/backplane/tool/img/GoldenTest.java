package io.backplane.tool.img;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same commands by qemu-img and by this tool: same words, same exit codes. */
@EnabledIf("io.backplane.tool.img.BothTools#installed")
class GoldenTest {
    private static final String JSON =
            "json:{\"driver\":\"qcow2\",\"file\":{\"driver\":\"file\",\"filename\":\"@a.qcow2\"}}";

    @TempDir
    static Path folder;

    private static BothTools tools;

    @BeforeAll
    static void makeImages() throws Exception {
        tools = new BothTools(folder);
        try (RandomAccessFile file = new RandomAccessFile(folder.resolve("r.raw").toFile(), "rw")) {
            byte[] data = new byte[2 << 20];
            new Random(1).nextBytes(data);
            file.write(data);
            file.seek(5 << 20);
            file.write(data, 0, 700_000);
            file.setLength(16 << 20);
        }
        made("convert -O qcow2 @r.raw @a.qcow2");
        made("convert -O qcow2 -o compat=0.10 @r.raw @v2.qcow2");
        made("convert -O qcow2 -o cluster_size=4k,refcount_bits=1 @r.raw @small.qcow2");
        made("convert -O qcow2 -o extended_l2=on,compression_type=zstd @r.raw @ext.qcow2");
        made("convert -c -O qcow2 @r.raw @c.qcow2");
        made("create -q -f qcow2 -b a.qcow2 -F qcow2 @top.qcow2 20M");
        made("create -q -f qcow2 -b top.qcow2 -F qcow2 @toptop.qcow2");
        made("create -q -f qcow2 -u -b missing -F raw @nobacking.qcow2 1M");
        made("create -q -f raw @odd.raw 10000");
        qemuIo("write -P 7 1M 1M", "top.qcow2");
        qemuIo("write -z 3M 128k", "top.qcow2");
        qemuIo("write -P 9 17M 64k", "top.qcow2");
        qemuIo("write -P 3 1M 64k", "toptop.qcow2");
        made("create -q -f qcow2 @snap.qcow2 8M");
        qemuIo("write 0 1M", "snap.qcow2");
        made("snapshot -c first @snap.qcow2");
        qemuIo("write 0 100k", "snap.qcow2");
        made("snapshot -c another-name @snap.qcow2");
        leak(folder.resolve("a.qcow2"), folder.resolve("leak.qcow2"));
        leakBehindTheEnd(folder.resolve("behind.qcow2"));
        made("create -q -f qcow2 @bits.qcow2 1M");
        made("bitmap --add @bits.qcow2 every");
        made("bitmap --add --disable -g 4k @bits.qcow2 nothing");
        made("create -q -f qcow2 -o extended_l2=on @sub.qcow2 1M");
        for (String write : new String[] {"write 0 4k", "write 128k 2k", "write -z 192k 4k",
            "write 256k 64k", "write -z 256k 8k"}) {
            qemuIo(write, "sub.qcow2");
        }
        made("create -q -f qcow2 -o preallocation=metadata @sparse.qcow2 4M");
        qemuIo("write 1M 1M", "sparse.qcow2");
        made("convert -O qcow2 @r.raw @holes.qcow2");
        try (RandomAccessFile file = new RandomAccessFile(folder.resolve("holes.qcow2").toFile(),
                "r")) {
            assertEquals(0, tools.run("fallocate -p -o " + (file.length() - 131072) + " -l 8192 "
                    + folder.resolve("holes.qcow2")).code());
        }
        made("create -q -f qcow2 -o data_file=@pre.raw,preallocation=metadata @pre.qcow2 1M");
        qemuIo("write 64k 4k", "pre.qcow2");
        made("create -q -f qcow2 -o data_file=@gone.raw @lost.qcow2 1M");
        java.nio.file.Files.delete(folder.resolve("gone.raw"));
        made("create -q -f qcow2 -o data_file=@fifo @fifo.qcow2 1M");
        java.nio.file.Files.delete(folder.resolve("fifo"));
        assertEquals(0, tools.run("mkfifo @fifo").code());
    }

    private static void made(String command) throws IOException, InterruptedException {
        BothTools.Outcome outcome = tools.theirs(command);
        assertEquals(0, outcome.code(), outcome.text());
    }

    private static void qemuIo(String command, String file) throws Exception {
        Process process = new ProcessBuilder("qemu-io", "-c", command,
                folder.resolve(file).toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        assertEquals(0, process.waitFor());
    }

    /** A copy with refcounts of one for clusters that nothing uses. */
    private static void leak(Path image, Path copy) throws IOException {
        java.nio.file.Files.copy(image, copy);
        try (RandomAccessFile file = new RandomAccessFile(copy.toFile(), "rw")) {
            file.seek(48);
            file.seek(file.readLong());
            file.seek(file.readLong() + 2 * 150);
            file.writeShort(1);
            file.writeShort(1);
            file.setLength(16 << 20);
        }
    }

    /** An image with a refcount of one for a cluster behind the end of the file. */
    private static void leakBehindTheEnd(Path image) throws Exception {
        made("create -q -f qcow2 @behind.qcow2 1M");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.seek(48);
            file.seek(file.readLong());
            file.seek(file.readLong() + 2 * 1000);
            file.writeShort(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "info @a.qcow2", "info --output=json @a.qcow2", "info @v2.qcow2", "info @small.qcow2",
        "info --output=json @v2.qcow2", "info @ext.qcow2", "info @r.raw", "info @odd.raw",
        "info --output=json @r.raw", "info @top.qcow2", "info --backing-chain @toptop.qcow2",
        "info --backing-chain --output=json @toptop.qcow2", "info @nobacking.qcow2",
        "info --backing-chain @nobacking.qcow2", "info -U @a.qcow2", "info -f raw @a.qcow2",
        "check @a.qcow2", "check --output=json @a.qcow2", "check @v2.qcow2", "check @ext.qcow2",
        "check @c.qcow2", "check --output=json @c.qcow2", "check -q @a.qcow2", "check @leak.qcow2",
        "check --output=json @leak.qcow2", "check @r.raw", "check --output=json @r.raw",
        "map @a.qcow2", "map --output=json @a.qcow2", "map --output=json @c.qcow2",
        "info @bits.qcow2", "info --output=json @bits.qcow2",
        "check @behind.qcow2", "map --output=json @sub.qcow2", "map --output=json @holes.qcow2",
        "map --output=json @sparse.qcow2", "map @pre.qcow2", "map --output=json @pre.qcow2",
        "info @pre.qcow2", "info --output=json @lost.qcow2", "info @fifo.qcow2",
        "map @r.raw", "map --output=json @r.raw", "map --output=json @odd.raw",
        "map @toptop.qcow2", "map --output=json @toptop.qcow2", "info @snap.qcow2",
        "info --output=json @snap.qcow2", "check @snap.qcow2", "check @small.qcow2",
        "map -s 1M -l 2M --output=json @toptop.qcow2", "map --start-offset=100M @a.qcow2",
        "compare @r.raw @a.qcow2", "compare @r.raw @c.qcow2", "compare @a.qcow2 @ext.qcow2",
        "compare @a.qcow2 @top.qcow2", "compare @r.raw @odd.raw", "compare -s @r.raw @odd.raw",
        "compare -q @a.qcow2 @top.qcow2", "compare -p @r.raw @v2.qcow2",
        "compare @r.raw @missing", "compare @r.raw " + JSON, "map --output=json " + JSON,
        "map --output=json json:{\"driver\":\"qcow2\",\"file.filename\":\"@a.qcow2\"}"})
    void lookingSaysTheSame(String command) throws Exception {
        assertEquals(tools.theirs(command), tools.ours(command));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "info", "info @missing", "info @a.qcow2 @r.raw", "info -Z @a.qcow2", "info --foo @a.qcow2",
        "info --output=xml @a.qcow2", "info -f foo @a.qcow2", "info -f qcow2 @r.raw", "foo",
        "create", "create -f", "create -f foo @x 1M", "create -f qcow2 @x", "create -f qcow2 @x 1X",
        "create -f qcow2 @x -1", "create -f qcow2 -o foo=1 @x 1M", "create -f qcow2 @x 9E",
        "create -f qcow2 -o cluster_size=3k @x 1M", "create -f qcow2 @x 1M extra",
        "create -f qcow2 -o size=1M @x 2M",
        "create -f qcow2 -b @missing -F qcow2 @x", "create -f qcow2 -b @a.qcow2 @x",
        "create -f qcow2 -o preallocation=foo @x 1M", "create -f qcow2 -o compat=2 @x 1M",
        "create -f qcow2 -o refcount_bits=3 @x 1M", "create -f qcow2 -o lazy_refcounts=no @x 1M",
        "create -f qcow2 -o compat=0.10,refcount_bits=8 @x 1M", "create -f null-co @x 1M",
        "create -f qcow2 -o cluster_size=abc @x 1M", "create -f qcow2 @missing/x 1M",
        "create -f raw -b @a.qcow2 @x 1M", "create -f qcow2 -b @x -F qcow2 @x 1M",
        "create -f qcow2 -F qcow2 @x 1M", "create -f raw -o help", "create -f qcow2 -o help",
        "check", "check @missing", "check -r bad @a.qcow2", "map @missing", "map -s 1Z @a.qcow2",
        "compare @a.qcow2", "resize @a.qcow2", "resize @a.qcow2 foo", "resize @a.qcow2 1M",
        "resize @a.qcow2 -1G", "resize --preallocation=full @a.qcow2 1M",
        "resize --preallocation=xx @a.qcow2 +1M", "resize -f qcow2 @r.raw 2M", "convert",
        "convert @a.qcow2", "convert -O foo @a.qcow2 @x", "convert -m 20 @a.qcow2 @x",
        "convert -n -O raw @a.qcow2 @missing", "convert -S 3 @a.qcow2 @x",
        "convert -t foo @a.qcow2 @x", "convert -O qcow2 @missing @x",
        "convert -O qcow2 -B @a.qcow2 @top.qcow2 @x",
        "convert -O qcow2 -o cluster_size=3k @a.qcow2 @x", "convert @a.qcow2 @missing/x"})
    void mistakesAreAnsweredTheSame(String command) throws Exception {
        if (command.equals("create -f qcow2 -o help")) {
            return; // encryption options are not offered here
        }
        assertEquals(tools.theirs(command), tools.ours(command));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "create -f qcow2 @n 10M", "create -f qcow2 @n 1000", "create -f qcow2 @n 1.5G",
        "create -f qcow2 -o compat=0.10 @n 1M", "create -f qcow2 -o cluster_size=512 @n 10M",
        "create -f qcow2 -o cluster_size=2M,refcount_bits=64,lazy_refcounts=on @n 1T",
        "create -f qcow2 -o extended_l2=on,compression_type=zstd @n 1G",
        "create -f qcow2 -o preallocation=metadata @n 10M", "create @n 12345",
        "create -f qcow2 -b @a.qcow2 -F qcow2 @n", "create -q -f qcow2 @n 1M",
        "create -f qcow2 -b @a.qcow2 -F qcow2 -u @n 3M", "create -o preallocation=full @n 1M",
        "convert -O qcow2 @r.raw @n", "convert -O raw @toptop.qcow2 @n",
        "convert -O qcow2 -W -m 4 @c.qcow2 @n", "convert -O qcow2 @r.raw @odd.raw @n",
        "convert -O qcow2 -o cluster_size=4k @toptop.qcow2 @n", "convert -p @a.qcow2 @n",
        "convert -O qcow2 -S 0 @odd.raw @n", "convert -O qcow2 -S 64k @r.raw @n",
        "convert -O qcow2 -B @a.qcow2 -F qcow2 @top.qcow2 @n",
        "convert -t writeback -T none -O raw @a.qcow2 @n"})
    void newImagesAreTheSameToTheOtherTool(String command) throws Exception {
        String theirs = command.replace("@n", "@theirs");
        String ours = command.replace("@n", "@ours");
        BothTools.Outcome expected = tools.theirs(theirs);

        BothTools.Outcome made = tools.ours(ours);

        assertEquals(expected.text(), made.text().replace("@ours", "@theirs"));
        assertEquals(expected.code(), made.code());
        assertEquals(0, tools.theirs("compare @ours @theirs").code());
        int checked = tools.theirs("check -q @ours").code();
        assertEquals(command.contains("-f qcow2") || command.contains("-O qcow2") ? 0 : 63,
                checked);
        assertEquals(withoutDiskSize(tools.theirs("info @theirs").text()),
                withoutDiskSize(tools.theirs("info @ours").text().replace("@ours", "@theirs")));
        java.nio.file.Files.delete(folder.resolve("ours"));
        java.nio.file.Files.delete(folder.resolve("theirs"));
    }

    private static String withoutDiskSize(String info) {
        return info.replaceAll("disk size: .*", "");
    }

    @ParameterizedTest
    @ValueSource(strings = {"data_file=@d.raw", "data_file=@d.raw,data_file_raw=on"})
    void imageWithADataFileOpensInBothTools(String option) throws Exception {
        String create = "create -f qcow2 -o " + option + " @withdata 1M";
        BothTools.Outcome expected = tools.theirs(create);
        BothTools.Outcome info = tools.theirs("info @withdata");

        assertEquals(expected, tools.ours(create));

        assertEquals(withoutDiskSize(info.text()),
                withoutDiskSize(tools.theirs("info @withdata").text()));
        qemuIo("write -P 5 0 100k", "withdata");
        for (String command : new String[] {"check @withdata", "check -q @withdata",
            "compare @withdata @d.raw"}) {
            assertEquals(tools.theirs(command), tools.ours(command), command);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"resize @n +1M", "resize @n 30M", "resize --shrink -f raw @raw 1M",
        "resize -f raw @raw +3k", "resize @raw 20M", "resize -f raw --preallocation=full @raw 18M",
        "resize -q @n 17M", "resize --preallocation=metadata @n +4M"})
    void resizedImagesAreTheSameToTheOtherTool(String command) throws Exception {
        for (String prefix : new String[] {"theirs", "ours"}) {
            java.nio.file.Files.copy(folder.resolve("a.qcow2"), folder.resolve(prefix + "n"));
            java.nio.file.Files.copy(folder.resolve("r.raw"), folder.resolve(prefix + "raw"));
        }
        BothTools.Outcome expected = tools.theirs(command.replace("@", "@theirs"));

        BothTools.Outcome resized = tools.ours(command.replace("@", "@ours"));

        assertEquals(expected.text(), resized.text().replace("@ours", "@theirs"));
        assertEquals(expected.code(), resized.code());
        for (String image : new String[] {"n", "raw"}) {
            assertEquals(0, tools.theirs("compare @ours" + image + " @theirs" + image).code());
            assertEquals(withoutDiskSize(tools.theirs("info @theirs" + image).text()),
                    withoutDiskSize(tools.theirs("info @ours" + image).text()
                            .replace("@ours", "@theirs")));
        }
        assertEquals(0, tools.theirs("check -q @oursn").code());
        for (String file : new String[] {"oursn", "theirsn", "oursraw", "theirsraw"}) {
            java.nio.file.Files.delete(folder.resolve(file));
        }
    }

    @Test
    void imageThatAnotherProcessWritesToIsRefused() throws Exception {
        Process holder = new ProcessBuilder("qemu-io", "-c", "sleep 60000",
                folder.resolve("v2.qcow2").toString()).start();
        try {
            for (int i = 0; i < 100 && tools.theirs("info @v2.qcow2").code() == 0; i++) {
                Thread.sleep(20);
            }
            for (String command : new String[] {"info @v2.qcow2", "info -U @v2.qcow2",
                "check @v2.qcow2", "resize @v2.qcow2 +1M", "convert @v2.qcow2 @locked",
                "create -f qcow2 @v2.qcow2 1M", "compare @r.raw @v2.qcow2",
                "compare -U @r.raw @v2.qcow2"}) {
                assertEquals(tools.theirs(command), tools.ours(command), command);
            }
        } finally {
            holder.destroyForcibly().waitFor();
        }
    }
}
