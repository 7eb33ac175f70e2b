package flashsale.bench;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Whose CPU time is whose. */
public final class Processes {

    /** Command lines as the embedded servers and the packaged application have them. */
    private static final Pattern REDIS = Pattern.compile("(^|/)redis-server ");

    private static final Pattern POSTGRES = Pattern.compile("(^|/)postgres(:| )");

    /** Microseconds. {@code known} is all that has a part in the measurement: these, this JVM and what it started. */
    public record Usage(long app, long redis, long postgres, long known) {}

    private final Predicate<ProcessHandle> app;
    private final Predicate<ProcessHandle> redis;
    private final Predicate<ProcessHandle> postgres;
    private final boolean startedHere;

    private Processes(
            Predicate<ProcessHandle> app,
            Predicate<ProcessHandle> redis,
            Predicate<ProcessHandle> postgres,
            boolean startedHere) {
        this.app = app;
        this.redis = redis;
        this.postgres = postgres;
        this.startedHere = startedHere;
    }

    /** This JVM is the application; it started its servers. */
    public static Processes inThisJvm() {
        long self = ProcessHandle.current().pid();
        return startedHere(process -> process.pid() == self);
    }

    /** One process that this JVM started, and servers that it started. */
    static Processes startedHere(Predicate<ProcessHandle> app) {
        return new Processes(app, running(REDIS), running(POSTGRES), true);
    }

    /** Of all processes of the machine, as the mapping file says. */
    static Processes of(Mapping mapping) {
        for (String key : List.of("cpu.app", "cpu.redis", "cpu.postgres")) {
            // So that no column says 0 by mistake.
            if (mapping.has(key) && ProcessHandle.allProcesses().noneMatch(mapping.processes(key))) {
                throw new IllegalArgumentException(key + " matches no process: " + mapping.text(key));
            }
        }
        return new Processes(
                mapping.processes("cpu.app"), mapping.processes("cpu.redis"), mapping.processes("cpu.postgres"), false);
    }

    static Predicate<ProcessHandle> running(Pattern commandLine) {
        return process -> commandLine.matcher(commandLine(process.pid())).find();
    }

    private static String commandLine(long pid) {
        return Cpu.read(Path.of("/proc/" + pid + "/cmdline")).replace('\0', ' ');
    }

    public Usage usage() {
        // Read once: a process must not be in one sum and not in the other.
        List<ProcessHandle> candidates = candidates().toList();
        Set<Long> apps = pids(candidates, app);
        Set<Long> stores = pids(candidates, redis);
        Set<Long> databases = pids(candidates, postgres);
        Set<Long> known = new HashSet<>(ourTree().map(ProcessHandle::pid).toList());
        known.addAll(apps);
        known.addAll(stores);
        known.addAll(databases);
        return new Usage(Cpu.micros(apps), Cpu.micros(stores), Cpu.micros(databases), Cpu.micros(known));
    }

    private static Set<Long> pids(List<ProcessHandle> candidates, Predicate<ProcessHandle> who) {
        return candidates.stream().filter(who).map(ProcessHandle::pid).collect(Collectors.toSet());
    }

    private Stream<ProcessHandle> candidates() {
        return startedHere ? ourTree() : ProcessHandle.allProcesses();
    }

    private static Stream<ProcessHandle> ourTree() {
        ProcessHandle self = ProcessHandle.current();
        return Stream.concat(Stream.of(self), self.descendants());
    }
}
