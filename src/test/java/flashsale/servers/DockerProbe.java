package flashsale.servers;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.testcontainers.images.RemoteDockerImage;
import org.testcontainers.utility.DockerImageName;

/**
 * Whether a Docker engine answers and has our images. Asked by hand because Testcontainers takes seconds and prints
 * stack traces to find out that there is none.
 */
final class DockerProbe {

    /** A local engine answers its ping in milliseconds; one that needs longer would make the tests slow as well. */
    private static final long PATIENCE_SECONDS = 2;

    record Answer(boolean usable, String finding) {}

    private DockerProbe() {}

    static Answer ask() {
        return ask(candidates());
    }

    static Answer ask(List<String> engines) {
        for (String engine : engines) {
            if (answersPing(engine)) {
                return withImages(engine);
            }
        }
        return new Answer(
                false, engines.isEmpty() ? "no Docker socket here" : "no Docker engine answers at " + engines);
    }

    private static List<String> candidates() {
        String configured = System.getenv("DOCKER_HOST");
        if (configured != null && !configured.isBlank()) {
            return List.of(configured);
        }
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        return Stream.of(
                        Path.of("/var/run/docker.sock"),
                        Path.of(System.getProperty("user.home"), ".docker/run/docker.sock"),
                        runtime == null ? null : Path.of(runtime, "docker.sock"))
                .filter(Objects::nonNull)
                .filter(Files::exists)
                .map(socket -> "unix://" + socket)
                .toList();
    }

    private static boolean answersPing(String engine) {
        var ping = new CompletableFuture<Boolean>();
        Thread.ofPlatform().daemon().name("docker-probe").start(() -> ping.complete(ping(URI.create(engine))));
        return ping.completeOnTimeout(false, PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    }

    private static boolean ping(URI engine) {
        try (SocketChannel connection = connect(engine)) {
            connection.write(StandardCharsets.US_ASCII.encode("GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n"));
            var answer = ByteBuffer.allocate(64);
            connection.read(answer);
            return StandardCharsets.US_ASCII.decode(answer.flip()).toString().contains(" 200 ");
        } catch (IOException | IllegalArgumentException noEngine) {
            return false;
        }
    }

    private static SocketChannel connect(URI engine) throws IOException {
        return switch (String.valueOf(engine.getScheme())) {
            case "unix" -> {
                var connection = SocketChannel.open(StandardProtocolFamily.UNIX);
                connection.connect(UnixDomainSocketAddress.of(engine.getPath()));
                yield connection;
            }
            case "tcp", "http" -> SocketChannel.open(new InetSocketAddress(engine.getHost(), engine.getPort()));
            default -> throw new IOException("cannot ask " + engine);
        };
    }

    /** An engine without registry access cannot run our servers either. */
    private static Answer withImages(String engine) {
        try {
            for (String image : List.of(ContainerProcess.REDIS_IMAGE, ContainerProcess.POSTGRES_IMAGE)) {
                new RemoteDockerImage(DockerImageName.parse(image)).get();
            }
            return new Answer(true, "a Docker engine answers at " + engine);
        } catch (Exception e) {
            return new Answer(false, "a Docker engine answers at " + engine + " but cannot get the images: " + e);
        }
    }
}
