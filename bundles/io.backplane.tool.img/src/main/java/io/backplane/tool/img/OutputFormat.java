package io.backplane.tool.img;

/** What {@code --output} says. */
enum OutputFormat {
    HUMAN,
    JSON;

    static OutputFormat named(String name) throws ToolException {
        return switch (name) {
            case "human" -> HUMAN;
            case "json" -> JSON;
            default -> throw new ToolException(
                    "--output must be used with human or json as argument.");
        };
    }
}
