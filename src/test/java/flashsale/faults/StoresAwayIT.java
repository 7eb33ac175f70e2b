package flashsale.faults;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.AppOutput;
import flashsale.servers.AppProcess;
import flashsale.servers.PostgresServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A store goes away in the middle of a burst: refused rather than promised; and all by itself well when it is back. */
@ExtendWith(AppOutput.class)
class StoresAwayIT {

    enum PostgresOutage {
        FROZEN {
            @Override
            void begin(PostgresServer postgres) {
                postgres.freeze();
            }

            @Override
            void end(PostgresServer postgres) {
                postgres.thaw();
            }
        },
        KILLED {
            @Override
            void begin(PostgresServer postgres) {
                postgres.kill9();
            }

            @Override
            void end(PostgresServer postgres) {
                postgres.restart();
            }
        };

        abstract void begin(PostgresServer postgres);

        abstract void end(PostgresServer postgres);
    }

    enum RedisOutage {
        KILLED,
        KILLED_AND_EMPTIED
    }

    private static final int WAVE = 60;

    private static final Stores stores = Stores.shared();

    private AppProcess node;
    private Shop shop;
    private boolean back = true;

    @BeforeEach
    void reachNode() {
        node = stores.readyNode();
        shop = Shop.of(node);
        shop.awaitSelling();
    }

    @AfterEach
    void bringBack() {
        if (!back) {
            stores.servers().postgres().thaw();
        }
    }

    @ParameterizedTest
    @EnumSource
    void withoutPostgresNothingIsPromised(PostgresOutage outage) {
        var postgres = stores.servers().postgres();
        var sale = shop.openSale(10 * WAVE, 1);
        var buyers = shop.buyers("postgres-" + outage.name().toLowerCase(), 3 * WAVE);

        var caught = Tap.burst(buyers.subList(0, WAVE), sale, buyer -> shop);
        int printed = node.output().length();
        outage.begin(postgres);
        back = outage != PostgresOutage.FROZEN;
        var during = Tap.ended(Tap.burst(buyers.subList(WAVE, 2 * WAVE), sale, buyer -> shop));
        assertThat(during)
                .as("taps while PostgreSQL is away")
                .allMatch(tap -> tap.was(202) || tap.refused(503, "degraded") || tap.wasTooMuch());
        Awaitility.await("the node knows")
                .atMost(20, TimeUnit.SECONDS)
                .until(() -> node.output().indexOf("PostgreSQL does not answer", printed) >= 0);
        var all = new ArrayList<>(Tap.ended(caught));
        long heldBefore = stores.held(sale);
        var refused = Tap.ended(Tap.burst(buyers.subList(2 * WAVE, 3 * WAVE), sale, buyer -> shop));
        assertThat(refused)
                .as("taps when it is known")
                .allMatch(tap -> tap.refused(503, "degraded")
                        && tap.answer().headers().firstValue("Retry-After").isPresent());
        assertThat(stores.held(sale)).as("holds").isEqualTo(heldBefore);

        outage.end(postgres);
        back = true;
        all.addAll(during);
        all.addAll(refused);
        var orders = Promises.areKept(stores, shop, sale, all);
        assertThat(orders.values()).noneMatch(order -> refused.stream()
                .anyMatch(tap -> tap.buyer().userId().equals(order.userId())));
        shop.awaitSelling();
    }

    @ParameterizedTest
    @EnumSource
    void aLostRedisIsSeededAnew(RedisOutage outage) {
        var redis = stores.servers().redis();
        var sale = shop.openSale(2 * WAVE, 1);
        long epoch = shop.audit(sale).body().path("epoch").asLong();
        String prefix = "redis-" + outage.name().toLowerCase().replace('_', '-');
        var buyers = shop.buyers(prefix, 4 * WAVE);

        var caught = Tap.burst(buyers.subList(0, WAVE), sale, buyer -> shop);
        CompletableFuture.anyOf(caught.toArray(CompletableFuture[]::new)).join();
        if (outage == RedisOutage.KILLED_AND_EMPTIED) {
            stores.redis(commands -> commands.flushall());
        }
        redis.kill9();
        var during = Tap.ended(Tap.burst(buyers.subList(WAVE, 2 * WAVE), sale, buyer -> shop));
        assertThat(during).as("taps while Redis is away").allMatch(tap -> tap.was(202) || tap.was(503) || tap.was(401));
        Awaitility.await("the sale is closed")
                .atMost(20, TimeUnit.SECONDS)
                .pollDelay(Duration.ZERO)
                .until(() -> shop.state(sale), "CLOSED"::equals);
        redis.restart();

        shop.awaitOpen(sale);
        assertThat(shop.audit(sale).body().path("epoch").asLong()).isGreaterThan(epoch);
        // The sessions may be gone with Redis; the buyers are the same.
        var loggedIn = shop.buyers(prefix, buyers.size());
        var rest = Tap.told(
                Tap.ended(Tap.burst(loggedIn.subList(2 * WAVE, 4 * WAVE), sale, buyer -> shop)), sale, buyer -> shop);
        assertThat(rest).allMatch(tap -> tap.was(201) || tap.refused(409, "sold-out"));
        var all = Stream.of(Tap.ended(caught), during, rest)
                .flatMap(List::stream)
                .map(tap -> tap.by(loggedIn))
                .toList();
        assertThat(Promises.areKept(stores, shop, sale, all)).hasSize(sale.stock());
    }

    @Test
    void aNodeWithoutStoresComesUpAndWaitsForThem() {
        var redis = stores.servers().redis();
        var postgres = stores.servers().postgres();
        node.terminate();
        redis.stop();
        postgres.stop();
        var ready = CompletableFuture.runAsync(node::restart);
        var health = Shop.at(node.managementUrl());
        Awaitility.await("liveness")
                .atMost(100, TimeUnit.SECONDS)
                .ignoreExceptions()
                .until(() -> health.page("/actuator/health/liveness").statusCode() == 200);
        assertThat(health.page("/actuator/health/readiness").statusCode()).isEqualTo(503);
        assertThat(ready).isNotDone();
        redis.restart();
        postgres.restart();
        ready.join();

        Shop.of(node).awaitSelling();
    }
}
