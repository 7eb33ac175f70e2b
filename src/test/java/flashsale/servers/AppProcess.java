package flashsale.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The packaged application as a process of its own, to be killed. It ends with this JVM at the latest; what it printed
 * is shown when a test annotated with {@code @ExtendWith(AppOutput.class)} fails.
 */
public final class AppProcess implements AutoCloseable {

    /** How a run of the application came to its own end. */
    public record Ended(int exitCode, String output) {}

    /** A start takes seconds, on a busy machine many; one that hangs should not be waited for by all. */
    private static final Duration RUN_LIMIT = Duration.ofMinutes(3);

    /** One small heap and the quick compiler: several of these run beside the tests on two cores. */
    private static final List<String> JVM_FLAGS = List.of(
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dreactor.netty.ioWorkerCount=2",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow");

    private static final HttpClient HTTP =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    private final int port = Ports.free();
    private final int managementPort = Ports.free();
    private final LocalProcess process;
    private final Supplier<String> output = this::output;

    private AppProcess(Map<String, String> properties, List<String> jvmFlags) {
        var all = new LinkedHashMap<>(properties);
        all.put("server.port", Integer.toString(port));
        all.put("management.server.port", Integer.toString(managementPort));
        process = new LocalProcess(
                command(jvmFlags, all, List.of()), Scratch.ofThisJvm().newFolder("app"), port, this::isReady);
        AppOutput.running(output);
    }

    /** What the next process is started with; later calls win. */
    public static final class Setup {
        private final Map<String, String> properties = new LinkedHashMap<>();
        private List<String> jvmFlags = JVM_FLAGS;

        /** Instead of the small and slow JVM that tests want. */
        public Setup jvm(List<String> flags) {
            jvmFlags = List.copyOf(flags);
            return this;
        }

        public Setup with(String property, String value) {
            properties.put(property, value);
            return this;
        }

        public Setup with(Map<String, String> more) {
            properties.putAll(more);
            return this;
        }

        public Setup profile(String profile) {
            return with("spring.profiles.active", profile);
        }

        /** Returns when it is ready. */
        public AppProcess start() {
            var app = new AppProcess(properties, jvmFlags);
            app.process.start();
            return app;
        }

        /** For runs that end by themselves: {@code migrate}, or a start that must be refused. */
        public Ended runToItsEnd(String... arguments) {
            var all = new LinkedHashMap<>(properties);
            all.putIfAbsent("server.port", Integer.toString(Ports.free()));
            all.putIfAbsent("management.server.port", Integer.toString(Ports.free()));
            return run(command(jvmFlags, all, List.of(arguments)));
        }
    }

    public static Setup on(Servers servers) {
        return new Setup().profile("local").with(servers.springProperties());
    }

    /** Knows no server. */
    public static Setup alone() {
        return new Setup();
    }

    private static List<String> command(List<String> jvmFlags, Map<String, String> properties, List<String> arguments) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmFlags);
        command.addAll(List.of("-jar", jar()));
        command.addAll(arguments);
        properties.forEach((name, value) -> command.add("--" + name + "=" + value));
        return Collections.unmodifiableList(command);
    }

    private static String jar() {
        String jar = System.getProperty("flashsale.jar");
        if (jar == null) {
            throw new IllegalStateException("flashsale.jar is not set: tests of the packaged application end in IT and"
                    + " run in the integration-test phase");
        }
        return jar;
    }

    private static Ended run(List<String> command) {
        Path output = Scratch.ofThisJvm().newFolder("app").resolve("output");
        try {
            var process = Scratch.ofThisJvm()
                    .adopt(new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(output.toFile())
                            .start());
            if (!process.waitFor(RUN_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError("did not end within " + RUN_LIMIT + ":\n" + Files.readString(output));
            }
            return new Ended(process.exitValue(), Files.readString(output));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } finally {
            Scratch.delete(output.getParent());
        }
    }

    public boolean isReady() {
        try {
            var readiness = HttpRequest.newBuilder(URI.create(managementUrl() + "/actuator/health/readiness"))
                    .timeout(Duration.ofSeconds(5))
                    .build();
            return HTTP.send(readiness, BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException notYet) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    public int port() {
        return port;
    }

    public String url() {
        return "http://localhost:" + port;
    }

    public String managementUrl() {
        return "http://localhost:" + managementPort;
    }

    public void kill9() {
        process.kill9();
    }

    /** An orderly end. */
    public void terminate() {
        process.stop();
    }

    /** SIGTERM, as a cluster sends it. Returns at once; the exit code comes when it has ended. */
    public CompletableFuture<Integer> sigterm() {
        return process.terminate();
    }

    /** After {@link #kill9} or {@link #terminate}: the same ports and settings; returns when it is ready. */
    public void restart() {
        process.start();
    }

    public void freeze() {
        process.freeze();
    }

    public void thaw() {
        process.thaw();
    }

    /** Everything it printed so far, in all its runs. */
    public String output() {
        return process.logged();
    }

    @Override
    public void close() {
        AppOutput.closed(output);
        process.kill9();
        process.remove();
    }
}
