package flashsale.faults;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.redis.SaleKeys;
import flashsale.servers.AppOutput;
import flashsale.servers.FaultProxy;
import flashsale.servers.PostgresServer;
import flashsale.servers.RedisSentinels;
import flashsale.servers.RedisServer;
import flashsale.servers.RedisServer.Persistence;
import flashsale.servers.Servers;
import io.lettuce.core.ClientListArgs;
import io.lettuce.core.KillArgs;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Stock is held in a Redis with a replica, which three Sentinels watch. Another one takes over while buyers come to three
 * nodes: one that lacks writes, and one while the old primary still takes them.
 */
@ExtendWith(AppOutput.class)
class RedisFailoverLossFaults {

    /** Longer than a busy machine lets a Redis that is well wait; it is part of the time until it sells again. */
    private static final Duration DOWN_AFTER = Duration.ofSeconds(5);

    /** How long a node of these may believe in an epoch that is over; by default it is a second. */
    private static final String REFRESH_EVERY = "4s";

    /** The old primary goes on selling until the first node has left it: some must be left then. */
    private static final Outage.Size PLENTY = new Outage.Size(400, Duration.ofMillis(50), 12);

    private RedisServer first;
    private RedisServer second;
    private RedisServer sessions;
    private RedisSentinels sentinels;
    private PostgresServer postgres;
    private Stores stores;
    private Nodes nodes;
    private Outage outage;

    @BeforeEach
    void start() {
        first = RedisServer.local(Persistence.APPEND_ONLY_FILE);
        second = RedisServer.replicaOf(first, Persistence.APPEND_ONLY_FILE);
        sessions = RedisServer.local(Persistence.NONE);
        sentinels = RedisSentinels.watching(first, DOWN_AFTER);
        postgres = PostgresServer.start(PostgresServer.Durability.CRASH_SAFE);
        stores = new Stores(
                new Servers(first, postgres, postgres.createDatabase()),
                FaultProxy.inFrontOf(first),
                FaultProxy.inFrontOf(postgres));
        Awaitility.await("Sentinels that can fail over")
                .atMost(60, TimeUnit.SECONDS)
                .ignoreExceptions()
                .until(sentinels::areReady);
        var node = stores.node()
                .with("flash-sale.session.redis-url", sessions.url())
                .with("spring.data.redis.sentinel.master", RedisSentinels.NAME)
                .with("spring.data.redis.sentinel.nodes", sentinels.nodes());
        var slowToHear = stores.node()
                .with("flash-sale.session.redis-url", sessions.url())
                .with("flash-sale.redis.url", sentinels.url())
                .with("flash-sale.sale.refresh-every", REFRESH_EVERY);
        nodes = Nodes.start(node, slowToHear, slowToHear);
        nodes.shops().forEach(Shop::awaitSelling);
        outage = new Outage(stores, nodes);
    }

    @AfterEach
    void close() {
        nodes.close();
        sentinels.close();
        second.close();
        first.close();
        sessions.close();
        postgres.close();
    }

    @Test
    void aReplicaThatMissedWritesTakesOverAndThenTheOldPrimaryComesBack() {
        var result = outage.of(
                "failover to a replica that missed writes",
                Outage.AFTER_A_LOSS,
                Outage.USUAL,
                this::loseTouch,
                () -> first.kill9());
        assertThat(result.epochAfter()).isGreaterThan(result.epochBefore());
        assertThat(stockIn(second, result.sale())).as("the new primary's stock").isZero();
        assertThat(isPrimary(second)).isTrue();

        var back = outage.of("the old primary is back beside the new one", Outage.AFTER_A_LOSS, () -> first.restart());
        assertThat(back.epochAfter()).as("nobody went back to it").isEqualTo(back.epochBefore());
        Awaitility.await("the old primary is a replica")
                .atMost(60, TimeUnit.SECONDS)
                .until(() -> !isPrimary(first));
    }

