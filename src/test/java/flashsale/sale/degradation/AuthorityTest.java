package flashsale.sale.degradation;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.redis.DegradationKeys;
import flashsale.redis.StockRedis;
import flashsale.servers.FaultProxy;
import flashsale.servers.Servers;
import flashsale.shop.Eventually;
import flashsale.shop.Shop;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.r2dbc.core.DatabaseClient;

/** What a node that has lost PostgreSQL takes from Redis for the newest versions. */
@ExtendWith(OutputCaptureExtension.class)
class AuthorityTest {

    private final Servers servers = Servers.fresh();
    private final FaultProxy postgres = FaultProxy.inFrontOf(servers.postgres());
    private final Shop shop = Shop.start(
            servers,
            Map.of(
                    "flash-sale.degradation.node", "alone",
                    "flash-sale.degradation.check-every", "500ms",
                    "flash-sale.degradation.retry-every", "200ms",
                    "flash-sale.degradation.follow-every", "100ms",
                    "flash-sale.degradation.patience", "1s",
                    "flash-sale.degradation.drift-for", "1s",
                    "spring.r2dbc.url", postgres.through(servers.database().r2dbcUrl())));

    private final Authority authority =
            new Authority(shop.bean(DatabaseClient.class), shop.bean(StockRedis.class), Duration.ofSeconds(2));

    @AfterEach
    void close() {
        postgres.heal();
        shop.close();
        postgres.close();
        servers.redis().close();
    }

    private Authority.Versions newest() {
        return Objects.requireNonNull(authority.newest().block(Shop.PATIENCE));
    }

    private void writeIntoRedis(String versions) {
        shop.redis().hset(DegradationKeys.STATE, DegradationKeys.VERSIONS, versions);
    }

    @Test
    void redisIsBelievedUpToL1AndNothingThatIsDamaged(CapturedOutput output) {
        long sale = shop.open(5, 1);
        shop.desk().pause(sale).block(Shop.PATIENCE);
        shop.desk().resume(sale).block(Shop.PATIENCE);
        Authority.Versions read = newest();
        assertThat(read.text()).isEqualTo(sale + ":3");
        shop.awaitSellable(sale);

        postgres.pause();
        for (String damaged : List.of("garbage", "7", ":", sale + ":x", sale + ":9,", sale + ":-1", "1:2:3")) {
            writeIntoRedis(damaged);
            assertThat(newest()).as(damaged).isEqualTo(new Authority.Versions(0, read.text()));
        }
        assertThat(output.getAll().lines().filter(line -> line.contains("of state:{degradation} in Redis is damaged")))
                .as("this one's and the node's own")
                .hasSizeLessThanOrEqualTo(2)
                .isNotEmpty();

        writeIntoRedis(sale + ":999999999");
        Levels levels = shop.bean(Levels.class);
        Eventually.holds("L1", Duration.ofMinutes(1), () -> levels.known().level() == Level.L1);
        SelfCheck check = shop.bean(SelfCheck.class);
        Eventually.holds(
                "behind for longer than would make it L3",
                Duration.ofMinutes(1),
                () -> check.last().behindFor().compareTo(Duration.ofSeconds(4)) > 0);
        assertThat(levels.known().level()).isEqualTo(Level.L1);
    }
}
