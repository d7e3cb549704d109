package io.backplane.tool.img;

import java.util.List;

/** What {@code --help} and {@code --version} say. */
final class HelpText {
    private HelpText() {
    }

    static List<String> commands() {
        return List.of("check", "compare", "convert", "create", "info", "map", "resize");
    }

    static String version() {
        String version = HelpText.class.getPackage().getImplementationVersion();
        return Console.TOOL + " version " + (version == null ? "0.1.0" : version) + "\n";
    }

    static String all() {
        return """
            usage: backplane img [standard options] command [command options]
            Disk image tool with the options and output of qemu-img

                '-h', '--help'       display this help and exit
                '-V', '--version'    output version information and exit

            Command syntax:
              check [-q] [-f fmt] [--output=ofmt] [-T src_cache] [-U] filename
              compare [-f fmt] [-F fmt] [-T src_cache] [-p] [-q] [-s] [-U] filename1 filename2
              convert [--target-is-zero] [-U] [-p] [-q] [-n] [-f fmt] [-t cache] [-T src_cache]
                      [-O output_fmt] [-B backing_file [-F backing_fmt]] [-o options]
                      [-S sparse_size] [-m num_coroutines] [-W]
                      filename [filename2 [...]] output_filename
              create [-q] [-f fmt] [-b backing_file [-F backing_fmt]] [-u] [-o options]
                      filename [size]
              info [-f fmt] [--output=ofmt] [--backing-chain] [-U] filename
              map [-f fmt] [--start-offset=offset] [--max-length=len] [--output=ofmt] [-U]
                      filename
              resize [-f fmt] [--preallocation=prealloc] [-q] [--shrink] filename [+ | -]size

            Command parameters:
              fmt           raw or qcow2; guessed if it is not given
              cache         none, writeback, writethrough, directsync or unsafe
              size          bytes, or with a suffix k, M, G, T, P or E (powers of 1024)
              options       name=value,...; '-o help' lists those of a format
              -B            the output has this backing file; what is equal to it is not copied
              -F            format of the backing file
              -m            requests in flight at a time, 1 to 16 (default 8)
              -n            the output exists already
              -p            show the progress
              -q            print nothing but errors
              -s            compare: differing sizes and allocation count as differences
              -S            zeroes of this many bytes are left out of the output (default 4k);
                            0 allocates everything
              -U            open images even if another process writes to them
              -W            write out of order, which may be faster
              --output      human or json
              --shrink      resize: allow that data beyond the new end is lost

            Exit codes: 0 success, 1 failure.  check: 2 corrupt, 3 leaks only, 63 the format
            cannot be checked.  compare: 0 identical, 1 different, 2 and more failure.

            Supported formats: qcow2 raw
            """;
    }
}
