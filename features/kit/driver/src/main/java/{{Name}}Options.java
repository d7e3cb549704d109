package {{package}};

import io.backplane.block.BlockdevRef;
import io.backplane.schema.Name;
import io.backplane.schema.Option;

/** Options of driver {{name}}. */
@Name("BlockdevOptions{{Name}}")
public record {{Name}}Options(@Option("where the data is") BlockdevRef file) {
}
