package flashsale.sale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import flashsale.order.Move;
import flashsale.order.Order;
import flashsale.redis.SaleKeys;
import flashsale.servers.PostgresServer;
import flashsale.servers.RedisServer;
import flashsale.servers.Servers;
import flashsale.shop.Books;
import flashsale.shop.Crowd;
import flashsale.shop.Eventually;
import flashsale.shop.OrderMoves;
import flashsale.shop.Shop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * A real standby takes over. It is what the primary was some commits ago: a copy of its files, taken while it was down,
 * which starts as a standby and is promoted, so that PostgreSQL begins a timeline as after any other failover.
 */
class PostgresFailoverFaults {

    private static final class Standby {

        private final PostgresServer server;
        private final PostgresServer.Database database;
        private final Path files;
        private final Path copy;

        Standby(PostgresServer server, PostgresServer.Database database) throws Exception {
            this.server = server;
            this.database = database;
            this.files = Path.of(asked("show data_directory"));
            this.copy = files.resolveSibling("standby");
            assumeThat(files)
                    .as("the files of PostgreSQL, which are out of reach in a container")
                    .isDirectory();
        }

        void copy() throws Exception {
            server.stop();
            run("cp", "-a", files.toString(), copy.toString());
            server.restart();
        }

        void takesOver() throws Exception {
            server.kill9();
            run("rm", "-r", files.toString());
            Files.move(copy, files);
            Files.createFile(files.resolve("standby.signal"));
            server.restart();
            assertThat(asked("select postgres_history() is null"))
                    .as("a standby has no history")
                    .isEqualTo("t");
            assertThat(asked("select pg_promote()")).isEqualTo("t");
        }

        String asked(String sql) throws SQLException {
            try (var connection = database.connect();
                    var statement = connection.createStatement();
                    var rows = statement.executeQuery(sql)) {
                rows.next();
                return rows.getString(1);
            }
        }

        private static void run(String... command) throws IOException, InterruptedException {
            assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
                    .isZero();
        }
    }

    @Test
    void unitsThatComeBackUnderNumbersThatWereGivenBeforeReachRedis() throws Exception {
        PostgresServer postgres = PostgresServer.start(PostgresServer.Durability.CRASH_SAFE);
        var servers = new Servers(RedisServer.start(), postgres, postgres.createDatabase());
        try (Shop shop = Shop.start(servers, Map.of())) {
            var standby = new Standby(postgres, servers.database());
            Books books = shop.books();
            long sale = shop.open(20, 1);
            List<Order> orders = OrderMoves.orders(shop, sale, 10);
            books.balance(sale);
            standby.copy();
            shop.awaitHealthy();
            shop.awaitSellable(sale);
            assertThat(books.epoch(sale)).as("a restart is no failover").isEqualTo(1);

            OrderMoves.make(shop, orders.subList(0, 5), Move.CANCEL);
            OrderMoves.orders(shop, sale, 3);
            long lost = Collections.max(shop.buyers(100));
            books.balance(sale);
            long applied = Long.parseLong(shop.redis().hget(SaleKeys.of(sale).sale(), "ledger"));

            standby.takesOver();
            shop.awaitHealthy();
            assertThat(books.sold(sale)).as("what was not copied is lost").isEqualTo(10);
            assertThat(shop.buyer())
                    .as("nobody gets the id of one who was lost")
                    .isGreaterThan(lost);
            shop.awaitSellable(sale, 2);
            OrderMoves.make(shop, orders.subList(3, 8), Move.CANCEL);

            assertThat(books.number("select min(id) from stock_ledger where sale_id = ?", sale))
                    .as("numbers are given again")
                    .isLessThanOrEqualTo(applied);
            books.balance(sale);
            assertThat(shop.redis().hget(SaleKeys.of(sale).sale(), "stock")).isEqualTo("15");
            Eventually.holds(
                    "it sells to the end",
                    () ->
                            Crowd.buy(
                                            shop,
                                            shop.buyers(20).stream()
                                                    .map(user -> Crowd.tap(sale, user, 1))
                                                    .toList())
                                    .stream()
                                    .noneMatch(flashsale.purchase.PurchaseOutcome.Ordered.class::isInstance));
            books.balance(sale);
            assertThat(books.sold(sale)).isEqualTo(20);
        } finally {
            servers.redis().close();
            postgres.close();
        }
    }
}
