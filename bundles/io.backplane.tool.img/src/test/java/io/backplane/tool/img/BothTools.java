package io.backplane.tool.img;

import io.backplane.schema.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Runs qemu-img and this tool with the same arguments. */
final class BothTools {
    /** What a tool said, both streams in one, and its exit code. */
    record Outcome(String text, int code) {
    }

    private final Path folder;

    BothTools(Path folder) {
        this.folder = folder;
    }

    static boolean installed() {
        try {
            return new ProcessBuilder("qemu-img", "--version")
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
        } catch (IOException | InterruptedException e) {
            return false;
        }
    }

    /** The words of a command; those that begin with @ are files in the folder. */
    private List<String> words(String command) {
        List<String> words = new ArrayList<>();
        for (String word : command.split(" ")) {
            words.add(word.replace("@", folder + "/"));
        }
        return words;
    }

    Outcome ours(String command) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream both = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        int code = new ImageTool(new Console(both, both)).run(words(command));
        return outcome(bytes.toByteArray(), code, command);
    }

    Outcome theirs(String command) throws IOException, InterruptedException {
        return run("qemu-img " + command);
    }

    /** Runs any other tool. */
    Outcome run(String command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(words(command)).redirectErrorStream(true).start();
        process.getOutputStream().close();
        byte[] bytes = process.getInputStream().readAllBytes();
        return outcome(bytes, process.waitFor(), command);
    }

    private Outcome outcome(byte[] bytes, int code, String command) {
        String text = new String(bytes, StandardCharsets.UTF_8).replace(Console.TOOL, "qemu-img")
                .replace(folder + "/", "@").stripTrailing()
                .replaceAll("( {4}\\([0-9.]+/100%\\)\r?)+", "PROGRESS");
        if (command.contains("json") && !command.contains("map ") && text.matches("(?s)[\\[{].*")) {
            text = sorted(text);
        }
        return new Outcome(text, code);
    }

    private static String sorted(String json) {
        try {
            return Json.writePretty(sortedTree(Json.parse(json)));
        } catch (io.backplane.schema.OptionException e) {
            return json;
        }
    }

    private static Object sortedTree(Object tree) {
        if (tree instanceof java.util.Map<?, ?> map) {
            TreeMap<String, Object> sorted = new TreeMap<>();
            map.forEach((name, value) -> sorted.put((String) name, sortedTree(value)));
            return sorted;
        }
        return tree instanceof List<?> list ? list.stream().map(BothTools::sortedTree).toList()
                : tree;
    }
}
