package flashsale.faults;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.AppOutput;
import flashsale.servers.FaultProxy;
import flashsale.servers.PostgresServer;
import flashsale.servers.PostgresServer.Database;
import flashsale.servers.RedisServer;
import flashsale.servers.RedisServer.Persistence;
import flashsale.servers.Servers;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * PostgreSQL is away, or will not do what it is asked, while buyers come to three nodes. Nobody is told that he has bought,
 * sales are shown as before, and it goes on by itself.
 */
@ExtendWith(AppOutput.class)
class PostgresLossFaults {

    private static final Duration AWAY = Duration.ofSeconds(4);

    /** Not a superuser, for whom PostgreSQL always keeps a place. */
    private static final String OWNER = "shop";

    private static RedisServer redis;
    private static PostgresServer postgres;
    private static Database asSuperuser;
    private static Stores stores;
    private static Nodes nodes;
    private static Outage outage;

    @BeforeAll
    static void start() {
        redis = RedisServer.local(Persistence.APPEND_ONLY_FILE);
        postgres = PostgresServer.start(PostgresServer.Durability.CRASH_SAFE);
        asSuperuser = postgres.createDatabase();
        String name = asSuperuser.jdbcUrl().substring(asSuperuser.jdbcUrl().lastIndexOf('/') + 1);
        order("create role " + OWNER + " login password '" + OWNER + "'");
        order("alter database " + name + " owner to " + OWNER);
        var database = new Database(asSuperuser.r2dbcUrl(), asSuperuser.jdbcUrl(), OWNER, OWNER);
        var watched = new Servers(redis, postgres, asSuperuser);
        stores = new Stores(watched, FaultProxy.inFrontOf(redis), FaultProxy.inFrontOf(postgres));
        nodes = Nodes.start(
                new Stores(new Servers(redis, postgres, database), stores.redisProxy(), stores.postgresProxy())
                        .node()
                        .with("spring.r2dbc.url", stores.postgresProxy().through(database.r2dbcUrl())));
        nodes.shops().forEach(Shop::awaitSelling);
        outage = new Outage(stores, nodes);
    }

    @AfterAll
    static void close() {
        nodes.close();
        redis.close();
        postgres.close();
    }

    @Test
    void killed() {
        nobodyBuysMeanwhile(outage.of("postgres kill -9 and restart", Outage.SOME_TIME, () -> {
            postgres.kill9();
            staysAway();
            postgres.restart();
        }));
    }

    @Test
    void restarted() {
        nobodyBuysMeanwhile(outage.of("postgres restarted", Outage.SOME_TIME, () -> {
            postgres.stop();
            staysAway();
            postgres.restart();
        }));
    }

    @Test
    void readOnly() {
        nobodyBuysMeanwhile(outage.of("postgres read-only", Outage.SOME_TIME, () -> {
            order("alter system set default_transaction_read_only = on");
            order("select pg_reload_conf()");
            // A connection that is new and read-only says that all others have been told.
            Awaitility.await("no more writes")
                    .atMost(60, TimeUnit.SECONDS)
                    .until(() ->
                            stores.count("select (current_setting('default_transaction_read_only') = 'on')::int") == 1);
            staysAway();
            order("alter system reset default_transaction_read_only");
            order("select pg_reload_conf()");
        }));
    }

    @Test
    void outOfConnections() {
        nobodyBuysMeanwhile(outage.of("postgres out of connections", Outage.SOME_TIME, () -> {
            order("alter role " + OWNER + " connection limit 0");
            order("select pg_terminate_backend(pid) from pg_stat_activity where usename = '" + OWNER + "'");
            staysAway();
            order("alter role " + OWNER + " connection limit -1");
        }));
    }

    /** Half a second more for each round trip: slow, but nobody has to be put off. */
    @Test
    void slow() {
        var result = outage.of("postgres half a second slower", Outage.SOME_TIME, () -> {
            stores.postgresProxy().delay(Duration.ofMillis(250));
            staysAway(() -> outage.awaitSomebody("a sale, if a slow one", Rush.Visit::sold));
            stores.postgresProxy().delay(Duration.ZERO);
        });
        System.out.println("meanwhile: " + Outage.told(result.during()));
        assertThat(result.during())
                .isNotEmpty()
                .allMatch(visit ->
                        visit.sold() || visit.tap().was(202) || visit.tap().was(503));
    }

    /** Of those who came when it was certainly away, and were answered before it was back. */
    private static void nobodyBuysMeanwhile(Outage.Result result) {
        System.out.println("meanwhile: " + Outage.told(result.during()));
        assertThat(result.during())
                .isNotEmpty()
                .allMatch(visit -> visit.tap().refused(503, "degraded")
                        || visit.tap().wasTooMuch()
                        || visit.tap().was(202)
                        || visit.sold());
        assertThat(result.during())
                .filteredOn(visit -> visit.sentAt() > result.away() && visit.endedAt() < result.returning())
                .as("of those, who came when it was gone for good")
                .isNotEmpty()
                .noneMatch(Rush.Visit::sold);
        assertThat(result.epochAfter()).as("Redis is as it was").isEqualTo(result.epochBefore());
    }

    /** From here on it is away, until a buyer was refused because of it, and for some time at least. */
    private static void staysAway() {
        staysAway(() -> outage.awaitSomebody(
                "a buyer is told that it is away", visit -> visit.tap().refused(503, "degraded")));
    }

    /** Sales are shown meanwhile. */
    private static void staysAway(Runnable untilSeen) {
        outage.isAway();
        for (Shop shop : nodes.shops()) {
            assertThat(shop.send("GET", "/api/sales", null, null).status()).isEqualTo(200);
        }
        Outage.pause(AWAY);
        untilSeen.run();
        outage.isReturning();
    }

    private static void order(String sql) {
        try (var connection = asSuperuser.connect();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }
}
