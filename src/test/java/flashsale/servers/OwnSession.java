package flashsale.servers;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Commands that Ctrl-C in the terminal does not reach, so that the application stops before its servers do. */
final class OwnSession {

    private OwnSession() {}

    static List<String> of(List<String> command) {
        if (!isInstalled("setsid")) {
            return command;
        }
        var own = new ArrayList<>(List.of("setsid"));
        own.addAll(command);
        return own;
    }

    static boolean isInstalled(String program) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }
}
