package flashsale.bench;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Writes requests down before they are measured, and has wrk send them. */
final class Requests {

    private final Path folder;
    private final Path script;

    Requests(Path folder) {
        this.folder = folder;
        this.script = folder.resolve("requests.lua");
        try (var lua = Objects.requireNonNull(Requests.class.getResourceAsStream("/bench/requests.lua"))) {
            Files.write(script, lua.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same call by each of these buyers, every one with a key of its own. */
    Path write(String name, URI url, Call call, String sale, List<String> tokens) {
        Path file = folder.resolve(name.replaceAll("[^a-z]+", "-"));
        try (var out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
            for (int i = 0; i < tokens.size(); i++) {
                byte[] request = call.written(url, Map.of("sale", sale, "token", tokens.get(i), "key", "tap-" + i));
                out.write((request.length + "\n").getBytes(StandardCharsets.US_ASCII));
                out.write(request);
            }
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Wrk send(URI url, int connections, Path requests, int most, Wrk.Order order, int seconds) {
        return Wrk.run(new Wrk.Plan(script, url.toString(), connections, requests, most, order), seconds);
    }
}
