package flashsale.purchase;

import static flashsale.shop.Crowd.newKey;
import static flashsale.shop.Crowd.only;
import static flashsale.shop.Crowd.tap;
import static org.assertj.core.api.Assertions.assertThat;

import flashsale.idempotency.IdempotencyKey;
import flashsale.order.Order;
import flashsale.purchase.PurchaseOutcome.InsufficientStock;
import flashsale.purchase.PurchaseOutcome.KeyReused;
import flashsale.purchase.PurchaseOutcome.LimitReached;
import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.purchase.PurchaseOutcome.SoldOut;
import flashsale.shop.Crowd;
import flashsale.shop.Eventually;
import flashsale.shop.Shop;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Crowds on a healthy service: everybody gets a definitive answer at once, and exactly what there is is sold. */
class ConcurrentBuyersTest {

    private final Shop shop = Shop.shared();

    private static List<UUID> orderIds(List<PurchaseOutcome> outcomes) {
        return only(Ordered.class, outcomes).stream()
                .map(Ordered::order)
                .map(Order::id)
                .distinct()
                .toList();
    }

    private static long fresh(List<PurchaseOutcome> outcomes) {
        return only(Ordered.class, outcomes).stream()
                .filter(ordered -> !ordered.replayed())
                .count();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100})
    void twentyTimesAsManyBuyersAsUnitsBuyExactlyTheUnits(int units) {
        long sale = shop.open(units, 1);
        List<Tap> taps =
                shop.buyers(20 * units).stream().map(user -> tap(sale, user, 1)).toList();

        var outcomes = Crowd.buy(shop, taps);

        assertThat(fresh(outcomes)).isEqualTo(units);
        assertThat(only(SoldOut.class, outcomes)).hasSize(19 * units);
        assertThat(shop.books().sold(sale)).isEqualTo(units);
        assertThat(orderIds(outcomes))
                .allMatch(id -> shop.books().number("select count(*) from orders where id = ?", id) == 1);
        shop.books().balance(sale);
    }

    @Test
    void theLastUnitWantedByTwoGoesToOneOfThem() {
        for (int round = 0; round < 20; round++) {
            long sale = shop.open(1, 1);
            var outcomes = Crowd.buy(
                    shop,
                    shop.buyers(2).stream().map(user -> tap(sale, user, 1)).toList());
            assertThat(fresh(outcomes)).isEqualTo(1);
            assertThat(only(SoldOut.class, outcomes)).hasSize(1);
            assertThat(shop.books().sold(sale)).isEqualTo(1);
        }
    }

    @Test
    void fiftyTapsOfOneUserWithKeysOfTheirOwnBuyNoMoreThanTheLimit() {
        long sale = shop.open(100, 1);
        long user = shop.buyer();
        var outcomes = Crowd.buy(
                shop, IntStream.range(0, 50).mapToObj(i -> tap(sale, user, 1)).toList());
        assertThat(fresh(outcomes)).isEqualTo(1);
        assertThat(only(LimitReached.class, outcomes)).hasSize(49).allMatch(limit -> limit.perUserLimit() == 1);
        shop.books().balance(sale);
    }

    @Test
    void aHundredTapsWithTheSameKeyAreOneOrderAndNinetyNineReplaysOfIt() {
        long sale = shop.open(100, 3);
        var tap = tap(sale, shop.buyer(), 1);
        var outcomes = Crowd.buy(shop, Collections.nCopies(100, tap));
        assertThat(only(Ordered.class, outcomes)).hasSize(100);
        assertThat(fresh(outcomes)).isEqualTo(1);
        assertThat(orderIds(outcomes)).hasSize(1);
        assertThat(shop.books().sold(sale)).isEqualTo(1);
        shop.books().balance(sale);
    }

    @Test
    void fiftyTapsWithoutAKeyAreOneOrder() {
        long sale = shop.open(100, 3);
        var tap = new Tap(shop.buyer(), sale, 1, null);
        var outcomes = Crowd.buy(shop, Collections.nCopies(50, tap));
        assertThat(only(Ordered.class, outcomes)).hasSize(50);
        assertThat(fresh(outcomes)).isEqualTo(1);
        assertThat(orderIds(outcomes)).hasSize(1);
        assertThat(Crowd.buy(shop, tap)).as("a tap some moments later").isInstanceOfSatisfying(Ordered.class, later -> {
            assertThat(later.replayed()).isTrue();
            assertThat(later.order().id()).isEqualTo(orderIds(outcomes).getFirst());
        });
        assertThat(shop.books().sold(sale)).isEqualTo(1);
        shop.books().balance(sale);
    }

    @Test
    void inQuantitiesOfTwoNobodyExceedsALimitOfThree() {
        long sale = shop.open(61, 3);
        List<Tap> taps = new ArrayList<>(shop.buyers(60).stream()
                .flatMap(user -> Stream.of(tap(sale, user, 2), tap(sale, user, 2), tap(sale, user, 2)))
                .toList());
        Collections.shuffle(taps, new Random(61));

        var outcomes = Crowd.buy(shop, taps);

        assertThat(fresh(outcomes)).isEqualTo(30);
        assertThat(only(SoldOut.class, outcomes)).as("one unit is left over").isEmpty();
        assertThat(only(LimitReached.class, outcomes).size()
                        + only(InsufficientStock.class, outcomes).size())
                .isEqualTo(150);
        assertThat(shop.books().sold(sale)).isEqualTo(60);
        shop.books().balance(sale);
    }

    @Test
    void mixedQuantitiesSellEveryUnit() {
        long sale = shop.open(50, 3);
        var outcomes = Crowd.buy(
                shop,
                shop.buyers(200).stream()
                        .flatMap(user -> Stream.of(tap(sale, user, 2), tap(sale, user, 1)))
                        .toList());
        assertThat(only(Ordered.class, outcomes).stream()
                        .mapToInt(ordered -> ordered.order().quantity())
                        .sum())
                .isEqualTo(50);
        assertThat(shop.books().sold(sale)).isEqualTo(50);
        shop.books().balance(sale);
    }

    @Test
    void theSameKeyWithAnotherQuantityIsRefusedWhileItRunsAndAfterwards() {
        long sale = shop.open(100, 3);
        long user = shop.buyer();
        IdempotencyKey key = newKey();
        var outcomes = Crowd.buy(shop, List.of(new Tap(user, sale, 1, key), new Tap(user, sale, 2, key)));
        assertThat(fresh(outcomes)).isEqualTo(1);
        assertThat(only(KeyReused.class, outcomes)).hasSize(1);
        assertThat(Crowd.buy(shop, new Tap(user, sale, 3, key))).isEqualTo(new KeyReused());
        shop.books().balance(sale);
    }

    @Test
    void whatBuyersWereToldIsWhatStands() {
        long sale = shop.open(30, 3);
        long user = shop.buyer();
        Tap tap = tap(sale, user, 3);
        var ordered = (Ordered) Crowd.buy(shop, tap);
        assertThat(ordered.order())
                .returns(sale, Order::saleId)
                .returns(user, Order::userId)
                .returns(3, Order::quantity)
                .returns(29_700L, Order::amountCents);
        assertThat(shop.orders().find(ordered.order().id(), user).block(Shop.PATIENCE))
                .isEqualTo(ordered.order());
        assertThat(Crowd.buy(shop, tap)).isEqualTo(new Ordered(ordered.order(), true));
    }

    @Test
    void aTapForNoSaleIsAnsweredWithNothing() {
        assertThat(shop.purchase().buy(tap(999_999_999, shop.buyer(), 1)).block(Shop.PATIENCE))
                .isNull();
    }

    @Test
    void aBuyerWhoLeavesLosesNeitherStockNorOrder() {
        long sale = shop.open(50, 1);
        List<Long> users = shop.buyers(50);
        for (long user : users) {
            shop.purchase().buy(tap(sale, user, 1)).subscribe().dispose();
        }
        Eventually.holds("all of them have their order", () -> shop.books().sold(sale) == 50);
        shop.books().balance(sale);
    }
}
