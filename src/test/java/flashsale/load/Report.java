package flashsale.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** Where the figures go: to the console and to {@code target/load.md}. */
final class Report {

    private static final Path FILE = Path.of("target", "load.md");

    private Report() {}

    /** Those of test-run and of production; the build passes them on. */
    static List<String> jvmFlags() {
        List<String> flags =
                new ArrayList<>(List.of(System.getProperty("flashsale.jvm").split(" ")));
        flags.add("-Xmx1g");
        return flags;
    }

    static void print(List<String> lines) {
        System.out.println(String.join(System.lineSeparator(), lines));
        List<String> paragraph = new ArrayList<>(lines);
        paragraph.add("");
        try {
            Files.write(FILE, paragraph, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
