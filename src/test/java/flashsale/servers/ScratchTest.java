package flashsale.servers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScratchTest {

    /**
     * What the test starts as a JVM of its own: a Redis, and then it waits to be ended. No static main method:
     * {@code spring-boot:test-run} looks for the only one among the test classes.
     */
    static final class Holder {
        void main() throws InterruptedException {
            int port = RedisServer.start().port();
            // What holds the folder must not be garbage.
            System.gc();
            Thread.sleep(100);
            System.out.println("port " + port);
            Thread.sleep(600_000);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"KILL", "TERM", "INT"})
    void howeverTheJvmEndsItLeavesNoProcessAndNoFolder(String signal, @TempDir Path temporary) throws IOException {
        var jvm = startHolder(temporary);
        try {
            var family = Signals.family(jvm);
            assertThat(family).as("the JVM, its Redis and its guard").hasSizeGreaterThanOrEqualTo(3);

            Signals.send(signal, List.of(jvm.toHandle()));

            Awaitility.await().atMost(60, TimeUnit.SECONDS).untilAsserted(() -> {
                assertThat(family).noneMatch(ProcessHandle::isAlive);
                assertThat(temporary).isEmptyDirectory();
            });
        } finally {
            jvm.destroyForcibly();
        }
    }

    @Test
    void whatADeadJvmLeftIsCleared(@TempDir Path temporary) throws IOException {
        Path left = Files.createDirectory(temporary.resolve("flash-sale-servers-1"));
        Files.createFile(left.resolve("lock"));
        Scratch.clearLeftovers(temporary, Duration.ZERO);
        assertThat(left).doesNotExist();
    }

    @Test
    void whatIsYoungOrForeignIsNotCleared(@TempDir Path temporary) throws IOException {
        Path young = Files.createDirectory(temporary.resolve("flash-sale-servers-2"));
        Path foreign = Files.createDirectory(temporary.resolve("something-else"));
        Scratch.clearLeftovers(temporary, Duration.ofMinutes(1));
        assertThat(young).exists();
        Scratch.clearLeftovers(temporary, Duration.ZERO);
        assertThat(foreign).exists();
    }

    @Test
    void whatALivingJvmUsesIsNotCleared(@TempDir Path temporary) throws IOException {
        var jvm = startHolder(temporary);
        try {
            Scratch.clearLeftovers(temporary, Duration.ZERO);
            assertThat(temporary).isNotEmptyDirectory();
        } finally {
            jvm.destroy();
            Awaitility.await().atMost(60, TimeUnit.SECONDS).untilAsserted(() -> assertThat(temporary)
                    .isEmptyDirectory());
        }
    }

    /** Returns when the JVM's Redis runs. */
    private static Process startHolder(Path temporary) throws IOException {
        var jvm = new ProcessBuilder(Signals.withDefaults(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djava.io.tmpdir=" + temporary,
                        "-D" + ServerKind.PROPERTY + "=embedded",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName())))
                .redirectErrorStream(true)
                .start();
        var said = jvm.inputReader();
        String line = said.readLine();
        while (line != null && !line.startsWith("port ")) {
            line = said.readLine();
        }
        assertThat(line).as("the port of its Redis").isNotNull();
        return jvm;
    }
}
