package flashsale.purchase;

import static flashsale.shop.Crowd.newKey;
import static flashsale.shop.Crowd.tap;
import static org.assertj.core.api.Assertions.assertThat;

import flashsale.idempotency.IdempotencyKey;
import flashsale.purchase.PurchaseOutcome.Closed;
import flashsale.purchase.PurchaseOutcome.Ended;
import flashsale.purchase.PurchaseOutcome.NotStarted;
import flashsale.purchase.PurchaseOutcome.Paused;
import flashsale.purchase.PurchaseOutcome.RateLimited;
import flashsale.sale.Sale;
import flashsale.sale.SaleBoard;
import flashsale.sale.SaleView;
import flashsale.shop.Crowd;
import flashsale.shop.Eventually;
import flashsale.shop.Shop;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Refusals from this node's own memory. */
class FirstLookTest {

    /** The default of {@link PurchaseSettings#lookupsPerSecond}. */
    private static final int LOOKUPS_A_SECOND = 500;

    private final Shop shop = Shop.shared();
    private final FirstLook firstLook = shop.bean(FirstLook.class);
    private final Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);

    private PurchaseOutcome refuse(SaleView sale) {
        return firstLook.refuse(shop.buyer(), sale, null);
    }

    @Test
    void theNodesClockDecidesOnlyFarFromTheEdgesOfTheWindow() {
        Instant later = now.plusSeconds(60);
        assertThat(refuse(shop.listed(1, 1, later, later.plusSeconds(60)))).isEqualTo(new NotStarted(later));
        assertThat(refuse(shop.listed(1, 1, now.minusSeconds(60), now.minusSeconds(3))))
                .isEqualTo(new Ended());

        long soon =
                shop.listed(1, 1, now.plusMillis(1_000), now.plusSeconds(60)).id();
        shop.desk().preheat(soon).block(Shop.PATIENCE);
        shop.awaitSellable(soon);
        assertThat(refuse(shop.bean(SaleBoard.class).known(soon)))
                .as("within the margin")
                .isNull();
    }

    @Test
    void redisDecidesAtTheEdges() {
        Instant soon = Instant.now().plusSeconds(20).truncatedTo(ChronoUnit.MILLIS);
        long early = shop.listed(1, 1, soon, soon.plusSeconds(60)).id();
        shop.desk().preheat(early).block(Shop.PATIENCE);
        shop.awaitSellable(early);
        assertThat(Crowd.buy(shop, tap(early, shop.buyer(), 1))).isEqualTo(new NotStarted(soon));

        long over =
                shop.listed(1, 1, soon.minusSeconds(60), soon.minusSeconds(21)).id();
        shop.desk().preheat(over).block(Shop.PATIENCE);
        shop.awaitSellable(over);
        assertThat(Crowd.buy(shop, tap(over, shop.buyer(), 1))).isEqualTo(new Ended());
    }

    @Test
    void aSaleThatIsNotInRedisIsClosed() {
        Instant beyondTheLead = now.plusSeconds(3_600);
        SaleView cold = shop.listed(1, 1, beyondTheLead, beyondTheLead.plusSeconds(60));
        var begun = new SaleView(
                new Sale(cold.id(), "A thing", 1, "CNY", now.minusSeconds(60), beyondTheLead, 1, false),
                cold.stock(),
                cold.epoch(),
                cold.phase(),
                cold.redisRunId(),
                cold.reachable(),
                cold.available());
        assertThat(refuse(begun)).isEqualTo(new Closed());
    }

    @Test
    void aPausedSaleSellsNothingUntilItIsResumed() {
        long sale = shop.open(5, 1);
        shop.desk().pause(sale).block(Shop.PATIENCE);
        assertThat(refuse(shop.bean(SaleBoard.class).known(sale))).isEqualTo(new Paused());
        assertThat(Crowd.buy(shop, tap(sale, shop.buyer(), 1))).isEqualTo(new Paused());
        shop.desk().resume(sale).block(Shop.PATIENCE);
        assertThat(refuse(shop.bean(SaleBoard.class).known(sale))).isNull();
        assertThat(Crowd.buy(shop, tap(sale, shop.buyer(), 1))).isInstanceOf(PurchaseOutcome.Ordered.class);
    }

    @Test
    void whatStandsIsReplayedByANodeThatDoesNotRememberItAlsoWhileTheSaleIsPaused() {
        long sale = shop.open(5, 1);
        Tap won = tap(sale, shop.buyer(), 1);
        var order = (PurchaseOutcome.Ordered) Crowd.buy(shop, won);
        shop.desk().pause(sale).block(Shop.PATIENCE);
        Shop other = Shop.second();
        other.awaitSellable(sale);
        Eventually.holds(
                "it knows of the pause",
                () -> other.bean(SaleBoard.class).known(sale).sale().paused());
        SaleView view = other.bean(SaleBoard.class).known(sale);
        FirstLook there = other.bean(FirstLook.class);

        assertThat(there.refuse(won.userId(), view, won.key().value()))
                .as("a keyed tap may be the retry of what stands")
                .isNull();
        assertThat(Crowd.buy(other, won)).isEqualTo(new PurchaseOutcome.Ordered(order.order(), true));
        assertThat(Crowd.buy(other, tap(sale, shop.buyer(), 1))).isEqualTo(new Paused());
    }

    @Test
    void theRetriesLetInToBeReplayedAreBounded() {
        long sale = shop.open(5, 1);
        shop.desk().pause(sale).block(Shop.PATIENCE);
        SaleView view = shop.bean(SaleBoard.class).known(sale);
        long began = System.nanoTime();
        long letIn = LongStream.range(0, 20_000)
                .filter(user -> firstLook.refuse(-user, view, newKey().value()) == null)
                .count();
        long millis = (System.nanoTime() - began) / 1_000_000;
        assertThat(letIn)
                .as("in %s ms", millis)
                .isBetween(1L, LOOKUPS_A_SECOND + LOOKUPS_A_SECOND * millis / 1_000 + 1);
    }

    @Test
    void beyondTheRateOnlyAWinnersReplayPasses() {
        long sale = shop.open(5, 1);
        long user = shop.buyer();
        IdempotencyKey won = newKey();
        Crowd.buy(shop, new Tap(user, sale, 1, won));
        SaleView view = shop.bean(SaleBoard.class).known(sale);
        for (int i = 0; i < 5; i++) {
            assertThat(firstLook.refuse(user, view, newKey().value())).isNull();
        }
        for (String another : new String[] {newKey().value(), null, "not a key"}) {
            isLimited(user, view, another);
        }
        for (String same : new String[] {won.value(), "\"" + won.value() + "\""}) {
            for (int i = 0; i < 20; i++) {
                assertThat(firstLook.refuse(user, view, same)).isNull();
            }
        }
        isLimited(user, view, newKey().value());
    }

    /** Now, or once what came back meanwhile is used up: on a busy machine half a second may pass between two lines. */
    private void isLimited(long user, SaleView view, String key) {
        assertThat(Stream.generate(() -> Optional.ofNullable(firstLook.refuse(user, view, key)))
                        .limit(20)
                        .filter(Optional::isPresent)
                        .findFirst())
                .hasValueSatisfying(refused -> assertThat(refused).get().isInstanceOf(RateLimited.class));
    }

    @Test
    void aTapThatIsLetInAtTheDoorIsCountedOnceOnlyThatIsInside() {
        SaleView open = shop.listed(1, 1, now.minusSeconds(60), now.plusSeconds(60));
        long buyer = shop.buyer();
        for (int i = 0; i < 5; i++) {
            assertThat(firstLook.hopeless(buyer, open, null)).isNull();
            assertThat(firstLook.refuse(buyer, open, null))
                    .as("tap %d of a burst of five", i)
                    .isNotInstanceOf(RateLimited.class);
        }
    }

    @Test
    void aTapThatIsTurnedAwayAtTheDoorIsCounted() {
        SaleView early = shop.listed(1, 1, now.plusSeconds(60), now.plusSeconds(120));
        long buyer = shop.buyer();
        PurchaseOutcome.Refused hopeless = Objects.requireNonNull(firstLook.hopeless(buyer, early, null));
        assertThat(hopeless).isInstanceOf(NotStarted.class);
        assertThat(Stream.generate(() -> firstLook.told(hopeless, buyer, early, null))
                        .limit(1_000)
                        .filter(RateLimited.class::isInstance)
                        .findFirst())
                .isPresent();
        assertThat(firstLook.refuse(shop.buyer(), early, null)).isInstanceOf(NotStarted.class);
    }
}
