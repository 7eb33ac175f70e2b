package flashsale.purchase;

import static flashsale.shop.Crowd.newKey;
import static flashsale.shop.Crowd.only;
import static flashsale.shop.Crowd.tap;
import static org.assertj.core.api.Assertions.assertThat;

import flashsale.idempotency.IdempotencyKey;
import flashsale.purchase.PurchaseOutcome.Closed;
import flashsale.purchase.PurchaseOutcome.KeyReused;
import flashsale.purchase.PurchaseOutcome.LimitReached;
import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.purchase.PurchaseOutcome.SoldOut;
import flashsale.purchase.PurchaseOutcome.Underway;
import flashsale.redis.SaleKeys;
import flashsale.sale.SaleBoard;
import flashsale.sale.SaleState;
import flashsale.sale.SaleView;
import flashsale.shop.Crowd;
import flashsale.shop.Eventually;
import flashsale.shop.FragileShop;
import flashsale.shop.RowLock;
import flashsale.shop.Shop;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Redis loses everything while sales are on. */
class RedisLossTest {

    enum Loss {
        FLUSHED {
            @Override
            void strike(FragileShop fragile) {
                fragile.shop().redis().flushall();
            }
        },
        KILLED {
            @Override
            void strike(FragileShop fragile) {
                fragile.servers().redis().kill9();
                fragile.servers().redis().restart();
            }
        };

        abstract void strike(FragileShop fragile);
    }

    private final FragileShop fragile = FragileShop.shared();
    private final Shop shop = fragile.shop();

    @AfterEach
    void heal() {
        fragile.heal();
    }

    private void awaitReseeded(long sale, long epoch) {
        shop.awaitSellable(sale, epoch + 1);
    }

    @ParameterizedTest
    @EnumSource
    void aLostSaleIsSeededAnewWithWhatIsLeftAndWinnersAreReplayed(Loss loss) {
        long sale = shop.open(20, 1);
        List<Tap> won = shop.buyers(12).stream().map(user -> tap(sale, user, 1)).toList();
        var orders = only(Ordered.class, Crowd.buy(shop, won));
        shop.books().balance(sale);

        loss.strike(fragile);

        assertThat(Crowd.buy(shop, won.getFirst())).as("at once").isEqualTo(replayOf(orders.getFirst()));
        awaitReseeded(sale, 1);
        assertThat(Crowd.buy(shop, won))
                .as("under the new epoch")
                .isEqualTo(orders.stream().map(RedisLossTest::replayOf).toList());
        assertThat(Crowd.buy(shop, tap(sale, won.getFirst().userId(), 1))).isEqualTo(new LimitReached(1));
        var rest = Crowd.buy(
                shop, shop.buyers(30).stream().map(user -> tap(sale, user, 1)).toList());
        assertThat(only(Ordered.class, rest)).hasSize(8);
        assertThat(only(SoldOut.class, rest)).hasSize(22);
        shop.books().balance(sale);
    }

    /** Nothing is missing, but who knows what the other process has forgotten: its run_id alone decides. */
    @Test
    void whatStandsInAnotherProcessThanItWasSeededIntoIsNotSold() {
        long sale = shop.open(5, 1);
        shop.books().execute("update sale_counter set redis_run_id = 'another' where sale_id = ?", sale);
        awaitReseeded(sale, 1);
        assertThat(Crowd.buy(shop, tap(sale, shop.buyer(), 1))).isInstanceOf(Ordered.class);
        shop.books().balance(sale);
    }

    @ParameterizedTest
    @ValueSource(strings = {"epoch", "phase", "startsAt", "endsAt", "limit", "stock", "version", "seq", "ledger"})
    void aSaleThatLostOneFieldIsSeededAnewAndTheOthersGoOn(String field) {
        long sale = shop.open(5, 1);
        long other = shop.open(5, 1);
        assertThat(Crowd.buy(shop, tap(sale, shop.buyer(), 1))).isInstanceOf(Ordered.class);

        shop.redis().hdel(SaleKeys.of(sale).sale(), field);

        Crowd.buy(shop, tap(sale, shop.buyer(), 1));
        assertThat(Crowd.buy(shop, tap(other, shop.buyer(), 1))).isInstanceOf(Ordered.class);
        awaitReseeded(sale, 1);
        assertThat(Crowd.buy(shop, tap(sale, shop.buyer(), 1))).isInstanceOf(Ordered.class);
        shop.books().balance(sale);
    }

