package flashsale.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;

/** CPU time as Linux accounts it: of processes in {@code /proc/<pid>/stat}, of the machine in {@code /proc/stat}. */
final class Cpu {

    /** USER_HZ, which is 100 on every Linux that Java runs on. */
    private static final long MICROS_PER_TICK = 10_000;

    /**
     * All cores together, in microseconds.
     *
     * @param busy without {@code stolen}, which is what the host of a virtual machine gave to others
     */
    record Machine(long busy, long stolen, long total) {

        Machine since(Machine before) {
            return new Machine(busy - before.busy, stolen - before.stolen, total - before.total);
        }
    }

    private Cpu() {}

    static Machine machine() {
        String[] cpu =
                read(Path.of("/proc/stat")).lines().findFirst().orElseThrow().split(" +");
        // cpu user nice system idle iowait irq softirq steal; guests are in user already.
        long busy = ticks(cpu, 1) + ticks(cpu, 2) + ticks(cpu, 3) + ticks(cpu, 6) + ticks(cpu, 7);
        long stolen = ticks(cpu, 8);
        long idle = ticks(cpu, 4) + ticks(cpu, 5);
        return new Machine(busy * MICROS_PER_TICK, stolen * MICROS_PER_TICK, (busy + stolen + idle) * MICROS_PER_TICK);
    }

    /** User and system time, also of children that have ended: a backend or a fork that is gone was somebody's cost. */
    static long micros(Collection<Long> pids) {
        return pids.stream().mapToLong(Cpu::micros).sum();
    }

    private static long micros(long pid) {
        String stat = read(Path.of("/proc/" + pid + "/stat"));
        if (stat.isEmpty()) {
            return 0;
        }
        // The name in parentheses may hold spaces; utime, stime, cutime and cstime are the 14th to the 17th field.
        String[] afterName = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (ticks(afterName, 11) + ticks(afterName, 12) + ticks(afterName, 13) + ticks(afterName, 14))
                * MICROS_PER_TICK;
    }

    private static long ticks(String[] fields, int at) {
        return Long.parseLong(fields[at]);
    }

    /** Empty for a process that has ended meanwhile. */
    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            if (!Files.exists(file) || !file.equals(Path.of("/proc/stat"))) {
                return "";
            }
            throw new UncheckedIOException(e);
        }
    }
}
