package flashsale.plan;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.database.MigrateCommand;
import flashsale.servers.PostgresServer.Database;
import flashsale.servers.Servers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

class ConnectionsTest {

    private static final Connections ORDINARY = new Connections(16, 100);

    @Test
    void theyAreThoseOfEveryPoolOfTheRollOutAndOfOneMigration() {
        // 5 * 16 = 80, 16, 2
        assertThat(ORDINARY.ofReplicas(5)).isEqualTo(80);
        assertThat(ORDINARY.ofRollOut()).isEqualTo(16);
        assertThat(ORDINARY.needed(5)).isEqualTo(98);
        // 12 * 16 + 16 + 2
        assertThat(ORDINARY.needed(12)).isEqualTo(210);
    }

    @Test
    void whatIsKeptForSuperusersIsNotThere() {
        assertThat(ORDINARY.available()).isEqualTo(97);
        assertThat(new Connections(16, 2).available()).isZero();
        // 98 of 98, and of 97
        assertThat(new Connections(16, 101).fit(5)).isTrue();
        assertThat(ORDINARY.fit(5)).isFalse();
    }

    @Test
    void theLargestPoolThatFitsFitsAndOneMoreDoesNot() {
        // (97 - 2) / 13 = 7.3
        assertThat(ORDINARY.largestPool(12)).isEqualTo(7);
        assertThat(new Connections(7, 100).fit(12)).isTrue();
        assertThat(new Connections(8, 100).fit(12)).isFalse();
    }

    @Test
    void asManyReplicasAsFitFitAndOneMoreDoesNot() {
        // (97 - 2) / 16 - 1 = 4.9
        assertThat(ORDINARY.mostReplicas()).isEqualTo(4);
        assertThat(ORDINARY.fit(4)).isTrue();
        assertThat(ORDINARY.fit(5)).isFalse();
    }

    @Test
    void theMostThereCanBeDoNotOverflow() {
        assertThat(new Connections(262_143, 262_143).needed(1_000_000_000_000_000L))
                .isGreaterThan(2e20);
    }

    @Test
    void theDefaultIsThePoolOfTheApplication() throws IOException {
        Map<?, ?> pool = at(Path.of("src", "main", "resources", "application.yaml"), "spring", "r2dbc.pool");
        assertThat(fallback("connections-a-replica")).isEqualTo(String.valueOf(pool.get("max-size")));
        assertThat(pool.get("initial-size")).isEqualTo(Notes.SMALLEST_POOL);
    }

    @Test
    void aRollOutAddsWhatTheDeploymentSays() throws IOException {
        Map<?, ?> rolling = at(Path.of("k8s", "base", "deployment.yaml"), "spec", "strategy", "rollingUpdate");
        assertThat(rolling.get("maxSurge")).isEqualTo(Connections.SURGE);
    }

    /** What whoever reads the sums in one place finds in the other. */
    @Test
    void theManifestsPageCountsTheSame() throws IOException {
        String page = Files.readString(Path.of("k8s", "README.md"));
        String pool = fallback("connections-a-replica");
        assertThat(page)
                .contains(
                        "up to " + pool + " connections",
                        pool + " more for the node that a roll-out adds",
                        "and " + Connections.MIGRATION + " while a migration runs",
                        "`max_connections` is " + fallback("max-connections") + " unless set",
                        Connections.RESERVED + " of them are kept for superusers");
        for (var sum : Pattern.compile("(\\d+) (?:with|of) the (\\d+)")
                .matcher(page)
                .results()
                .toList()) {
            assertThat(ORDINARY.ofReplicas(Long.parseLong(sum.group(2))))
                    .as(sum.group())
                    .isEqualTo(Double.parseDouble(sum.group(1)));
        }
        assertThat(page).containsPattern("192 with the 12 .*\\R?.*384 with the 24");
    }

    /** By one who may have so many connections and no more. */
    @Test
    void aMigrationTakesAsManyAsAreCounted() throws SQLException {
        assertThat(migrate(Connections.MIGRATION)).contains("migrate: done");
        assertThat(migrate(Connections.MIGRATION - 1)).contains("migrate: failed", "too many connections for role");
    }

    private static String migrate(int most) throws SQLException {
        Servers servers = Servers.fresh();
        String role = "migrates_with_" + most;
        Database database = servers.database();
        try (var connection = database.connect();
                var statement = connection.createStatement()) {
            statement.execute("create role " + role + " login password 'secret' connection limit " + most);
            statement.execute("grant all on schema public to " + role);
        }
        var printed = new ByteArrayOutputStream();
        MigrateCommand.run(
                new String[] {
                    "--spring.flyway.url=" + database.jdbcUrl(),
                    "--spring.flyway.user=" + role,
                    "--spring.flyway.password=secret",
                    // PostgreSQL counts a closed connection for a moment longer.
                    "--spring.flyway.connect-retries=3",
                    "--spring.flyway.connect-retries-interval=1s"
                },
                new PrintStream(printed, true, StandardCharsets.UTF_8));
        servers.redis().close();
        return printed.toString(StandardCharsets.UTF_8);
    }

    private static String fallback(String name) {
        return Options.QUESTION.stream()
                .filter(option -> option.name().equals(name))
                .map(option -> String.valueOf(option.fallback()))
                .findFirst()
                .orElseThrow();
    }

    private static Map<?, ?> at(Path file, String... keys) throws IOException {
        try (Reader reader = Files.newBufferedReader(file)) {
            Map<?, ?> map = new Yaml().load(reader);
            for (String key : keys) {
                map = (Map<?, ?>) map.get(key);
            }
            return map;
        }
    }
}
