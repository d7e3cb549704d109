package io.backplane.tool.img;

import io.backplane.block.BlockException;
import io.backplane.block.ImageInfo;
import io.backplane.schema.Json;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@code info}: what an image says of itself, and of its backing files. */
final class InfoCommand {
    private final Console console;
    private String format;
    private OutputFormat output = OutputFormat.HUMAN;
    private boolean chain;
    private boolean shared;

    InfoCommand(Console console) {
        this.console = console;
    }

    int run(List<String> args) throws ToolException {
        Arguments given = new Arguments(args, "f:U", "output=", "backing-chain", "force-share");
        for (Arguments.Given option : given.options()) {
            switch (option.name()) {
                case "f" -> format = option.value();
                case "output" -> output = OutputFormat.named(option.value());
                case "backing-chain" -> chain = true;
                default -> shared = true;
            }
        }
        if (given.operands().size() != 1) {
            throw ToolException.usage("Expecting one image file name");
        }
        String filename = given.operands().get(0);
        return ImageHost.describing().run(session -> awaitInfo(session, filename));
    }

    private int awaitInfo(ImageSession session, String filename)
            throws ToolException, BlockException {
        List<ImageDescription> images = awaitDescribe(session, filename);
        if (output == OutputFormat.JSON) {
            List<Map<String, Object>> all = new ArrayList<>();
            for (ImageDescription image : images) {
                all.add(InfoJson.of(image));
            }
            console.line(Json.writePretty(chain ? all : all.get(0)));
        } else {
            for (int i = 0; i < images.size(); i++) {
                console.text((i > 0 ? "\n" : "") + InfoText.of(images.get(i)));
            }
        }
        return 0;
    }

    private List<ImageDescription> awaitDescribe(ImageSession session, String first)
            throws ToolException, BlockException {
        List<ImageDescription> images = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        String filename = first;
        String driver = format;
        while (filename != null) {
            if (!seen.add(filename)) {
                throw new ToolException("Backing file '" + filename
                        + "' creates an infinite loop.");
            }
            OpenedImage image = session.awaitOpen(filename, driver, OpenMode.alone(shared));
            ImageDescription described = ImageDescription.awaitOf(image);
            images.add(described);
            image.backend().awaitClose();
            ImageInfo info = described.info();
            driver = info.backingFormat();
            filename = chain ? described.fullBackingFilename() : null;
        }
        return images;
    }
}
