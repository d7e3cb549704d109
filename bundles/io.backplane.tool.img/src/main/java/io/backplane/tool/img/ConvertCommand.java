package io.backplane.tool.img;

import io.backplane.block.BlockException;
import java.util.ArrayList;
import java.util.List;

/** {@code convert}: copies images into another one, of whatever format. */
final class ConvertCommand {
    private static final int SECTOR_BYTES = 512;

    private final Console console;

    ConvertCommand(Console console) {
        this.console = console;
    }

    int run(List<String> args) throws ToolException {
        ConvertOptions options = ConvertOptions.parse(args);
        if (options.create.containsKey("help")) {
            if (CreateOption.of(options.targetFormat) == null) {
                throw new ToolException("Unknown file format '" + options.targetFormat + "'");
            }
            console.text(CreateOption.help(options.targetFormat, true));
            return 0;
        }
        return ImageHost.moving(options.sourceCache, options.targetCache)
                .run(session -> awaitConvert(session, options));
    }

    private int awaitConvert(ImageSession session, ConvertOptions options)
            throws ToolException, BlockException {
        if (!session.graph().drivers().containsKey(options.targetFormat)) {
            throw new ToolException("Unknown file format '" + options.targetFormat + "'");
        }
        List<Converter.Source> sources = new ArrayList<>();
        long total = 0;
        for (String name : options.sources) {
            OpenedImage image = session.awaitOpen(name, options.sourceFormat,
                    OpenMode.reading(options.shared));
            long bytes = image.backend().length();
            sources.add(new Converter.Source(image, total, bytes));
            total += (bytes + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
        }
        OpenedImage target = options.exists ? awaitExisting(session, options, total)
                : awaitCreated(session, options, total);
        Progress progress = new Progress(console, options.showProgress && !options.quiet);
        progress.start();
        new Converter(options, sources, target, total, progress).awaitRun();
        progress.full();
        progress.end();
        return 0;
    }

    private OpenedImage awaitExisting(ImageSession session, ConvertOptions options, long total)
            throws ToolException {
        OpenedImage target = session.awaitOpen(options.target, options.targetFormat,
                OpenMode.writing());
        if (target.backend().length() < total) {
            throw new ToolException("output file is smaller than input file");
        }
        return target;
    }

    private static OpenedImage awaitCreated(ImageSession session, ConvertOptions options,
            long total) throws ToolException {
        ImageCreator creator;
        try {
            creator = new ImageCreator(session, options.target, options.targetFormat,
                    options.create);
            if (!creator.hasSize()) {
                creator.setSize(total);
            }
            creator.setBacking(options.backing, options.backingFormat);
            if (options.backing == null && creator.backingFile() != null) {
                options.backing = creator.backingFile();
            }
        } catch (ToolException e) {
            throw new ToolException(e.getMessage());
        }
        try {
            creator.awaitBacking(false);
            creator.awaitCreate();
        } catch (ToolException e) {
            throw new ToolException(options.target + ": error while converting "
                    + options.targetFormat + ": " + e.getMessage());
        }
        return session.awaitOpen(options.target, options.targetFormat, OpenMode.writing());
    }
}
