package flashsale.order.upkeep;

import static flashsale.shop.Crowd.tap;
import static org.assertj.core.api.Assertions.assertThat;

import flashsale.database.Duty;
import flashsale.order.CommitResult.Released;
import flashsale.order.CommitResult.Stale;
import flashsale.order.GroupCommit;
import flashsale.order.LateHolds;
import flashsale.order.Move;
import flashsale.order.Order;
import flashsale.order.RecoverySweep;
import flashsale.order.Tombstones;
import flashsale.order.UnansweredTaps;
import flashsale.purchase.PurchaseOutcome.Closed;
import flashsale.redis.RedisLink;
import flashsale.redis.SaleKeys;
import flashsale.redis.StockRedis;
import flashsale.sale.AuditReport;
import flashsale.sale.SaleBoard;
import flashsale.sale.SaleState;
import flashsale.shop.Books;
import flashsale.shop.Crowd;
import flashsale.shop.OrderMoves;
import flashsale.shop.Shop;
import flashsale.stock.Hold;
import flashsale.stock.HoldReply;
import flashsale.stock.Holds;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.r2dbc.core.DatabaseClient;

class ForgettingTest {

    private static final UpkeepSettings TWO_AT_ONCE = new UpkeepSettings(
            Duration.ofMinutes(1),
            Duration.ofMillis(50),
            500,
            Duration.ofMillis(150),
            Duration.ofSeconds(1),
            Duration.ofMillis(20),
            500,
            Duration.ofMinutes(10),
            2,
            Duration.ofDays(7),
            Duration.ofDays(2),
            Duration.ofDays(400));

    private final Shop shop = Shop.shared();
    private final Books books = shop.books();
    private final GroupCommit commits = shop.bean(GroupCommit.class);

    private Duty duty() {
        return new Duty(shop.bean(DatabaseClient.class), "forgetting-test", UUID.randomUUID(), Duration.ofMinutes(10));
    }

    private void forget() {
        books.execute("delete from duty where name = 'forgetting-test'");
        round(duty());
    }

    private void round(Duty duty) {
        SalesOver sales = new SalesOver(
                shop.bean(DatabaseClient.class),
                shop.bean(StockRedis.class),
                shop.bean(Holds.class),
                shop.bean(RecoverySweep.class));
        new Forgetting(
                        () -> true,
                        duty,
                        sales,
                        shop.bean(Tombstones.class),
                        shop.bean(UnansweredTaps.class),
                        new OldActions(shop.bean(DatabaseClient.class)),
                        TWO_AT_ONCE)
                .round()
                .block(Shop.PATIENCE);
    }

    /** A hold given up, whose release has not reached Redis, and four more of which nothing is left. */
    private Hold buried(long sale) {
        Hold hold = shop.hold(tap(sale, shop.buyer(), 1));
        shop.leaveAlone(sale);
        books.execute(
                "insert into hold_tombstone (order_id, hold_epoch, hold_seq, sale_id, user_id, quantity, reason)"
                        + " values (?, ?, ?, ?, ?, 1, 'given-up')",
                hold.orderId(),
                hold.epoch(),
                hold.seq(),
                sale,
                hold.userId());
        books.execute(
                "insert into hold_tombstone (order_id, hold_epoch, hold_seq, sale_id, user_id, quantity, reason)"
                        + " select gen_random_uuid(), 1, 100 + g, ?, ?, 1, 'given-up' from generate_series(1, 4) g",
                sale,
                hold.userId());
        return hold;
    }

    private void ended(long sale, int hours) {
        books.execute(
                "update sale set starts_at = now() - interval '9 days', ends_at = now() - ? * interval '1 hour' where id = ?",
                hours,
                sale);
        shop.redis()
                .hset(
                        SaleKeys.of(sale).sale(),
                        "endsAt",
                        Long.toString(
                                Instant.now().minus(Duration.ofHours(hours)).toEpochMilli()));
    }

    /** Every key of its slot, whatever it is called. */
    private List<String> inRedis(long sale) {
        return shop.redis().keys("*{" + sale + ":0}*");
    }

    @Test
    void tombstonesGoAWeekAfterTheSaleAndWhatTheyStoppedIsStoppedAllTheSame() {
        long old = shop.open(10, 1);
        long young = shop.open(10, 1);
        Order expired = OrderMoves.order(shop, old);
        Hold stopped = buried(old);
        Hold other = buried(young);
        ended(old, 169);
        ended(young, 167);
        RedisLink link = Objects.requireNonNull(shop.bean(StockRedis.class).link());

        forget();

        shop.bean(SaleBoard.class).refresh().block(Shop.PATIENCE);
        assertThat(books.tombstones(old)).isZero();
        assertThat(books.tombstones(young)).isEqualTo(5);
        assertThat(inRedis(old)).isEmpty();
        assertThat(inRedis(young)).contains(SaleKeys.of(young).sale());
        assertThat(commits.commit(other).block(Shop.PATIENCE)).isEqualTo(new Released("given-up"));
        // From a node's memory, and from the journal when somebody puts the sale into Redis once more.
        assertThat(commits.commit(stopped).block(Shop.PATIENCE)).isEqualTo(new Stale());
        assertThat(shop.bean(LateHolds.class).hold(expired).block(Shop.PATIENCE))
                .isEqualTo(new HoldReply.Closed());
        shop.desk().preheat(old).block(Shop.PATIENCE);
        assertThat(books.number("select count(*) from orders where sale_id = ?", old))
                .isEqualTo(1);
        assertThat(books.audit(old).available()).isEqualTo(9);
        assertThat(link.isOpen())
                .as("nobody took it for a sale that was put elsewhere")
                .isTrue();
    }

