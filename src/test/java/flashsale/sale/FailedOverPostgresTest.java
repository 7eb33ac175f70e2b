package flashsale.sale;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.order.CommitResult;
import flashsale.order.LateHolds;
import flashsale.order.Move;
import flashsale.order.Order;
import flashsale.purchase.PurchaseOutcome.Closed;
import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.purchase.Tap;
import flashsale.redis.SaleKeys;
import flashsale.session.Users;
import flashsale.shop.Books;
import flashsale.shop.Crowd;
import flashsale.shop.Eventually;
import flashsale.shop.OrderMoves;
import flashsale.shop.Shop;
import flashsale.stock.Hold;
import flashsale.stock.HoldReply;
import java.sql.DriverManager;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** What a standby that took over without the last commits leaves behind, put there by hand. */
class FailedOverPostgresTest {

    private final Shop shop = Shop.shared();
    private final Books books = shop.books();

    private String inRedis(long sale, String field) {
        return shop.redis().hget(SaleKeys.of(sale).sale(), field);
    }

    /** Redis has applied entries whose numbers PostgreSQL is about to give again. */
    private void failOver(long sale) {
        shop.redis().hset(SaleKeys.of(sale).sale(), "ledger", Long.toString(Long.MAX_VALUE / 2_048));
        books.execute("update sale_counter set history = 'the one before' where sale_id = ?", sale);
    }

    @Test
    void aSaleIsSeededAnewAndWhatComesBackAfterwardsReachesRedis() {
        long sale = shop.open(10, 1);
        List<Order> orders = OrderMoves.orders(shop, sale, 6);
        books.balance(sale);

        failOver(sale);
        shop.awaitSellable(sale, 2);
        OrderMoves.make(shop, orders.subList(0, 4), Move.CANCEL);

        books.balance(sale);
        assertThat(inRedis(sale, "stock")).isEqualTo("8");
        assertThat(books.epoch(sale)).as("beyond all that may have been lost").isGreaterThan(100);
        assertThat(inRedis(sale, "epoch")).isEqualTo(Long.toString(books.epoch(sale)));
    }

    @Test
    void whatComesBackBeforeTheSaleIsSeededAnewIsInItsSeed() {
        long sale = shop.open(10, 1);
        List<Order> orders = OrderMoves.orders(shop, sale, 6);
        books.balance(sale);

        shop.leaveAlone(sale);
        failOver(sale);
        OrderMoves.make(shop, orders.subList(0, 4), Move.CANCEL);
        shop.bean(flashsale.order.upkeep.Ledger.class).apply(sale).block(Shop.PATIENCE);
        assertThat(books.number("select count(*) from stock_ledger where sale_id = ? and applied_at is null", sale))
                .as("none is taken to be in Redis")
                .isEqualTo(4);
        shop.desk().preheat(sale).block(Shop.PATIENCE);

        books.balance(sale);
        assertThat(inRedis(sale, "stock")).isEqualTo("8");
    }

    @Test
    void aSeedingThatWasUnderWayIsNotResumedButBegunAnew() {
        long sale = shop.open(10, 1);
        shop.leaveAlone(sale);
        books.execute(
                "update sale_counter set phase = 'SEEDING', epoch = 2, history = 'the one before' where sale_id = ?",
                sale);
        assertThat(shop.desk().preheat(sale).block(Shop.PATIENCE))
                .returns(true, StockPosition::preheated)
                .returns(102L, StockPosition::epoch);
    }

    @Test
    void lateMoneyThatWasHonouredInACommitThatIsLostCanBeHonouredAgain() {
        // Two, because here it was not lost.
        long sale = shop.open(10, 2);
        LateHolds late = shop.bean(LateHolds.class);
        Order order = OrderMoves.order(shop, sale);
        OrderMoves.make(shop, order, Move.CANCEL);
        books.awaitLedger(sale);
        books.execute(
                "insert into payment (order_id, amount_cents, currency, state) values (?, ?, 'CNY', 'CAPTURED')",
                order.id(),
                order.amountCents());
        assertThat(late.honour(held(late, order)).block(Shop.PATIENCE)).isInstanceOf(CommitResult.Committed.class);
        Eventually.holds(
                "Redis says that it is done", () -> late.hold(order).block(Shop.PATIENCE) instanceof HoldReply.Settled);

        shop.leaveAlone(sale);
        failOver(sale);
        assertThat(late.hold(order).block(Shop.PATIENCE)).isEqualTo(new HoldReply.Closed());

        books.execute("update sale set ends_at = now() + interval '1 hour' where id = ?", sale);
        shop.awaitSellable(sale, 2);
        late.honour(held(late, order)).block(Shop.PATIENCE);
        books.balance(sale);
    }

    private static Hold held(LateHolds late, Order order) {
        return ((HoldReply.Held) Objects.requireNonNull(late.hold(order).block(Shop.PATIENCE))).hold();
    }

