package flashsale.sale;

import static flashsale.shop.Crowd.tap;
import static org.assertj.core.api.Assertions.assertThat;

import flashsale.order.Move;
import flashsale.order.MoveResult;
import flashsale.order.Order;
import flashsale.purchase.PurchaseOutcome;
import flashsale.purchase.PurchaseOutcome.LimitReached;
import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.redis.SaleKeys;
import flashsale.shop.Books;
import flashsale.shop.Crowd;
import flashsale.shop.OrderMoves;
import flashsale.shop.RowLock;
import flashsale.shop.Shop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** What the runbook SoldMiscounted tells PostgreSQL, as it stands there, on counts that somebody has damaged. */
class MiscountedTest {

    private static final Path RUNBOOK = Path.of("docs/runbooks/soldmiscounted.md");

    private static final Pattern SQL = Pattern.compile("<<'SQL'\n(.*?)\n *SQL\n", Pattern.DOTALL);

    private static final String PUT_RIGHT = "begin";
    private static final String PUT_INTO_REDIS_ANEW = "update";

    private final Shop shop = Shop.shared();
    private final Books books = shop.books();

    @Test
    void everyCountIsWhatTheOrdersSay() {
        long sale = shop.open(100, 2);
        long tooHigh = shop.buyer();
        long tooLow = shop.buyer();
        long gone = shop.buyer();
        long invented = shop.buyer();
        long right = shop.buyer();
        long cancelledAll = shop.buyer();
        order(sale, tooHigh, 1);
        cancel(order(sale, tooHigh, 1));
        order(sale, tooLow, 2);
        order(sale, gone, 1);
        order(sale, right, 1);
        cancel(order(sale, cancelledAll, 2));
        books.balance(sale);
        units(sale, tooHigh, 2);
        units(sale, tooLow, 0);
        units(sale, cancelledAll, 1);
        books.execute("delete from sale_buyer where sale_id = ? and user_id = ?", sale, gone);
        books.execute("insert into sale_buyer values (?, ?, 2, 2)", sale, invented);
        books.execute("update sale_counter set sold = 3 where sale_id = ?", sale);

        assertThat(run(PUT_RIGHT, sale))
                .containsExactly(
                        "3",
                        "5",
                        tooHigh + " 2 1 2 2",
                        tooLow + " 0 2 2 2",
                        gone + " null 1 null 2",
                        invented + " 2 0 2 2",
                        cancelledAll + " 1 0 2 2");

        books.balance(sale);
        assertThat(buy(sale, tooHigh, 1)).isInstanceOf(Ordered.class);
        assertThat(buy(sale, tooLow, 1)).isInstanceOf(LimitReached.class);
        assertThat(buy(sale, gone, 1)).isInstanceOf(Ordered.class);
        assertThat(buy(sale, invented, 2)).isInstanceOf(Ordered.class);
        books.balance(sale);
        assertThat(run(PUT_RIGHT, sale)).as("nothing is left to do").containsExactly("9");
    }

    /** He waits for a commit that is under way, and sees what it wrote. */
    @Test
    void noCommitComesBetween() {
        long sale = shop.open(10, 5);
        long buyer = shop.buyer();
        order(sale, buyer, 1);
        units(sale, buyer, 3);
        CompletableFuture<PurchaseOutcome> buying;
        CompletableFuture<List<String>> repairing;
        try (var lock = RowLock.on(shop, sale)) {
            buying = shop.purchase().buy(tap(sale, buyer, 2)).toFuture();
            lock.awaitQueue(1);
            repairing = CompletableFuture.supplyAsync(() -> run(PUT_RIGHT, sale));
            lock.awaitQueue(2);
            lock.release();
        }
        assertThat(Mono.fromFuture(buying).block(Shop.PATIENCE)).isInstanceOf(Ordered.class);
        assertThat(Mono.fromFuture(repairing).block(Shop.PATIENCE)).containsExactly("3", buyer + " 5 3 5 5");
        books.balance(sale);
    }

