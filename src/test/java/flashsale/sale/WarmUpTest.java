package flashsale.sale;

import static flashsale.shop.Crowd.tap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import flashsale.purchase.PurchaseOutcome.LimitReached;
import flashsale.purchase.Tap;
import flashsale.redis.RedisLink;
import flashsale.redis.RedisUnavailable;
import flashsale.redis.SaleKeys;
import flashsale.redis.StockRedis;
import flashsale.shop.Crowd;
import flashsale.shop.Eventually;
import flashsale.shop.FragileShop;
import flashsale.shop.RowLock;
import flashsale.shop.Shop;
import flashsale.stock.SaleClosed;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.reactive.TransactionalOperator;
import reactor.core.publisher.Flux;

/** A sale gets into Redis once for each epoch, whoever puts it there and wherever it is interrupted. */
class WarmUpTest {

    private final Shop shop = Shop.shared();
    private final SaleScripts scripts = shop.bean(SaleScripts.class);
    private final Epochs epochs = new Epochs(
            shop.bean(DatabaseClient.class), shop.bean(TransactionalOperator.class), shop.bean(Catalogue.class));

    private RedisLink link() {
        return Objects.requireNonNull(shop.bean(StockRedis.class).link());
    }

    private static SaleView beyondTheLead(Shop shop, long stock) {
        Instant start = Instant.now().plusSeconds(3_600);
        return shop.listed(stock, 1, start, start.plusSeconds(60));
    }

    @Test
    void aSaleWarmsUpByItselfBeforeItStarts() {
        Instant start = Instant.now().plusSeconds(60);
        long sale = shop.listed(10, 1, start, start.plusSeconds(60)).id();
        shop.awaitSellable(sale);
        assertThat(shop.books().epoch(sale)).isEqualTo(1);
        assertThat(shop.redis().hget(SaleKeys.of(sale).sale(), "stock")).isEqualTo("10");
    }

    @Test
    void aSaleFarFromItsStartIsLeftAlone() {
        long sale = beyondTheLead(shop, 10).id();
        aSaleWarmsUpByItselfBeforeItStarts();
        assertThat(shop.books().epoch(sale)).isZero();
        assertThat(shop.redis().exists(SaleKeys.of(sale).sale())).isZero();
    }

    @Test
    void manyAtOnceOnTwoNodesSeedItOnce() {
        WarmUp here = shop.bean(WarmUp.class);
        WarmUp there = Shop.second().bean(WarmUp.class);
        for (int round = 0; round < 10; round++) {
            long sale = beyondTheLead(shop, 10).id();
            var positions = Flux.merge(here.warm(sale), there.warm(sale), here.warm(sale), there.warm(sale))
                    .collectList()
                    .block(Shop.PATIENCE);
            assertThat(positions).hasSize(4).allMatch(position -> position.epoch() == 1 && position.available() == 10);
            assertThat(positions.stream().filter(StockPosition::preheated)).hasSize(1);
            assertThat(shop.books().epoch(sale)).isEqualTo(1);
        }
    }

    @Test
    void preheatingAnOpenSaleChangesNothing() {
        long sale = shop.open(10, 1);
        Crowd.buy(shop, tap(sale, shop.buyer(), 1));
        assertThat(shop.desk().preheat(sale).block(Shop.PATIENCE)).isEqualTo(new StockPosition(sale, 1, 9, false));
        shop.books().balance(sale);
    }

    enum Crash {
        BEFORE_REDIS_WAS_TOUCHED,
        WITH_NOTHING_BUT_THE_STOCK,
        WITH_SOME_BUYERS,
        OPEN_IN_REDIS_ONLY
    }

