package flashsale.faults;

import flashsale.redis.SaleKeys;
import flashsale.redis.Script;
import flashsale.servers.AppProcess;
import flashsale.servers.FaultProxy;
import flashsale.servers.PostgresServer;
import flashsale.servers.RedisServer;
import flashsale.servers.Servers;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Stores that keep what they acknowledged over a kill, each with a proxy before it that can break connections. */
record Stores(Servers servers, FaultProxy redisProxy, FaultProxy postgresProxy) {

    /** An order row, as operations would see it in SQL. */
    record Order(UUID id, String userId, int quantity) {}

    static final Script HOLD = Script.named("stock/hold");

    private static final class Shared {
        static final Stores STORES = start();
        static final AppProcess NODE = STORES.nodeBehindProxies().start();
    }

    /** One pair for all these tests, as starting it costs seconds; each test sells a sale of its own. */
    static Stores shared() {
        return Shared.STORES;
    }

    private static Stores start() {
        var redis = RedisServer.start(RedisServer.Persistence.APPEND_ONLY_FILE);
        var postgres = PostgresServer.start(PostgresServer.Durability.CRASH_SAFE);
        var servers = new Servers(redis, postgres, postgres.createDatabase());
        return new Stores(servers, FaultProxy.inFrontOf(redis), FaultProxy.inFrontOf(postgres));
    }

    /** A node that reaches its stores directly. */
    AppProcess.Setup node() {
        return AppProcess.on(servers)
                .with("flash-sale.session.hashing.cost", "4")
                .with("logging.level.flashsale.access", "OFF");
    }

    /** Whose every byte to and from its stores passes the proxies. */
    private AppProcess.Setup nodeBehindProxies() {
        var through = new LinkedHashMap<String, String>();
        servers.springProperties()
                .forEach((name, value) -> through.put(name, redisProxy.through(postgresProxy.through(value))));
        return node().with(through)
                // Else a statement's text passes a proxy only the first time it runs on a connection.
                .with("spring.r2dbc.properties.preparedStatementCacheQueries", "0");
    }

    /** The node that tests share, as starting one costs seconds too: up, whatever the test before did to it. */
    AppProcess readyNode() {
        heal();
        var node = Shared.NODE;
        if (!node.isReady()) {
            node.kill9();
            node.restart();
        }
        return node;
    }

    void heal() {
        redisProxy.heal();
        postgresProxy.heal();
    }

    long held(Sale sale) {
        return redis(commands -> commands.hlen(SaleKeys.of(sale.number()).journal()));
    }

    <T> T redis(Function<RedisCommands<String, String>, T> question) {
        var client = RedisClient.create(servers.redis().url());
        try (var connection = client.connect()) {
            return question.apply(connection.sync());
        } finally {
            client.shutdown(0, 1, TimeUnit.SECONDS);
        }
    }

    Map<UUID, Order> orders(Sale sale) {
        try (var connection = servers.database().connect();
                var statement =
                        connection.prepareStatement("select id, user_id, quantity from orders where sale_id = ?")) {
            statement.setLong(1, sale.number());
            var rows = statement.executeQuery();
            var orders = new LinkedHashMap<UUID, Order>();
            while (rows.next()) {
                var order = new Order(rows.getObject(1, UUID.class), rows.getString(2), rows.getInt(3));
                orders.put(order.id(), order);
            }
            return orders;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    long count(String query) {
        try (var connection = servers.database().connect();
                var statement = connection.createStatement()) {
            var row = statement.executeQuery(query);
            row.next();
            return row.getLong(1);
        } catch (SQLException e) {
            throw new IllegalStateException(query, e);
        }
    }

    /** The first column. */
    List<String> list(String query) {
        try (var connection = servers.database().connect();
                var statement = connection.createStatement()) {
            var rows = statement.executeQuery(query);
            var list = new ArrayList<String>();
            while (rows.next()) {
                list.add(rows.getString(1));
            }
            return list;
        } catch (SQLException e) {
            throw new IllegalStateException(query, e);
        }
    }
}
