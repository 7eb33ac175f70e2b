package flashsale.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class PlanCommandTest {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void aMillionVisitorsInAMinuteAreATable() {
        assertThat(plan("--stock", "5000")).isZero();
        assertThat(printed())
                .containsPattern("exposure +1,000,000\n")
                .containsPattern("click +300,000\n")
                .containsPattern("order +150,000\n")
                .containsPattern("sold +5,000\n")
                // 20,000 + 3.0902 * 141.42, rounded up
                .containsPattern("all +1,200,000 +20,000.0 +20,000.0 +20,438\n")
                .containsPattern("pre-scale to +[0-9]+\n")
                .containsPattern("calls +2026-.*PurchaseBenchmark");
    }

    /** Nothing the answer depends on is left out of it: a reader sees every factor, and which of them he chose. */
    @Test
    void everyAssumptionIsALine() {
        plan("--utilisation=0.5");
        for (Option option : Options.QUESTION) {
            assertThat(printed())
                    .containsPattern(
                            "--" + option.name() + " +[^ ].*" + option.meaning().substring(0, 8));
        }
        assertThat(printed())
                .containsPattern("--utilisation +0.5 +\\(given\\)")
                .containsPattern("--spare +1 +\\(default\\)")
                .containsPattern("spare +1 +N\\+1");
    }

    @Test
    void jsonHasTheSameNumbers() {
        plan("--stock", "5000", "--json");
        JsonNode json = JsonMapper.shared().readTree(printed());
        assertThat(json.at("/people/sold").asDouble()).isEqualTo(5_000);
        assertThat(json.at("/requests/all/mean").asDouble()).isEqualTo(20_000);
        assertThat(json.at("/requests/look/busiest").asDouble()).isEqualTo(15_000);
        assertThat(json.at("/arrivals/burstierThanPoisson").asBoolean(true)).isFalse();
        assertThat(json.at("/cores/redis/peak").asDouble()).isPositive();
        assertThat(json.at("/replicas/total").asInt())
                .isEqualTo(json.at("/replicas/needed").asInt()
                        + json.at("/replicas/spare").asInt());
        assertThat(json.at("/measured/calls").asString()).contains("PurchaseBenchmark");
        assertThat(json.at("/notes").size()).isPositive();
    }

    /** The number of replicas is what the figures make it; each of them has 20 connections, and one more and a migration. */
    @Test
    void connectionsAreThoseOfThePreScaledReplicas() {
        plan("--connections-a-replica", "20", "--max-connections=50");
        assertThat(printed())
                .containsPattern("roll-out +20  =")
                .containsPattern("migration +2  =")
                .containsPattern("available +47  = 50 of max_connections - 3")
                .contains("k8s/README.md", "note: TOO MANY CONNECTIONS: ");
        String table = printed();
        out.reset();
        plan("--connections-a-replica", "20", "--max-connections=50", "--json");
        JsonNode json = JsonMapper.shared().readTree(printed());
        long ofReplicas = 20 * json.at("/replicas/total").asLong();
        assertThat(json.at("/connections/ofReplicas").asLong()).isEqualTo(ofReplicas);
        assertThat(json.at("/connections/needed").asLong()).isEqualTo(ofReplicas + 22);
        assertThat(json.at("/connections/available").asLong()).isEqualTo(47);
        assertThat(json.at("/connections/fit").asBoolean(true)).isFalse();
        assertThat(table)
                .containsPattern("replicas +%,d  = %,d, each with a full pool of 20"
                        .formatted(ofReplicas, json.at("/replicas/total").asLong()))
                .containsPattern("needed +%,d  =".formatted(ofReplicas + 22));
    }

    @Test
    void bothFiguresOfOrdersAreShownWithTheTimeTheyLeave() {
        String[] given = {
            "--stock", "5000", "--http-orders-per-second", "1000", "--group-commit-orders-per-second", "2000"
        };
        plan(given);
        assertThat(printed())
                .contains(
                        "1,000/s over HTTP",
                        "2,000/s by the group commit alone; selling 5,000 takes at least 2.5 to 5.0 s")
                // 2,500 in the busiest second
                .contains("note: ONE SALE IS TOO SLOW: 2,500 purchases");
        out.reset();
        var json = new ArrayList<>(List.of(given));
        json.add("--json");
        plan(json.toArray(String[]::new));
        JsonNode orders = JsonMapper.shared().readTree(printed()).at("/orders");
        assertThat(orders.at("/busiest").asDouble()).isEqualTo(2_500);
        assertThat(orders.at("/leastSecondsByGroupCommit").asDouble()).isEqualTo(2.5);
        assertThat(orders.at("/leastSecondsOverHttp").asDouble()).isEqualTo(5);
    }

    @Test
    void aFigureOfOnesOwnIsTakenAndShown() {
        plan("--look-app-micros", "400", "--json");
        // 15,000 * 400 µs alone are 6 cores
        assertThat(JsonMapper.shared()
                        .readTree(printed())
                        .at("/cores/app/busiest")
                        .asDouble())
                .isGreaterThan(6);
        out.reset();
        plan("--look-app-micros", "400");
        assertThat(printed()).contains("--look-app-micros 400 (given)");
    }

    @Test
    void figuresMayComeFromAFile(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("ours.properties");
        Files.writeString(file, "measured-calls = on our machines\nlook-app-micros = 1\n");
        assertThat(plan("--capacity", file.toString())).isEqualTo(2);
        assertThat(complaint()).contains("--login-app-micros is missing, " + file + " lacks it too");
        var figures = new StringBuilder(Files.readString(file));
        Options.figures().forEach(figure -> figures.append(figure.name()).append(" = 1\n"));
        Files.writeString(file, figures.toString());
        assertThat(plan("--capacity", file.toString())).isZero();
        assertThat(printed()).contains("on our machines");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--visitors -1                        | --visitors",
                "--visitors many                      | --visitors",
                "--visitors 1e99                      | --visitors",
                "--visitors 5 --visitors 6            | --visitors is given twice",
                "--visitors                           | --visitors needs a value",
                "--visitors 5                         | --duration is missing",
                "--visitors 5 --duration 60           | --duration",
                "--visitors 5 --duration 0s           | --duration",
                "--visitors 5 --duration -5s          | --duration",
                "--visitors 5 --duration 60s --click-rate 1.5        | --click-rate",
                "--visitors 5 --duration 60s --order-rate NaN        | --order-rate",
                "--visitors 5 --duration 60s --taps 0.5              | --taps",
                "--visitors 5 --duration 60s --confidence 1          | --confidence",
                "--visitors 5 --duration 60s --utilisation 0         | --utilisation",
                "--visitors 5 --duration 60s --spare 1.5             | --spare",
                "--visitors 5 --duration 60s --connections-a-replica 0       | --connections-a-replica takes a whole number from 1",
                "--visitors 5 --duration 60s --connections-a-replica 1.5     | --connections-a-replica",
                "--visitors 5 --duration 60s --connections-a-replica 262144  | --connections-a-replica",
                "--visitors 5 --duration 60s --max-connections 0             | --max-connections takes a whole number from 1",
                "--visitors 5 --duration 60s --max-connections 262144        | --max-connections",
                "--visitors 5 --duration 60s --max-connections=many          | --max-connections",
                "--visitors 5 --duration 60s --http-orders-per-second 0      | --http-orders-per-second",
                "--visitors 5 --duration 60s --http-orders-per-second 99999  | --http-orders-per-second is at most --group-commit",
                "--visitors 5 --duration 60s --burst-factor 61       | --burst-factor",
                "--visitors 5 --duration 60s --dispersion=0.9        | --dispersion",
                "--visitors 5 --duration 60s --cores 0               | --cores",
                "--visitors 5 --duration 60s --replay-app-micros x   | --replay-app-micros",
                "--visitors 5 --duration 60s --capacity /no/such     | --capacity",
                "--visitor 5                          | no option --visitor",
                "fast                                 | fast"
            })
    void aBadOptionIsNamedAndTheExitCodeIsTwo(String line, String named) {
        assertThat(PlanCommand.run(line.trim().split(" +"), stream(out), stream(err)))
                .isEqualTo(2);
        assertThat(complaint()).startsWith("plan: ").contains(named).contains("--help");
        assertThat(printed()).isEmpty();
    }

    @Test
    void everyOptionStandsInTheHelp() {
        assertThat(PlanCommand.run(new String[] {"--help"}, stream(out), stream(err)))
                .isZero();
        Options.QUESTION.forEach(option -> assertThat(printed()).contains("--" + option.name() + " "));
        Options.figures().forEach(option -> assertThat(printed()).contains("--" + option.name() + " "));
        assertThat(printed()).contains("--json", "--capacity");
    }

    @Test
    void theLargestQuestionHasAnAnswer() {
        assertThat(PlanCommand.run(
                        ("--visitors 1e10 --duration 1s --looks 1e10 --taps 1e6 --look-app-micros 1e10"
                                        + " --connections-a-replica 262143")
                                .split(" "),
                        stream(out),
                        stream(err)))
                .isZero();
        assertThat(printed()).doesNotContain("-1,", "-9", "NaN", "Infinity");
    }

    @Test
    void numbersAreWrittenAlikeEverywhere() {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.GERMANY);
        try {
            plan("--stock", "5000");
        } finally {
            Locale.setDefault(before);
        }
        assertThat(printed()).contains("1,000,000");
    }

    private int plan(String... more) {
        var arguments = new ArrayList<>(List.of("--visitors", "1000000", "--duration", "60s"));
        arguments.addAll(List.of(more));
        return PlanCommand.run(arguments.toArray(String[]::new), stream(out), stream(err));
    }

    private String printed() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String complaint() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }
}
