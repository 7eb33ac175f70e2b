package flashsale.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.AppProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** What the application holds: its heap right after a full collection, and all of the process. */
record Memory(long heapKb, long processKb) {

    /** Caches that fill once and stay bounded: verified tokens, sessions, idempotency, buffers of two event loops. */
    private static final long HEAP_GROWTH_KB = 12 << 10;

    private static final long PROCESS_GROWTH_KB = 64 << 10;

    private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");

    private static final Pattern USED = Pattern.compile("(?:total|used)[^\\n]*?used (\\d+)K|used (\\d+)K");

    static Memory of(AppProcess node) {
        long pid = ProcessHandle.current()
                .descendants()
                .filter(child -> child.info().commandLine().orElse("").contains("--server.port=" + node.port()))
                .findFirst()
                .orElseThrow()
                .pid();
        jcmd(pid, "GC.run");
        long heap = USED.matcher(jcmd(pid, "GC.heap_info"))
                .results()
                .limit(2)
                .mapToLong(used -> Long.parseLong(used.group(1) == null ? used.group(2) : used.group(1)))
                .sum();
        try {
            var resident = RESIDENT.matcher(Files.readString(Path.of("/proc/" + pid + "/status")));
            assertThat(resident.find()).isTrue();
            return new Memory(heap, Long.parseLong(resident.group(1)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String jcmd(long pid, String command) {
        try {
            var process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "jcmd")
                                    .toString(),
                            Long.toString(pid),
                            command)
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes());
            assertThat(process.waitFor()).as(output).isZero();
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Soon: what was refused a moment ago is still being closed. */
    static void becomesAsFlatAs(Memory calm, Supplier<Memory> now) {
        Awaitility.await("memory as before")
                .atMost(20, TimeUnit.SECONDS)
                .pollInterval(1, TimeUnit.SECONDS)
                .pollDelay(Duration.ZERO)
                .untilAsserted(() -> {
                    var memory = now.get();
                    System.out.println("abuse: " + memory + ", calm " + calm);
                    assertThat(memory.heapKb)
                            .as("heap after a collection, KB")
                            .isLessThan(calm.heapKb + HEAP_GROWTH_KB);
                    assertThat(memory.processKb).as("resident, KB").isLessThan(calm.processKb + PROCESS_GROWTH_KB);
                });
    }
}
