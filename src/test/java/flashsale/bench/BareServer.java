package flashsale.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@link BareNetty} as a process, with the JVM flags of the application, answering what the application answers. */
final class BareServer implements AutoCloseable {

    static final String ROW = "bare Reactor Netty";

    /** The server adds these itself, or they belong to the connection. */
    private static final Set<String> NOT_COPIED = Set.of(":status", "connection", "transfer-encoding", "date");

    private final Process process;
    private final URI url;

    private BareServer(Process process, URI url) {
        this.process = process;
        this.url = url;
    }

    /** @param constant whose answer is copied */
    static BareServer like(URI constant, List<String> jvmFlags) throws IOException, InterruptedException {
        HttpResponse<String> sample;
        try (var client = HttpClient.newHttpClient()) {
            sample = client.send(HttpRequest.newBuilder(constant).build(), HttpResponse.BodyHandlers.ofString());
        }
        List<String> answer = new ArrayList<>(List.of(sample.body()));
        sample.headers().map().forEach((name, values) -> {
            if (!NOT_COPIED.contains(name)) {
                answer.addAll(List.of(name, values.getFirst()));
            }
        });
        return start(jvmFlags, answer);
    }

    static BareServer start(List<String> jvmFlags, List<String> answer) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmFlags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), BareNetty.class.getName()));
        command.addAll(answer);
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        // Logging shares this stream; it must be read to its end, or the process would wait for us one day.
        var printed = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line;
        while ((line = printed.readLine()) != null) {
            if (line.startsWith("port ")) {
                Thread.ofVirtual().start(() -> printed.lines().forEach(ignored -> {}));
                return new BareServer(process, URI.create("http://localhost:" + line.substring(5)));
            }
        }
        throw new IllegalStateException("The bare server did not start: " + command);
    }

    Row row(Requests requests, Options options) {
        Call call = new Call("constant", "GET", "/ping", Map.of(), null, null, Map.of());
        Path written = requests.write("bare", url, call, "none", List.of("nobody"));
        Processes itself = Processes.startedHere(candidate -> candidate.pid() == process.pid());
        return new Row(
                ROW, itself, seconds -> requests.send(url, options.connections(), written, 1, Wrk.Order.CYCLE, seconds)
                        .only(ROW, 200, List.of(), options.shed()));
    }

    @Override
    public void close() {
        process.destroy();
    }
}
