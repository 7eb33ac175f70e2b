package flashsale.sale;

import static flashsale.shop.Crowd.tap;
import static org.assertj.core.api.Assertions.assertThat;

import flashsale.order.LateHolds;
import flashsale.order.Move;
import flashsale.order.Order;
import flashsale.purchase.PurchaseOutcome.Ended;
import flashsale.redis.SaleKeys;
import flashsale.shop.Crowd;
import flashsale.shop.Eventually;
import flashsale.shop.FragileShop;
import flashsale.shop.OrderMoves;
import flashsale.shop.Shop;
import flashsale.stock.HoldReply;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Redis loses a sale that is over, or has it as it was before: its orders go on giving units back. */
class SaleThatIsOverTest {

    enum Loss {
        FLUSHED_AT_ITS_END(Duration.ofSeconds(10)) {
            @Override
            void strike(FragileShop fragile, long sale) {
                fragile.shop().redis().flushall();
            }
        },
        /** Nobody looks for it any more by then. */
        FLUSHED_LATER(Duration.ofHours(2)) {
            @Override
            void strike(FragileShop fragile, long sale) {
                fragile.shop().redis().flushall();
            }
        },
        RESTARTED_WITHOUT_ITS_LAST_SECOND(Duration.ofSeconds(10)) {
            @Override
            void strike(FragileShop fragile, long sale) {
                fragile.shop().redis().hincrby(SaleKeys.of(sale).sale(), "stock", 2);
                fragile.servers().redis().kill9();
                fragile.servers().redis().restart();
            }
        };

        final Duration afterItsEnd;

        Loss(Duration afterItsEnd) {
            this.afterItsEnd = afterItsEnd;
        }

        abstract void strike(FragileShop fragile, long sale);
    }

    private final FragileShop fragile = FragileShop.shared();
    private final Shop shop = fragile.shop();

    @AfterEach
    void heal() {
        fragile.heal();
    }

    private void ended(long sale, Duration ago) {
        shop.books()
                .execute(
                        "update sale set starts_at = now() - interval '3 hours', ends_at = now() - ? * interval '1 s'"
                                + " where id = ?",
                        ago.toSeconds(),
                        sale);
        shop.redis()
                .hset(
                        SaleKeys.of(sale).sale(),
                        "endsAt",
                        Long.toString(Instant.now().minus(ago).toEpochMilli()));
        shop.bean(SaleBoard.class).refresh().block(Shop.PATIENCE);
    }

    @ParameterizedTest
    @EnumSource
    void whatItsOrdersGiveBackIsAccountedForAndNothingIsSold(Loss loss) {
        long sale = shop.open(10, 1);
        List<Order> orders = OrderMoves.orders(shop, sale, 6);
        shop.books().balance(sale);
        ended(sale, loss.afterItsEnd);

        loss.strike(fragile, sale);
        OrderMoves.make(shop, orders.subList(0, 3), Move.CANCEL);
        OrderMoves.overdue(shop, sale);

        Eventually.holds("all came back", () -> {
            AuditReport audit = shop.books().audit(sale);
            return audit.consistent() && audit.sold() == 0 && Objects.equals(audit.returning(), 0L);
        });
        shop.books().balance(sale);
        assertThat(shop.books().audit(sale))
                .returns(10L, AuditReport::available)
                .returns(2L, AuditReport::epoch);
        assertThat(Objects.requireNonNull(shop.bean(SaleBoard.class).known(sale))
                        .state(Instant.now()))
                .isEqualTo(SaleState.ENDED);
        assertThat(Crowd.buy(shop, tap(sale, shop.buyer(), 1))).isEqualTo(new Ended());
        assertThat(shop.bean(LateHolds.class).hold(orders.getFirst()).block(Shop.PATIENCE))
                .as("what Redis itself says, whatever a node thinks the time is")
                .isEqualTo(new HoldReply.Ended());
        assertThat(shop.books().number("select count(*) from orders where sale_id = ?", sale))
                .isEqualTo(6);
    }

    @Test
    void thoseThatAreOverWaitForThoseThatSellAndComeFewAtATime() {
        WarmUpScheduler scheduler = shop.bean(WarmUpScheduler.class);
        scheduler.stop();
        try {
            List<Long> over = List.of(lost(), lost(), lost(), lost(), lost());
            over.forEach(sale -> ended(sale, Duration.ofSeconds(10)));
            long selling = lost();
            shop.bean(SaleBoard.class).refresh().block(Shop.PATIENCE);
            List<Long> due = scheduler.due().stream().map(Listed::id).toList();
            assertThat(due).contains(selling);
            assertThat(due.subList(0, due.size() - 2)).doesNotContainAnyElementsOf(over);
            assertThat(due.subList(due.size() - 2, due.size()))
                    .as("half of the places, the first of those that are over")
                    .isEqualTo(over.subList(0, 2));
        } finally {
            scheduler.start();
        }
    }

    private long lost() {
        long sale = shop.open(1, 1);
        shop.books().execute("update sale_counter set redis_run_id = 'lost' where sale_id = ?", sale);
        return sale;
    }
}
