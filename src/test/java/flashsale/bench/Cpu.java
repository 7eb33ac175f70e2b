package flashsale.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.Predicate;

/** CPU time of processes, as Linux accounts it in {@code /proc/<pid>/stat}: user and system, in microseconds. */
final class Cpu {

    /** USER_HZ, which is 100 on every Linux that Java runs on. */
    private static final long MICROS_PER_TICK = 10_000;

    private Cpu() {}

    /** All descendants of this JVM whose command line matches. */
    static long of(Predicate<String> commandLine) {
        return ProcessHandle.current()
                .descendants()
                .filter(process -> commandLine.test(commandLine(process.pid())))
                .mapToLong(process -> micros(process.pid()))
                .sum();
    }

    private static String commandLine(long pid) {
        return read(Path.of("/proc/" + pid + "/cmdline")).replace('\0', ' ');
    }

    private static long micros(long pid) {
        String stat = read(Path.of("/proc/" + pid + "/stat"));
        if (stat.isEmpty()) {
            return 0;
        }
        // The name in parentheses may hold spaces; utime and stime are the 14th and 15th field.
        String[] afterName = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(afterName[11]) + Long.parseLong(afterName[12])) * MICROS_PER_TICK;
    }

    /** Empty for a process that has ended meanwhile. */
    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException ended) {
            return "";
        } catch (IOException e) {
            // A process that ends while it is read.
            if (!Files.exists(file)) {
                return "";
            }
            throw new UncheckedIOException(e);
        }
    }
}
