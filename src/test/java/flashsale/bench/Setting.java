package flashsale.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;

/** Where it was measured, in a line. */
final class Setting {

    private Setting() {}

    static String inWords() {
        return String.format(
                Locale.ROOT,
                "%s, commit %s: %d cores of %s, Linux %s, JDK %s, `%s`.",
                LocalDate.now(ZoneOffset.UTC),
                said("git", "describe", "--always", "--dirty"),
                Runtime.getRuntime().availableProcessors(),
                cpu(),
                System.getProperty("os.version"),
                Runtime.version(),
                System.getProperty("flashsale.jvm", ""));
    }

    private static String cpu() {
        return Cpu.read(Path.of("/proc/cpuinfo"))
                .lines()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("an unknown processor");
    }

    private static String said(String... command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return process.waitFor() == 0 ? said : "unknown";
        } catch (IOException e) {
            return "unknown";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
