package flashsale.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;

/** Where and when it was measured, in a line. */
public final class Setting {

    private Setting() {}

    public static String when() {
        // Publishing changes docs/ and the planner's figures while it runs.
        String published = ":(exclude)" + PlanFigures.FILE;
        boolean changed = !said("git", "status", "--porcelain", "--", "src", "lua-scripts", "pom.xml", published)
                .isEmpty();
        return LocalDate.now(ZoneOffset.UTC) + ", commit " + said("git", "rev-parse", "--short", "HEAD")
                + (changed ? " with changes" : "");
    }

    static String inWords() {
        return String.format(
                Locale.ROOT,
                "%s: %d cores of %s, Linux %s, JDK %s, `%s`.",
                when(),
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
