package flashsale.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Access tokens of buyers who logged in beforehand: the first column of each line; a heading {@code accessToken} is none. */
record TokenFile(Path file) {

    /** @throws IllegalStateException when there are fewer: a buyer who comes twice would rightly be refused */
    List<String> first(int count) {
        List<String> tokens;
        try (var lines = Files.lines(file)) {
            tokens = lines.map(line -> line.split(",", 2)[0].strip())
                    .filter(token -> !token.isEmpty() && !token.equals("accessToken"))
                    .distinct()
                    .limit(count)
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            throw new IllegalStateException("-Dtokens=" + file + " cannot be read", e);
        }
        if (tokens.size() < count) {
            throw new IllegalStateException("-Dtokens=" + file + " has " + tokens.size() + " tokens, but " + count
                    + " buyers come, each once: log in more of them, or lower the rates");
        }
        return tokens;
    }
}
