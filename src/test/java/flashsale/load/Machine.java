package flashsale.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * How much of the machine's time went to what is not of this test. A service that was given a tenth of its cores has not
 * been measured, however honest the figures are.
 */
final class Machine {

    private final long busy = busyTicks();
    private final long all = allTicks();
    private final long ours = ourTicks();

    /** Since this was made, from 0 to 1. */
    double takenByOthers() {
        double total = allTicks() - all;
        double others = (busyTicks() - busy) - (ourTicks() - ours);
        return total == 0 ? 0 : Math.clamp(others / total, 0, 1);
    }

    private static long[] cpuLine() {
        String first = read(Path.of("/proc/stat")).lines().findFirst().orElse("cpu 0 0 0 0 0 0 0 0");
        return Arrays.stream(first.split(" +"))
                .skip(1)
                .mapToLong(Long::parseLong)
                .limit(8)
                .toArray();
    }

    private static long allTicks() {
        return Arrays.stream(cpuLine()).sum();
    }

    /** All but idle and waiting for a disk; what a hypervisor gave to others counts as busy. */
    private static long busyTicks() {
        long[] ticks = cpuLine();
        return Arrays.stream(ticks).sum() - ticks[3] - ticks[4];
    }

    /** Of this JVM, the application and its servers, which are its children. */
    private static long ourTicks() {
        return Stream.concat(
                        Stream.of(ProcessHandle.current()),
                        ProcessHandle.current().descendants())
                .mapToLong(process -> ticks(process.pid()))
                .sum();
    }

    private static long ticks(long pid) {
        String stat = read(Path.of("/proc/" + pid + "/stat"));
        if (stat.isEmpty()) {
            return 0;
        }
        // The name in parentheses may hold spaces; utime and stime are the 14th and 15th field.
        String[] afterName = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return Long.parseLong(afterName[11]) + Long.parseLong(afterName[12]);
    }

    /** Empty for a process that has ended meanwhile. */
    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException ended) {
            return "";
        }
    }
}