    @Test
    void whoBoughtMoreThanHeMayKeepsItAndBuysNoMore() {
        long sale = shop.open(10, 2);
        long buyer = shop.buyer();
        order(sale, buyer, 2);
        books.balance(sale);
        units(sale, buyer, 0);
        run(PUT_INTO_REDIS_ANEW, sale);
        shop.awaitSellable(sale, 2);
        Order tooMany = order(sale, buyer, 1);

        assertThat(run(PUT_RIGHT, sale)).containsExactly("3", buyer + " 1 3 2 3");
        run(PUT_INTO_REDIS_ANEW, sale);
        shop.awaitSellable(sale, 3);
        assertThat(buy(sale, buyer, 1)).isInstanceOf(LimitReached.class);
        cancel(tooMany);
        assertThat(run(PUT_RIGHT, sale)).containsExactly("2", buyer + " 2 2 3 2");
        books.balance(sale);
    }

    /** As after a hold that was refused for what PostgreSQL said of him. */
    @Test
    void redisLearnsTheCountsWhenTheSaleIsPutThereAnew() {
        long sale = shop.open(10, 2);
        long buyer = shop.buyer();
        order(sale, buyer, 1);
        books.balance(sale);
        units(sale, buyer, 2);
        assertThat(buy(sale, buyer, 1)).as("PostgreSQL refuses him").isInstanceOf(LimitReached.class);
        assertThat(run(PUT_RIGHT, sale)).containsExactly("1", buyer + " 2 1 2 2");
        assertThat(shop.redis().hget(SaleKeys.of(sale).sale(), "b:" + buyer))
                .as("Redis heard of it")
                .isEqualTo("2");
        assertThat(shop.desk().sync(sale, shop.buyer()).block(Shop.PATIENCE)).isNotNull();
        assertThat(shop.desk().preheat(sale).block(Shop.PATIENCE)).isNotNull();
        assertThat(buy(sale, buyer, 1)).as("it still says so").isInstanceOf(LimitReached.class);

        run(PUT_INTO_REDIS_ANEW, sale);
        shop.awaitSellable(sale, 2);
        assertThat(buy(sale, buyer, 1)).isInstanceOf(Ordered.class);
        books.balance(sale);
    }

    private void units(long sale, long buyer, int units) {
        books.execute("update sale_buyer set units = ? where sale_id = ? and user_id = ?", units, sale, buyer);
    }

    private PurchaseOutcome buy(long sale, long buyer, int quantity) {
        return Crowd.buy(shop, tap(sale, buyer, quantity));
    }

    private Order order(long sale, long buyer, int quantity) {
        return ((Ordered) buy(sale, buyer, quantity)).order();
    }

    private void cancel(Order order) {
        assertThat(OrderMoves.make(shop, order, Move.CANCEL)).isInstanceOf(MoveResult.Moved.class);
    }

    /** What psql would be told, and each row it would show. */
    private List<String> run(String begins, long sale) {
        try (Connection connection = books.database().connect();
                Statement statement = connection.createStatement()) {
            List<String> rows = new ArrayList<>();
            boolean hasRows = statement.execute(script(begins).replace(":sale", Long.toString(sale)));
            while (hasRows || statement.getUpdateCount() != -1) {
                if (hasRows) {
                    read(statement, rows);
                }
                hasRows = statement.getMoreResults();
            }
            return rows;
        } catch (IOException | SQLException e) {
            throw new CompletionException(e);
        }
    }

    private static void read(Statement statement, List<String> rows) throws SQLException {
        var result = statement.getResultSet();
        while (result.next()) {
            List<String> row = new ArrayList<>();
            for (int column = 1; column <= result.getMetaData().getColumnCount(); column++) {
                row.add(String.valueOf(result.getString(column)));
            }
            rows.add(String.join(" ", row));
        }
    }

    private static String script(String begins) throws IOException {
        List<String> scripts = SQL.matcher(Files.readString(RUNBOOK))
                .results()
                .map(found -> found.group(1).strip())
                .filter(script -> script.startsWith(begins))
                .toList();
        assertThat(scripts).as("those that begin with " + begins).hasSize(1);
        return scripts.getFirst();
    }
}