    @Test
    void redisForgetsASaleThatIsOverOnceItsHoldsAreDecided() {
        long sale = shop.open(10, 1);
        OrderMoves.orders(shop, sale, 3);
        Hold left = shop.hold(tap(sale, shop.buyer(), 1));
        shop.leaveAlone(sale);
        ended(sale, 169);

        forget();

        assertThat(inRedis(sale)).isEmpty();
        assertThat(books.number("select count(*) from orders where id = ?", left.orderId()))
                .as("it is an order")
                .isEqualTo(1);
        assertThat(books.audit(sale))
                .returns(4L, AuditReport::sold)
                .returns(null, AuditReport::available)
                .returns(null, AuditReport::drift);
        shop.bean(SaleBoard.class).refresh().block(Shop.PATIENCE);
        assertThat(Objects.requireNonNull(shop.bean(SaleBoard.class).known(sale))
                        .state(Instant.now()))
                .isEqualTo(SaleState.ENDED);
        assertThat(Crowd.buy(shop, tap(sale, shop.buyer(), 1))).isEqualTo(new Closed());
        long epoch = books.epoch(sale);
        forget();
        assertThat(books.epoch(sale)).as("once").isEqualTo(epoch);
    }

    @Test
    void whatComesBackToASaleThatIsForgottenIsNotOnItsWayForEver() {
        long sale = shop.open(10, 1);
        List<Order> orders = OrderMoves.orders(shop, sale, 2);
        books.balance(sale);
        ended(sale, 169);
        forget();

        OrderMoves.make(shop, orders.getFirst(), Move.CANCEL);
        assertThat(onTheirWay(sale)).isEqualTo(1);
        forget();

        assertThat(onTheirWay(sale)).isZero();
        assertThat(books.audit(sale)).returns(1L, AuditReport::sold).returns(null, AuditReport::returning);
        assertThat(inRedis(sale)).isEmpty();
        shop.desk().preheat(sale).block(Shop.PATIENCE);
        OrderMoves.make(shop, orders.getLast(), Move.CANCEL);
        books.balance(sale);
        assertThat(books.audit(sale).available()).as("each once").isEqualTo(10);
    }

    private long onTheirWay(long sale) {
        return books.number("select count(*) from stock_ledger where sale_id = ? and applied_at is null", sale);
    }

    @Test
    void aSaleThatIsNotOverByRedissClockStays() {
        long sale = shop.open(10, 1);
        shop.leaveAlone(sale);
        ended(sale, 169);
        shop.redis()
                .hset(
                        SaleKeys.of(sale).sale(),
                        "endsAt",
                        Long.toString(Instant.now().plusSeconds(600).toEpochMilli()));

        forget();

        assertThat(inRedis(sale)).contains(SaleKeys.of(sale).sale());
    }

    @Test
    void aSaleWithAHoldNobodyCanDecideStays() {
        long sale = shop.open(10, 1);
        shop.leaveAlone(sale);
        ended(sale, 169);
        String journal = SaleKeys.of(sale).journal();
        shop.redis().hset(journal, "no operation", "no hold");

        forget();

        assertThat(inRedis(sale)).contains(SaleKeys.of(sale).sale(), journal);
        assertThat(books.epoch(sale)).isEqualTo(1);
        shop.redis().hdel(journal, "no operation");
        forget();
        assertThat(inRedis(sale)).isEmpty();
    }

    @Test
    void tapsGoOnceTheirKeyIsNotAnsweredAnyMore() {
        UnansweredTaps taps = shop.bean(UnansweredTaps.class);
        long sale = shop.listed(1, 1).id();
        long user = shop.buyer();
        Instant now = Instant.now();
        UUID young = UUID.randomUUID();
        taps.remember(young, sale, user, now.minus(Duration.ofHours(47))).block(Shop.PATIENCE);
        for (int i = 0; i < 5; i++) {
            taps.remember(UUID.randomUUID(), sale, user, now.minus(Duration.ofHours(49)))
                    .block(Shop.PATIENCE);
        }

        forget();

        assertThat(books.number("select count(*) from unanswered_tap where sale_id = ?", sale))
                .isEqualTo(1);
        assertThat(taps.notAfter(young, user).block(Shop.PATIENCE)).isNotNull();
    }

    @Test
    void whoDidWhatGoesAfterItsTime() {
        long user = shop.buyer();
        // Before whatever other tests did: rows grow old in the order in which they came.
        books.execute(
                "insert into ops_action (id, actor, action, target, outcome, request_id, occurred_at) overriding system value"
                        + " select g, ?, 'test', '', 'done', '', now() - (case when g < -5 then 401 else 399 end) * interval '1 day'"
                        + " from generate_series(-10, -1) g",
                user);

        forget();

        assertThat(books.number("select count(*) from ops_action where actor = ?", user))
                .isEqualTo(5);
        assertThat(books.number("select min(id) from ops_action where actor = ?", user))
                .isEqualTo(-5);
        books.execute("delete from ops_action where actor = ?", user);
    }

    @Test
    void itIsLeftToTheNodeOnDuty() {
        UnansweredTaps taps = shop.bean(UnansweredTaps.class);
        long sale = shop.listed(1, 1).id();
        taps.remember(UUID.randomUUID(), sale, shop.buyer(), Instant.now().minus(Duration.ofDays(3)))
                .block(Shop.PATIENCE);
        books.execute("delete from duty where name = 'forgetting-test'");
        assertThat(duty().take().block(Shop.PATIENCE)).isTrue();
        round(duty());
        assertThat(books.number("select count(*) from unanswered_tap where sale_id = ?", sale))
                .isEqualTo(1);
    }
}