    @ParameterizedTest
    @EnumSource
    void aSeedingThatCrashedIsResumedByAnyNodeInTheSameEpoch(Crash crash) {
        long sale = shop.open(10, 1);
        List<Tap> won = shop.buyers(4).stream().map(user -> tap(sale, user, 1)).toList();
        Crowd.buy(shop, won);
        shop.books().balance(sale);

        var seed =
                Objects.requireNonNull(epochs.begin(sale, 1, 2, link().runId()).block(Shop.PATIENCE));
        if (crash != Crash.BEFORE_REDIS_WAS_TOUCHED) {
            scripts.preheat(link(), seed).block(Shop.PATIENCE);
        }
        if (crash == Crash.WITH_SOME_BUYERS) {
            scripts.seed(
                            link(),
                            sale,
                            2,
                            List.of(new Epochs.Buyer(won.getFirst().userId(), 1)),
                            List.of())
                    .block(Shop.PATIENCE);
        }
        if (crash == Crash.OPEN_IN_REDIS_ONLY) {
            won.forEach(tap -> scripts.seed(link(), sale, 2, List.of(new Epochs.Buyer(tap.userId(), 1)), List.of())
                    .block(Shop.PATIENCE));
            scripts.enter(link(), sale, 2, "seeding", "open").block(Shop.PATIENCE);
        }

        shop.awaitSellable(sale, 2);
        assertThat(shop.books().audit(sale).available()).isEqualTo(6);
        won.forEach(
                tap -> assertThat(Crowd.buy(shop, tap(sale, tap.userId(), 1))).isEqualTo(new LimitReached(1)));
        shop.books().balance(sale);
        assertThat(shop.books().epoch(sale)).isEqualTo(2);
    }

