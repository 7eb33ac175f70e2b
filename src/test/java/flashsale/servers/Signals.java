package flashsale.servers;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Signals that {@link Process} has no method for, to a process and everything it started. */
final class Signals {

    private Signals() {}

    /** The process is stopped before its children are listed, so that none is born meanwhile. */
    static List<ProcessHandle> freezeFamily(Process process) {
        send("STOP", List.of(process.toHandle()));
        var family = family(process);
        send("STOP", family);
        return family;
    }

    static List<ProcessHandle> family(Process process) {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .toList();
    }

    /** The shell's own {@code kill}: the command of that name is missing on slim machines. */
    static void send(String signal, List<ProcessHandle> processes) {
        var command = new ArrayList<>(List.of("sh", "-c", "kill -" + signal + " \"$@\" 2>/dev/null; exit 0", "sh"));
        processes.forEach(process -> command.add(Long.toString(process.pid())));
        try {
            new ProcessBuilder(command).start().waitFor();
        } catch (IOException e) {
            throw new IllegalStateException("cannot send SIG" + signal + " to " + processes, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * The quick and orderly end. INT is that for PostgreSQL and Redis; TERM behind it, which those two then overlook, is
     * for a JVM: started by a shell in the background it inherits that INT is ignored. CONT wakes one that was frozen.
     */
    static void end(List<ProcessHandle> processes) {
        send("INT", processes);
        send("TERM", processes);
        send("CONT", processes);
    }

    /**
     * The command with every signal having its default effect, also where the one who started us ignores some; where
     * there is no such {@code env} (it is in GNU coreutils), the command as it is.
     */
    static List<String> withDefaults(List<String> command) {
        var reset = List.of("env", "--default-signal");
        try {
            var probe = new ArrayList<>(reset);
            probe.add("true");
            if (new ProcessBuilder(probe).redirectErrorStream(true).start().waitFor() != 0) {
                return command;
            }
        } catch (IOException noEnv) {
            return command;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return command;
        }
        return Stream.concat(reset.stream(), command.stream()).toList();
    }

    static boolean awaitExit(List<ProcessHandle> processes, long timeoutMillis) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        for (ProcessHandle process : processes) {
            while (process.isAlive()) {
                if (System.nanoTime() > deadline) {
                    return false;
                }
                pause(5);
            }
        }
        return true;
    }

    static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
