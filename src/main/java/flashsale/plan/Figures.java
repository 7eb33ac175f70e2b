package flashsale.plan;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** The file of what was measured: the one in the jar, or another with the same keys. */
final class Figures {

    private static final String SHIPPED = "capacity.properties";

    private Figures() {}

    static Properties of(@Nullable String file) throws BadOption {
        var figures = new Properties();
        try (Reader reader = file == null ? shipped() : Files.newBufferedReader(Path.of(file))) {
            figures.load(reader);
        } catch (IOException | IllegalArgumentException unreadable) {
            throw new BadOption("--capacity " + file + " cannot be read: " + unreadable);
        }
        return figures;
    }

    private static Reader shipped() {
        InputStream resource = Figures.class.getResourceAsStream(SHIPPED);
        if (resource == null) {
            throw new IllegalStateException(SHIPPED + " is not in the jar");
        }
        return new InputStreamReader(resource, StandardCharsets.UTF_8);
    }
}
