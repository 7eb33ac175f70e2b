package flashsale.database;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.Servers;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MigrateCommandTest {

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    @Test
    void itMigratesOnceAndThenFindsNothingToDo() {
        Map<String, String> database = Servers.fresh().springProperties();

        assertThat(migrate(database)).isZero();
        assertThat(printed.toString(StandardCharsets.UTF_8)).containsPattern("migrate: done, [1-9]\\d* migrations");
        assertThat(migrate(database)).isZero();
        assertThat(printed.toString(StandardCharsets.UTF_8)).contains("migrate: done, 0 migrations");
    }

    @Test
    void aDatabaseThatIsAwayIsAFailureInOneLine() {
        assertThat(migrate(
                        Map.of("spring.flyway.url", "jdbc:postgresql://127.0.0.1:1/none", "spring.flyway.user", "u")))
                .isEqualTo(1);
        assertThat(printed.toString(StandardCharsets.UTF_8)).contains("migrate: failed: ");
    }

    @Test
    void aMissingAddressIsNamed() {
        assertThat(migrate(Map.of())).isEqualTo(1);
        assertThat(printed.toString(StandardCharsets.UTF_8)).contains("SPRING_FLYWAY_URL");
    }

    private int migrate(Map<String, String> properties) {
        String[] arguments = properties.entrySet().stream()
                .filter(property -> property.getKey().startsWith("spring.flyway"))
                .map(property -> "--" + property.getKey() + "=" + property.getValue())
                .toArray(String[]::new);
        return MigrateCommand.run(arguments, new PrintStream(printed, true, StandardCharsets.UTF_8));
    }
}