    /** Numbers for Lua, but none that could be counted up, or read again once written. */
    @ParameterizedTest
    @CsvSource({
        "seq,nan",
        "seq,1e15",
        "version,nan",
        "version,1.5",
        "stock,nan",
        "stock,inf",
        "stock,0x10",
        "limit,1e400",
        "startsAt,-inf",
        "endsAt,nan",
        "ledger,1.5"
    })
    void aSaleOneOfWhoseNumbersIsNoneIsSeededAnewWhileBuyersBuy(String field, String value) {
        long sale = shop.open(40, 1);
        List<Tap> taps =
                shop.buyers(60).stream().map(user -> tap(sale, user, 1)).toList();
        Crowd.buy(shop, taps.subList(0, 5));
        // A node died with it: it is finished, or given back, before the sale is seeded anew.
        shop.hold(taps.get(5));
        var during = CompletableFuture.supplyAsync(() -> Crowd.buy(shop, taps.subList(6, 60)));

        shop.redis().hset(SaleKeys.of(sale).sale(), field, value);

        during.join();
        awaitReseeded(sale, 1);
        Eventually.holds(
                "everybody who tries again with the same key has an answer", () -> Crowd.buy(shop, taps).stream()
                        .noneMatch(outcome -> outcome instanceof Closed || outcome instanceof Underway));
        assertThat(shop.books().sold(sale)).isEqualTo(40);
        shop.books().balance(sale);
    }

    /** The last one is also greater than those of any epoch, so a node that followed it would follow nothing after it. */
    @ParameterizedTest
    @ValueSource(strings = {"0", "999999999", "2000000000", "9000000000000000"})
    void aVersionOfAnotherEpochIsSeededAnewAndTheNodeShowsWhatIsLeft(String version) {
        long sale = shop.open(3, 1);
        Crowd.buy(shop, tap(sale, shop.buyer(), 1));

        shop.redis().hset(SaleKeys.of(sale).sale(), "version", version);

        Crowd.buy(shop, tap(sale, shop.buyer(), 1));
        awaitReseeded(sale, 1);
        Crowd.buy(shop, shop.buyers(3).stream().map(user -> tap(sale, user, 1)).toList());
        assertThat(shop.books().sold(sale)).isEqualTo(3);
        SaleBoard board = shop.bean(SaleBoard.class);
        Eventually.holds("nothing is shown", () -> board.known(sale).available() == 0);
        shop.desk().restock(sale, 10, shop.buyer()).block(Shop.PATIENCE);
        Eventually.holds("what was added is shown", () -> {
            SaleView view = board.known(sale);
            return view.available() == 10 && view.state(Instant.now()) == SaleState.OPEN;
        });
        assertThat(Crowd.buy(shop, tap(sale, shop.buyer(), 1))).isInstanceOf(Ordered.class);
        shop.books().balance(sale);
    }

    @Test
    void aWinnerWhoTriesAgainIsNeverToldOfTheLimitWhereTheReplaysAreLost() {
        long sale = shop.open(20, 1);
        List<Tap> won = shop.buyers(5).stream().map(user -> tap(sale, user, 1)).toList();
        var replays = only(Ordered.class, Crowd.buy(shop, won)).stream()
                .map(RedisLossTest::replayOf)
                .toList();
        shop.books().balance(sale);

        shop.redis().del(SaleKeys.of(sale).replays());

        assertThat(Crowd.buy(shop, won)).as("at once").isEqualTo(replays);
        awaitReseeded(sale, 1);
        assertThat(Crowd.buy(shop, won)).as("in the new epoch").isEqualTo(replays);
        assertThat(Crowd.buy(shop, tap(sale, shop.buyer(), 1))).isInstanceOf(Ordered.class);
        shop.books().balance(sale);
    }

    /** Nobody buys, so that no batch doubts it. */
    @Test
    void lostReplaysAreFoundByTheNextLook() {
        long sale = shop.open(5, 1);
        shop.redis().hdel(SaleKeys.of(sale).replays(), "epoch");
        awaitReseeded(sale, 1);
    }

    @Test
    void aSaleWhoseKeyBecameSomethingElseIsSeededAnew() {
        long sale = shop.open(5, 1);
        long other = shop.open(5, 1);
        shop.redis().set(SaleKeys.of(sale).sale(), "not a hash");
        Crowd.buy(shop, tap(sale, shop.buyer(), 1));
        assertThat(Crowd.buy(shop, tap(other, shop.buyer(), 1))).isInstanceOf(Ordered.class);
        awaitReseeded(sale, 1);
        assertThat(Crowd.buy(shop, tap(sale, shop.buyer(), 1))).isInstanceOf(Ordered.class);
        shop.books().balance(sale);
    }

    @ParameterizedTest
    @ValueSource(strings = {"journal", "replays"})
    void aSaleOneOfWhoseOtherKeysBecameSomethingElseIsSeededAnew(String which) {
        long sale = shop.open(5, 1);
        assertThat(Crowd.buy(shop, tap(sale, shop.buyer(), 1))).isInstanceOf(Ordered.class);
        shop.books().balance(sale);
        SaleKeys keys = SaleKeys.of(sale);

        shop.redis().set(which.equals("journal") ? keys.journal() : keys.replays(), "not a hash");

        assertThat(Crowd.buy(shop, tap(sale, shop.buyer(), 1))).isNotInstanceOf(Ordered.class);
        awaitReseeded(sale, 1);
        assertThat(Crowd.buy(shop, tap(sale, shop.buyer(), 1))).isInstanceOf(Ordered.class);
        shop.books().balance(sale);
    }