    /** Redis took an entry, PostgreSQL failed over before it marked it, and gave its number to another one. */
    @Test
    void anEntryThatHasTheNumberOfOneThatWasBroughtIsNotMarkedForIt() throws Exception {
        long sale = shop.open(10, 1);
        long buyer = shop.buyer();
        shop.leaveAlone(sale);
        books.execute("update sale_counter set redis_run_id = redis_run_id || '!' where sale_id = ?", sale);
        long entry = books.number("""
                insert into stock_ledger (sale_id, quantity, reason, actor, epoch) values (?, 5, 'lost', ?, 1) returning id
                """, sale, buyer);
        UUID marked = UUID.randomUUID();
        try (var standby = books.database().connect()) {
            standby.setAutoCommit(false);
            try (var statement = standby.createStatement()) {
                // Whoever reads goes on, whoever writes waits.
                statement.execute("lock table stock_ledger in exclusive mode");
                books.execute(
                        "update sale_counter set redis_run_id = rtrim(redis_run_id, '!') where sale_id = ?", sale);
                Eventually.holds("Redis has it", () -> "15".equals(inRedis(sale, "stock")));
                Eventually.holds("whoever brought it is about to mark it", () -> books.number("""
                                select count(*) from pg_locks where relation = 'stock_ledger'::regclass and not granted
                                   and database = (select oid from pg_database where datname = current_database())
                                """) > 0);
                statement.execute("delete from stock_ledger where id = " + entry);
                statement.execute("""
                        insert into stock_ledger (id, sale_id, quantity, reason, actor, epoch)
                        overriding system value values (%d, %d, 3, '%s', %d, 101)
                        """.formatted(entry, sale, marked, buyer));
            }
            standby.commit();
        }
        Eventually.holds("it has tried", () -> books.number("""
                        select count(*) from pg_stat_activity where datname = current_database() and state = 'active'
                           and query like '%update stock_ledger l set applied_at%' and pid <> pg_backend_pid()
                        """) == 0);
        assertThat(books.number(
                        "select count(*) from stock_ledger where reason = ? and applied_at is null", marked.toString()))
                .isEqualTo(1);
    }

    /** Before any node has noticed: Redis answers for the epoch whose last commits are lost. */
    @Test
    void theRetryOfAnOrderThatIsLostIsToldThatTheSaleIsClosedAndBuysOnceItIsSeededAnew() throws Exception {
        long sale = shop.open(10, 1);
        Tap tap = Crowd.tap(sale, shop.buyer(), 1);
        Ordered lost = (Ordered) Crowd.buy(shop, tap);
        books.balance(sale);
        try (var connection = books.database().connect();
                var statement = connection.createStatement()) {
            // What is lost is lost without any trigger: snapshots are never deleted otherwise.
            statement.execute("set session_replication_role = replica");
            statement.execute("""
                    with lost as (delete from orders where id = '%s' returning id, sale_id, user_id),
                         events as (delete from outbox e using lost where e.order_id = lost.id),
                         states as (delete from order_state_snapshot s using lost where s.order_id = lost.id),
                         units as (delete from sale_buyer b using lost
                                    where b.sale_id = lost.sale_id and b.user_id = lost.user_id)
                    update sale_counter c set sold = 0 from lost where c.sale_id = lost.sale_id
                    """.formatted(lost.order().id()));
        }

        assertThat(Crowd.buy(shop, tap)).isEqualTo(new Closed());

        failOver(sale);
        shop.awaitSellable(sale, 2);
        assertThat(Crowd.buy(shop, tap)).isInstanceOfSatisfying(Ordered.class, order -> assertThat(order.replayed())
                .isFalse());
        books.balance(sale);
    }

    @Test
    void whoeverIsRegisteredFirstMovesTheIdsOnBeyondThoseThatAreLostAndOnce() {
        long lost = shop.buyer() + 1_000;
        books.execute("update user_ids set history = 'the one before'");
        List<Users> nodes = List.of(shop.bean(Users.class), Shop.second().bean(Users.class));

        List<Long> ids = Objects.requireNonNull(Flux.range(0, 8)
                .flatMap(i -> nodes.get(i % 2).register("after-" + UUID.randomUUID(), "a password"), 8)
                .map(Users.User::id)
                .collectList()
                .block(Shop.PATIENCE));

        assertThat(ids).hasSize(8).allMatch(id -> id > lost);
        assertThat(Collections.max(ids) - Collections.min(ids))
                .as("moved on once")
                .isLessThan(1_000_000);
        assertThat(shop.buyer() - Collections.max(ids)).isBetween(1L, 999_999L);
    }

    @Test
    void whatPostgresSaysOfItsPastNeedsNoPrivilege() throws Exception {
        String role = "nobody_" + UUID.randomUUID().toString().replace("-", "");
        books.execute("create role " + role + " login password 'x'");
        try (var connection = DriverManager.getConnection(books.database().jdbcUrl(), role, "x");
                var statement = connection.createStatement();
                var rows = statement.executeQuery("select postgres_history()")) {
            assertThat(rows.next()).isTrue();
            assertThat(rows.getString(1)).matches("[1-9][0-9]+/00000001");
        } finally {
            books.execute("drop role " + role);
        }
    }
}