    @Test
    void aPrimaryThatStillTakesWritesIsNotSoldFrom() {
        // Sentinel would make a replica of it as soon as it can be reached: here it never can.
        forbid(first, "slaveof", "replicaof");
        var result = outage.of("two primaries", Outage.AFTER_A_LOSS, PLENTY, () -> {}, () -> {
            sentinels.failOver();
            Awaitility.await("all Sentinels name the other")
                    .atMost(60, TimeUnit.SECONDS)
                    .until(() -> sentinels.primaryPorts().stream().allMatch(port -> port == second.port()));
            assertThat(isPrimary(first)).isTrue();
            // One node loses its connection and goes where the Sentinels say. The others have not heard of anything.
            in(first, commands -> commands.clientKill(KillArgs.Builder.id(aNodesSubscription())));
            Awaitility.await("it has put the sale into the other")
                    .atMost(60, TimeUnit.SECONDS)
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> epochOfTheLatestSale() > 1);
            Awaitility.await("a buyer of the old one is refused")
                    .atMost(60, TimeUnit.SECONDS)
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> stores.count("select count(*) from hold_tombstone where reason = 'epoch-over'") > 0);
        });
        assertThat(result.epochAfter()).isGreaterThan(result.epochBefore());
        assertThat(stockIn(second, result.sale()))
                .as("stock of the primary that is sold from")
                .isZero();
        var held = in(
                first,
                commands -> commands.hkeys(SaleKeys.of(result.sale().number()).journal()));
        var refused = refused(result.sale(), result.epochBefore());
        System.out.println("held in the old primary and no order of it: " + held.size() + ", refused by PostgreSQL: "
                + refused.size());
        assertThat(refused)
                .as("holds of the old primary that PostgreSQL refused")
                .isNotEmpty()
                .isSubsetOf(held);
        assertThat(ordersOfAnEpochThatIsOver(result)).as("of them orders").isZero();
    }

    private List<String> refused(Sale sale, long epoch) {
        return stores.list("select order_id from hold_tombstone where reason = 'epoch-over' and sale_id = "
                + sale.number() + " and hold_epoch = " + epoch);
    }

    /** The first order of the new epoch is younger than its seeding, after which no hold of the old one counts. */
    private long ordersOfAnEpochThatIsOver(Outage.Result result) {
        String orders = "select %s from orders where sale_id = " + result.sale().number() + " and hold_epoch ";
        return stores.count(orders.formatted("count(*)") + "<= " + result.epochBefore() + " and created_at > ("
                + orders.formatted("min(created_at)") + "> " + result.epochBefore() + ")");
    }

    /** From now on the replica hears of nothing. */
    private void loseTouch() {
        forbid(first, "psync", "sync");
        in(first, commands -> commands.clientKill(KillArgs.Builder.typeSlave()));
    }

    private long epochOfTheLatestSale() {
        return stores.count("select epoch from sale_counter order by sale_id desc limit 1");
    }

    /** Sentinels subscribe too; nodes hear of two things. */
    private long aNodesSubscription() {
        String client = in(first, commands -> commands.clientList(ClientListArgs.Builder.typePubsub()))
                .lines()
                .filter(line -> !line.contains("name=sentinel"))
                .findFirst()
                .orElseThrow();
        return Long.parseLong(client.substring("id=".length(), client.indexOf(' ')));
    }

    private static void forbid(RedisServer redis, String... orders) {
        in(redis, commands -> {
            var rule = new CommandArgs<>(StringCodec.UTF8).add("SETUSER").add("default");
            for (String order : orders) {
                rule.add("-" + order);
            }
            return commands.dispatch(CommandType.ACL, new StatusOutput<>(StringCodec.UTF8), rule);
        });
    }

    private static long stockIn(RedisServer redis, Sale sale) {
        return Long.parseLong(
                in(redis, commands -> commands.hget(SaleKeys.of(sale.number()).sale(), "stock")));
    }

    private static boolean isPrimary(RedisServer redis) {
        return in(redis, commands -> commands.info("replication")).contains("role:master");
    }

    private static <T> T in(RedisServer redis, Function<RedisCommands<String, String>, T> question) {
        var client = RedisClient.create(redis.url());
        try (var connection = client.connect()) {
            return question.apply(connection.sync());
        } finally {
            client.shutdown(0, 1, TimeUnit.SECONDS);
        }
    }
}