    private static Ordered replayOf(Ordered first) {
        return new Ordered(first.order(), true);
    }

    @Test
    void whileItsDataIsMissingASaleIsClosedAndNeverFull() {
        long sale = shop.open(5, 1);
        try (var nobodyReseeds = RowLock.on(shop, sale)) {
            shop.redis().flushall();
            assertThat(Crowd.buy(shop, tap(sale, shop.buyer(), 1))).isEqualTo(new Closed());
            SaleKeys keys = SaleKeys.of(sale);
            assertThat(shop.redis().exists(keys.sale(), keys.journal(), keys.replays()))
                    .as("nothing was made up")
                    .isZero();
        }
        awaitReseeded(sale, 1);
        shop.books().balance(sale);
    }

    @Test
    void aWinnersKeyWithAnotherQuantityIsRefusedAlsoWhileTheSaleIsClosed() {
        long sale = shop.open(5, 3);
        long user = shop.buyer();
        IdempotencyKey key = newKey();
        var order = (Ordered) Crowd.buy(shop, new Tap(user, sale, 1, key));
        shop.books().balance(sale);
        try (var nobodyReseeds = RowLock.on(shop, sale)) {
            shop.redis().flushall();
            assertThat(Crowd.buy(shop, new Tap(user, sale, 2, key))).isEqualTo(new KeyReused());
            assertThat(Crowd.buy(shop, new Tap(user, sale, 1, key))).isEqualTo(replayOf(order));
        }
        awaitReseeded(sale, 1);
    }

    @ParameterizedTest
    @EnumSource
    void inTheMiddleOfACrowdNoUnitIsLostAndNobodyBuysTwice(Loss loss) {
        long sale = shop.open(150, 1);
        List<Tap> taps =
                shop.buyers(300).stream().map(user -> tap(sale, user, 1)).toList();
        List<PurchaseOutcome> first = new ArrayList<>(Crowd.buy(shop, taps.subList(0, 60)));
        var during = CompletableFuture.supplyAsync(() -> Crowd.buy(shop, taps.subList(60, 300)));
        loss.strike(fragile);
        first.addAll(during.join());
        List<UUID> promised = only(Ordered.class, first).stream()
                .map(ordered -> ordered.order().id())
                .toList();
        awaitReseeded(sale, 1);

        Eventually.holds(
                "everybody who tries again with the same key has an answer", () -> Crowd.buy(shop, taps).stream()
                        .noneMatch(outcome -> outcome instanceof Closed || outcome instanceof Underway));

        assertThat(shop.books().sold(sale)).isEqualTo(150);
        assertThat(promised).allMatch(id -> shop.books().number("select count(*) from orders where id = ?", id) == 1);
        assertThat(only(Ordered.class, Crowd.buy(shop, taps)).stream()
                        .map(ordered -> ordered.order().id())
                        .collect(Collectors.toSet()))
                .hasSize(150)
                .containsAll(promised);
        shop.books().balance(sale);
    }

    /** Taken for an epoch, the first overflows, others leave none to follow, and the last are none of the text a purchase compares. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "9223372036854775807",
                "9007199254740993",
                "9007198",
                "9007199",
                "10002",
                "1e400",
                "nan",
                "-1",
                "1.5",
                "01"
            })
    void anEpochNoSeedingWroteIsOverwritten(String epoch) {
        long sale = shop.open(5, 1);
        shop.redis().hset(SaleKeys.of(sale).sale(), "epoch", epoch);
        awaitReseeded(sale, 1);
        assertThat(shop.books().epoch(sale)).as("not led astray").isLessThan(100);
        assertThat(Crowd.buy(shop, tap(sale, shop.buyer(), 1))).isInstanceOf(Ordered.class);
        shop.books().balance(sale);
    }

    /** As after a restore of PostgreSQL from a backup: Redis knows a later epoch than it does. */
    @ParameterizedTest
    @ValueSource(strings = {"7", "10001"})
    void aLaterEpochInRedisIsOutbidden(String epoch) {
        long sale = shop.open(5, 1);
        shop.redis().hset(SaleKeys.of(sale).sale(), "epoch", epoch);
        shop.awaitSellable(sale, Long.parseLong(epoch) + 1);
        assertThat(Crowd.buy(shop, tap(sale, shop.buyer(), 1))).isInstanceOf(Ordered.class);
        shop.books().balance(sale);
    }
}
