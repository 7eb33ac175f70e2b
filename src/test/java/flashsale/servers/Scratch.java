package flashsale.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringApplication;

/**
 * The one temporary folder of this JVM, and the promise that neither it nor a process started from here outlives the
 * JVM. An orderly end stops the servers after the Spring contexts; a small shell process, waiting for the pipe to this
 * JVM to break, does it after {@code kill -9}; and the next start clears what a killed machine left.
 */
final class Scratch {

    private static final String PREFIX = "flash-sale-servers-";

    /** A folder this young may belong to a JVM that has not locked it yet. */
    private static final Duration TOO_YOUNG_TO_JUDGE = Duration.ofMinutes(1);

    /** The signals of {@link Signals#end}. */
    private static final String GUARD = """
            trap '' HUP INT TERM
            read -r never
            cd "$1/pids" 2>/dev/null || exit 0
            for pid in *; do kill -INT "$pid"; kill -TERM "$pid"; kill -CONT "$pid"; done 2>/dev/null
            tries=0
            while [ $tries -lt 50 ]; do
              alive=no
              for pid in *; do kill -0 "$pid" 2>/dev/null && alive=yes; done
              [ $alive = no ] && break
              sleep 0.1; tries=$((tries + 1))
            done
            for pid in *; do kill -9 "$pid"; done 2>/dev/null
            cd / && rm -rf "$1"
            """;

    private static final Scratch OF_THIS_JVM = new Scratch(Path.of(System.getProperty("java.io.tmpdir")));

    /** Longer than a graceful shutdown takes. */
    private static final Duration SPRING_LIMIT = Duration.ofSeconds(40);

    private final Path root;

    /** Kept from the garbage collector, which would open it. */
    private final FileLock lock;

    private final Path pids;
    private final AtomicInteger folders = new AtomicInteger();
    private volatile @Nullable CountDownLatch afterSpring;

    private Scratch(Path temporary) {
        try {
            clearLeftovers(temporary, TOO_YOUNG_TO_JUDGE);
            root = Files.createTempDirectory(temporary, PREFIX);
            lock = FileChannel.open(root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)
                    .lock();
            pids = Files.createDirectory(root.resolve("pids"));
            new ProcessBuilder(OwnSession.of(List.of("sh", "-c", GUARD, "flash-sale-guard", root.toString())))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(this::end, "servers-end"));
    }

    /** Shutdown hooks run all at once; with this, contexts close while their servers still answer. */
    void outliveSpringContexts() {
        if (afterSpring == null) {
            var contextsClosed = new CountDownLatch(1);
            SpringApplication.getShutdownHandlers().add(contextsClosed::countDown);
            afterSpring = contextsClosed;
        }
    }

    static Scratch ofThisJvm() {
        return OF_THIS_JVM;
    }

    Path newFolder(String name) {
        try {
            return Files.createDirectory(root.resolve(name + "-" + folders.incrementAndGet()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** From now on the process ends with this JVM. */
    Process adopt(Process process) throws IOException {
        Path mark = Files.createFile(pids.resolve(Long.toString(process.pid())));
        process.onExit().thenRun(() -> delete(mark));
        return process;
    }

    private void end() {
        awaitSpring();
        try (var marks = Files.list(pids)) {
            var processes = marks.map(mark -> Long.parseLong(mark.getFileName().toString()))
                    .flatMap(pid -> ProcessHandle.of(pid).stream())
                    .toList();
            Signals.end(processes);
            if (!Signals.awaitExit(processes, 5_000)) {
                Signals.send("KILL", processes);
                Signals.awaitExit(processes, 5_000);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        delete(root);
    }

    private void awaitSpring() {
        var contextsClosed = afterSpring;
        if (contextsClosed != null) {
            try {
                contextsClosed.await(SPRING_LIMIT.toSeconds(), TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A folder whose lock can be had belongs to no living JVM. */
    static void clearLeftovers(Path temporary, Duration youngest) throws IOException {
        try (var candidates = Files.newDirectoryStream(temporary, PREFIX + "*")) {
            for (Path candidate : candidates) {
                if (isLeftover(candidate, youngest)) {
                    delete(candidate);
                }
            }
        }
    }

    private static boolean isLeftover(Path folder, Duration youngest) {
        try {
            if (Files.getLastModifiedTime(folder)
                    .toInstant()
                    .isAfter(Instant.now().minus(youngest))) {
                return false;
            }
            try (var lock =
                    FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                return lock.tryLock() != null;
            }
        } catch (IOException notOurs) {
            return false;
        }
    }

    static void delete(Path path) {
        if (!Files.exists(path)) {
            return;
        }
        try (var inside = Files.walk(path)) {
            for (Path each : inside.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        } catch (IOException | UncheckedIOException goneMeanwhile) {
            // The guard deletes what is still there when the JVM has ended.
        }
    }
}
