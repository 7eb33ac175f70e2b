package flashsale.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The packaged jar, as whoever plans a sale starts it: beside no store, and without a setting. */
class PlanIT {

    private record Ended(int exitCode, String output) {}

    @Test
    void itAnswersAndStartsNothing() throws Exception {
        Ended answered = jar("plan", "--visitors", "1000000", "--duration", "60s");
        assertThat(answered.exitCode()).as(answered.output()).isZero();
        assertThat(answered.output()).contains("pre-scale to").doesNotContain("Starting", "Netty", "Spring");
    }

    @Test
    void aBadOptionIsNamedInOneLine() throws Exception {
        Ended refused = jar("plan", "--visitors", "many", "--duration", "60s");
        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.output()).startsWith("plan: --visitors ").doesNotContain("\tat ");
    }

    private static Ended jar(String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                System.getProperty("flashsale.jar")));
        command.addAll(List.of(arguments));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), output);
    }
}