    @Test
    void aSeedingOfWhichAKeyBecameSomethingElseIsBegunAnew() {
        long sale = shop.open(10, 1);
        shop.leaveAlone(sale);
        var seed =
                Objects.requireNonNull(epochs.begin(sale, 1, 2, link().runId()).block(Shop.PATIENCE));
        scripts.preheat(link(), seed).block(Shop.PATIENCE);
        shop.redis().set(SaleKeys.of(sale).replays(), "not a hash");

        assertThat(shop.desk().preheat(sale).block(Shop.PATIENCE)).isEqualTo(new StockPosition(sale, 3, 10, true));
        assertThat(shop.redis().type(SaleKeys.of(sale).replays())).isNotEqualTo("string");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatOperationsSayBetweenReadingASaleAndWritingItHolds(boolean paused) {
        long sale = shop.open(10, 1);
        shop.leaveAlone(sale);
        shop.books().execute("update sale set paused = ? where id = ?", !paused, sale);
        var seed =
                Objects.requireNonNull(epochs.begin(sale, 1, 2, link().runId()).block(Shop.PATIENCE));
        // As pause and resume have it: in Redis they found no such epoch.
        shop.books().execute("update sale set paused = ? where id = ?", paused, sale);
        scripts.preheat(link(), seed).block(Shop.PATIENCE);

        shop.desk().preheat(sale).block(Shop.PATIENCE);

        assertThat(shop.redis().hget(SaleKeys.of(sale).sale(), "paused")).isEqualTo(paused ? "1" : "0");
    }

    @Test
    void aSaleWithThousandsOfBuyersIsSeededCompletely() {
        long sale = shop.open(5_000, 1);
        shop.books().execute("""
                with buyer as (insert into users (username)
                               select 'b-' || gen_random_uuid() from generate_series(1, 2500) returning id),
                     bought as (insert into sale_buyer select ?, id, 1, 1 from buyer),
                     ordered as (insert into orders (id, sale_id, user_id, quantity, amount_cents, currency, state,
                                                     key_hash, body_hash, hold_epoch, hold_seq, pay_before)
                                 select gen_random_uuid(), ?, id, 1, 1, 'CNY', 'PENDING_PAYMENT',
                                        decode('aa', 'hex'), decode('bb', 'hex'), 1, 1, now() + interval '1 hour'
                                   from buyer)
                update sale_counter set sold = 2500 where sale_id = ?
                """, sale, sale, sale);
        shop.redis().del(SaleKeys.of(sale).sale());
        shop.awaitSellable(sale, 2);
        shop.books().balance(sale);
        assertThat(shop.books().audit(sale).available()).isEqualTo(2_500);
        assertThat(shop.redis().hlen(SaleKeys.of(sale).replays()))
                .as("and the epoch")
                .isEqualTo(2_501);
    }

    @Test
    void aRestockIsInRedisAndInTheBooksAlsoWhileTheSaleIsCold() {
        long cold = beyondTheLead(shop, 10).id();
        shop.desk().restock(cold, 5, shop.buyer()).block(Shop.PATIENCE);
        assertThat(shop.desk().preheat(cold).block(Shop.PATIENCE).available()).isEqualTo(15);

        long open = shop.open(10, 1);
        assertThat(shop.desk()
                        .restock(open, 5, shop.buyer())
                        .block(Shop.PATIENCE)
                        .available())
                .isEqualTo(15);
        shop.books().balance(open);
        shop.redis().del(SaleKeys.of(open).sale());
        shop.awaitSellable(open, 2);
        assertThat(shop.books().audit(open).available()).as("not added twice").isEqualTo(15);
        shop.books().balance(open);
    }

    @Test
    void aRestockThatDidNotReachRedisIsAppliedByTheNextRound() {
        long sale = shop.open(10, 1);
        shop.books().execute("update sale_counter set stock = stock + 5 where sale_id = ?", sale);
        shop.books().execute("""
                insert into stock_ledger (sale_id, quantity, reason, actor, epoch) values (?, 5, 'restock', ?, 1)
                """, sale, shop.buyer());
        Eventually.holds("it is applied", () -> "15"
                .equals(shop.redis().hget(SaleKeys.of(sale).sale(), "stock")));
        Eventually.holds(
                "and marked",
                () -> shop.books()
                                .number(
                                        "select count(*) from stock_ledger where sale_id = ? and applied_at is null",
                                        sale)
                        == 0);
        shop.books().balance(sale);
    }

    @Test
    void aSuspectSaleIsNotRestocked() {
        long sale = shop.open(10, 1);
        // So that no round reconciles it before the restock is there.
        shop.leaveAlone(sale);
        try (var suspecting = RowLock.on(shop, sale)) {
            suspecting.execute("update sale_counter set phase = 'SUSPECT' where sale_id = ?", sale);
            var restock = shop.desk()
                    .restock(sale, 5, shop.buyer())
                    .timeout(Shop.PATIENCE)
                    .toFuture();
            suspecting.awaitQueue(1);
            suspecting.release();
            assertThatThrownBy(restock::join).hasCauseInstanceOf(SaleClosed.class);
        }
        assertThat(shop.desk().preheat(sale).block(Shop.PATIENCE)).isEqualTo(new StockPosition(sale, 2, 10, true));
        shop.books().balance(sale);
    }

    @Test
    void aRedisThatMayEvictGetsNoSale() {
        Shop fragile = FragileShop.shared().shop();
        long sale = beyondTheLead(fragile, 10).id();
        fragile.redis().configSet("maxmemory-policy", "allkeys-lru");
        try {
            assertThatThrownBy(() -> fragile.desk().preheat(sale).block(Shop.PATIENCE))
                    .isInstanceOf(SaleClosed.class)
                    .hasMessageContaining("noeviction");
            assertThat(fragile.redis().exists(SaleKeys.of(sale).sale())).isZero();
        } finally {
            fragile.redis().configSet("maxmemory-policy", "noeviction");
        }
        assertThat(fragile.desk().preheat(sale).block(Shop.PATIENCE).preheated())
                .isTrue();
    }

    @Test
    void withoutRedisPreheatFailsAndTheAuditSaysItDoesNotKnow() {
        FragileShop fragile = FragileShop.shared();
        Shop alone = fragile.shop();
        long sale = alone.open(10, 1);
        Crowd.buy(alone, tap(sale, alone.buyer(), 1));
        fragile.servers().redis().kill9();
        Eventually.holds("the link is gone", () -> alone.bean(StockRedis.class).link() == null);
        try {
            assertThatThrownBy(() -> alone.desk().preheat(sale).block(Shop.PATIENCE))
                    .isInstanceOf(RedisUnavailable.class);
            assertThat(alone.books().audit(sale))
                    .returns(false, AuditReport::consistent)
                    .returns(null, AuditReport::drift)
                    .returns(null, AuditReport::available)
                    .returns(1L, AuditReport::sold);
        } finally {
            fragile.servers().redis().restart();
            fragile.heal();
        }
        alone.awaitSellable(sale, 2);
        alone.books().balance(sale);
    }
}
