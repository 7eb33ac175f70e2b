package flashsale.faults;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.idempotency.Operations;
import flashsale.redis.SaleKeys;
import flashsale.servers.AppOutput;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A store does what it was asked, and its answer is lost: it is done once, and the buyer learns of it. */
@ExtendWith(AppOutput.class)
class LostAnswersIT {

    private static final int STOCK = 50;

    private static final Stores stores = Stores.shared();

    private Shop shop;
    private Sale sale;

    @BeforeEach
    void openSale() {
        shop = Shop.of(stores.readyNode());
        shop.awaitSelling();
        sale = shop.openSale(STOCK, 1);
    }

    @AfterEach
    void heal() {
        stores.heal();
    }

    @Test
    void aHoldWhoseAnswerIsLostIsOneDeduction() {
        var buyer = shop.buyers("lost-hold", 1).getFirst();
        var lost = stores.redisProxy().onRequest(Stores.HOLD.sha1()).loseAnswers();
        var tap = shop.tap(sale, buyer, "one-tap").join();
        lost.awaitFired();
        resolved(tap);
        assertThat(inRedis("stock")).isEqualTo(Integer.toString(STOCK - 1));
        assertThat(inRedis("b:" + buyer.userId())).isEqualTo("1");
        assertThat(Promises.areKept(stores, shop, sale, List.of(tap))).hasSize(1);
    }

    @Test
    void aBatchOfHoldsWhoseAnswersAreLostIsDeductedOnce() {
        var buyers = shop.buyers("lost-holds", STOCK);
        var lost = stores.redisProxy()
                .onRequest(Stores.HOLD.sha1())
                .skip(1)
                .times(2)
                .loseAnswers();
        var taps = Tap.ended(Tap.burst(buyers, sale, buyer -> shop));
        lost.awaitFired();
        assertThat(taps)
                .allMatch(tap -> tap.was(201) || tap.was(202) || tap.refused(503, "sale-closed") || tap.wasTooMuch());
        var orders = Promises.areKept(stores, shop, sale, taps);
        assertThat(inRedis("stock")).isEqualTo(Integer.toString(STOCK - orders.size()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anOrderWhoseConnectionIsCutIsOneOrder(boolean committed) {
        var buyer = shop.buyers("cut", 1).getFirst();
        var cut = cutOfCommit(committed, 0);
        var tap = shop.tap(sale, buyer, "one-tap").join();
        cut.join();
        resolved(tap);
        assertThat(Promises.areKept(stores, shop, sale, List.of(tap))).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aBatchWhoseConnectionIsCutIsWrittenOnce(boolean committed) {
        var buyers = shop.buyers("cut-batch", STOCK);
        var cut = cutOfCommit(committed, 1);
        var taps = Tap.ended(Tap.burst(buyers, sale, buyer -> shop));
        cut.join();
        assertThat(taps)
                .allMatch(tap -> tap.was(201) || tap.was(202) || tap.refused(503, "degraded") || tap.wasTooMuch());
        var orders = Promises.areKept(stores, shop, sale, taps);
        assertThat(taps).filteredOn(tap -> !tap.was(503)).hasSameSizeAs(orders.values());
    }

    /** A commit's answer says "placed" when it is committed; its parameters name what all buyers asked for. */
    private CompletableFuture<Void> cutOfCommit(boolean committed, int skipped) {
        var proxy = stores.postgresProxy();
        var cut = new CompletableFuture<Void>();
        String body = new Operations("any node").named(1, 1, 1, null).bodyHash();
        (committed ? proxy.onReply("placed") : proxy.onRequest(body))
                .skip(skipped)
                .callBefore(() -> {
                    proxy.cutAll();
                    cut.complete(null);
                });
        return cut.orTimeout(20, TimeUnit.SECONDS);
    }

    /** Told at once, or told where to ask and then told there. */
    private void resolved(Tap tap) {
        assertThat(tap).matches(told -> told.was(201) || told.was(202), "201 or 202");
        if (tap.was(202)) {
            Awaitility.await("the order of " + tap)
                    .atMost(15, TimeUnit.SECONDS)
                    .until(
                            () -> shop.get(tap.answer().text("statusUrl"), tap.buyer())
                                    .join(),
                            status -> status.text("state").equals("PENDING_PAYMENT"));
        }
    }

    private String inRedis(String field) {
        return stores.redis(commands -> commands.hget(SaleKeys.of(sale.number()).sale(), field));
    }
}
