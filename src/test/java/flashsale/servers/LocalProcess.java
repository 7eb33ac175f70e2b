package flashsale.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A server as a child process of this JVM, with a folder of its own. */
final class LocalProcess implements ServerProcess {

    /**
     * PostgreSQL replays its log after a kill, and the application compiles itself anew: seconds, and on a machine that
     * has other things to do many of them. What fails to start ends by itself and is not waited for.
     */
    private static final Duration START_LIMIT = Duration.ofMinutes(3);

    private static final long STOP_LIMIT_MILLIS = 60_000;

    private final List<String> command;
    private final Path folder;
    private final int port;
    private final BooleanSupplier answers;
    private @Nullable Process process;

    LocalProcess(List<String> command, Path folder, int port, BooleanSupplier answers) {
        this.command = OwnSession.of(command);
        this.folder = folder;
        this.port = port;
        this.answers = answers;
    }

    @Override
    public String host() {
        return "localhost";
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public void start() {
        awaitAnswer(launch());
    }

    private synchronized Process launch() {
        if (process != null) {
            throw new IllegalStateException("is running: " + command);
        }
        try {
            process = Scratch.ofThisJvm()
                    .adopt(new ProcessBuilder(command)
                            .directory(folder.toFile())
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
                            .start());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + command, e);
        }
        return process;
    }

    /** Not under the lock: a start may be cut short by a kill. */
    private void awaitAnswer(Process started) {
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        while (!answers.getAsBoolean()) {
            if (!started.isAlive() || System.nanoTime() > deadline) {
                kill9();
                throw new IllegalStateException("did not start: " + command + "\n" + logged());
            }
            Signals.pause(10);
        }
    }

    @Override
    public synchronized void stop() {
        if (process == null) {
            return;
        }
        var family = Signals.family(process);
        Signals.send("CONT", family);
        Signals.end(List.of(process.toHandle()));
        if (!Signals.awaitExit(family, STOP_LIMIT_MILLIS)) {
            kill9();
            throw new IllegalStateException("had to be killed: " + command + "\n" + logged());
        }
        process = null;
    }

    /** SIGTERM and nothing else, as a cluster sends it; returns at once, with the exit code to come. */
    synchronized CompletableFuture<Integer> terminate() {
        if (process == null) {
            throw new IllegalStateException("is not running: " + command);
        }
        Signals.send("TERM", List.of(process.toHandle()));
        return process.onExit().thenApply(Process::exitValue);
    }

    @Override
    public synchronized void kill9() {
        if (process == null) {
            return;
        }
        var family = Signals.freezeFamily(process);
        Signals.send("KILL", family);
        if (!Signals.awaitExit(family, STOP_LIMIT_MILLIS)) {
            throw new IllegalStateException("survived kill -9: " + family);
        }
        process = null;
    }

    @Override
    public synchronized void freeze() {
        if (process != null) {
            Signals.freezeFamily(process);
        }
    }

    @Override
    public synchronized void thaw() {
        if (process != null) {
            Signals.send("CONT", Signals.family(process));
        }
    }

    @Override
    public void remove() {
        stop();
        Scratch.delete(folder);
    }

    private Path log() {
        return folder.resolve("server.log");
    }

    /** Everything it printed so far, in all its runs. */
    String logged() {
        try {
            return Files.exists(log()) ? Files.readString(log()) : "";
        } catch (IOException e) {
            return "(its log cannot be read: " + e + ")";
        }
    }
}
