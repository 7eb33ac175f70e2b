package flashsale.faults;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.AppOutput;
import flashsale.servers.AppProcess;
import flashsale.servers.PostgresServer.Database;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What whoever operates the packaged application meets at its start and its end. */
@ExtendWith(AppOutput.class)
class CommandLineIT {

    private static final Stores stores = Stores.shared();

    @Test
    void migrateOnlyMigrates() throws SQLException {
        var database = stores.servers().postgres().createDatabase();
        var first = migrate(database, database.jdbcUrl());
        assertThat(first.exitCode()).as(first.output()).isZero();
        assertThat(first.output())
                .containsPattern("migrate: done, [1-9]\\d* migrations were run")
                .doesNotContain("Netty started");
        try (var connection = database.connect()) {
            assertThat(connection
                            .getMetaData()
                            .getTables(null, "public", "orders", null)
                            .next())
                    .isTrue();
        }
        var again = migrate(database, database.jdbcUrl());
        assertThat(again.exitCode()).as(again.output()).isZero();
        assertThat(again.output()).contains("migrate: done, 0 migrations were run");
    }

    @Test
    void migrateWithoutPostgresFailsInOneLine() {
        var database = stores.servers().database();
        String nowhere = database.jdbcUrl().replaceFirst(":[0-9]+/", ":1/");
        var failed = migrate(database, nowhere);
        assertThat(failed.exitCode()).as(failed.output()).isEqualTo(1);
        assertThat(failed.output().lines().filter(line -> line.startsWith("migrate: failed: ")))
                .singleElement()
                .asString()
                .contains("refused");
        assertThat(failed.output()).doesNotContain("\tat ");
    }

    private static AppProcess.Ended migrate(Database database, String url) {
        return AppProcess.alone()
                .with("spring.flyway.url", url)
                .with("spring.flyway.user", database.username())
                .with("spring.flyway.password", database.password())
                .runToItsEnd("migrate");
    }

    @Test
    void aCommandThatDoesNotExistStartsNothing() {
        var refused = AppProcess.alone().runToItsEnd("migrat");
        assertThat(refused.exitCode()).as(refused.output()).isEqualTo(2);
        assertThat(refused.output()).contains("migrat\"").doesNotContain("Started");
    }

    @Test
    void productionNamesEveryStoreThatIsMissing() {
        var refused = AppProcess.alone().profile("production").runToItsEnd();
        assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
        assertThat(refused.output())
                .contains(
                        "SPRING_R2DBC_URL",
                        "SPRING_FLYWAY_URL",
                        "SPRING_DATA_REDIS_URL",
                        "FLASH_SALE_PROVIDER_URL",
                        "FLASH_SALE_PAYMENT_WEBHOOK_SECRET",
                        "FLASH_SALE_SESSION_JWT_SECRET")
                .doesNotContain("\tat ");
    }

    @Test
    void productionNamesEveryPasswordThatEverybodyKnows() {
        var refused = production()
                .with("spring.r2dbc.password", "postgres")
                .with("spring.flyway.password", "changeme")
                .runToItsEnd();
        assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
        assertThat(refused.output())
                .contains("SPRING_R2DBC_PASSWORD", "SPRING_FLYWAY_PASSWORD")
                .doesNotContain("changeme", "\tat ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "local-only-secret-local-only-secret-0123456789", "too-short"})
    void productionNamesTheSecretThatProtectsNothing(String secret) {
        var refused = production().with("flash-sale.session.jwt-secret", secret).runToItsEnd();
        assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
        assertThat(refused.output())
                .contains("flash-sale.session.jwt-secret")
                .doesNotContain("local-only-secret", "too-short", "\tat ");
    }

    /** Nothing else to complain about. */
    private static AppProcess.Setup production() {
        return AppProcess.on(stores.servers())
                .profile("production")
                .with("spring.r2dbc.password", "PqzR8c2vWk")
                .with("spring.flyway.password", "PqzR8c2vWk")
                .with("flash-sale.provider.url", "https://pay.example")
                .with("flash-sale.payment.webhook-secret", "q0dZ4kX2vN7mP1sT8yB3wE6rU9iO5aLc");
    }

    @Test
    void whoIsToldToEndAnswersItsBuyersFirst() {
        var node = stores.readyNode();
        var shop = Shop.of(node);
        shop.awaitSelling();
        var sale = shop.openSale(50, 1);
        var buyers = shop.buyers("last", 50);
        var process = ProcessHandle.current()
                .descendants()
                .filter(child -> child.info().commandLine().orElse("").contains("--server.port=" + node.port()))
                .findFirst()
                .orElseThrow();
        // Every answer waits here until the node has been told to end.
        var begun = stores.postgresProxy().onRequest("commit_holds").holdAnswers();
        long first = System.nanoTime();
        var taps = Tap.burst(buyers, sale, buyer -> shop);
        begun.awaitFired();
        Awaitility.await("every tap on its way")
                .atMost(20, TimeUnit.SECONDS)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> stores.held(sale) == buyers.size());
        process.destroy();
        Awaitility.await("graceful shutdown")
                .atMost(20, TimeUnit.SECONDS)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> node.output().lastIndexOf("Commencing graceful shutdown") > lastStart(node));
        stores.heal();
        var kept = Duration.ofNanos(System.nanoTime() - first);
        var ended = Tap.ended(taps);
        assertThat(ended).allMatch(tap -> tap.was(201) || tap.was(202));
        // On a machine so slow that all were kept beyond the deadline, they were rightly told 202.
        assertThat(ended.stream().anyMatch(tap -> tap.was(201)) || kept.compareTo(Duration.ofSeconds(2)) > 0)
                .as("who was not kept waiting was answered with an order; kept %s", kept)
                .isTrue();
        // The shared event loops want two quiet seconds before they end; an orchestrator gives half a minute.
        assertThat(process.onExit()).succeedsWithin(Duration.ofSeconds(25));
        assertThat(node.output()).as("no part of it had to be given up").doesNotContain("Failed to stop bean");

        node.kill9();
        node.restart();
        assertThat(Promises.areKept(stores, Shop.of(node), sale, ended)).hasSize(50);
    }

    private static int lastStart(AppProcess node) {
        return node.output().lastIndexOf("Starting FlashSaleApplication");
    }
}
