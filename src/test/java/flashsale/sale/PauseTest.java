package flashsale.sale;

import static flashsale.shop.Crowd.tap;
import static org.assertj.core.api.Assertions.assertThat;

import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.purchase.PurchaseOutcome.Paused;
import flashsale.redis.SaleKeys;
import flashsale.redis.Script;
import flashsale.servers.FaultTrigger;
import flashsale.shop.Crowd;
import flashsale.shop.FragileShop;
import flashsale.shop.Shop;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One node pauses a sale while another resumes it: whatever the order, both stores say the same in the end. */
class PauseTest {

    private static final Script PAUSE = Script.named("sale/pause");

    private static Shop other;

    private final FragileShop fragile = FragileShop.shared();
    private final Shop shop = fragile.shop();
    private final long sale = shop.open(5, 1);

    @BeforeAll
    static void startOther() {
        other = Shop.start(FragileShop.shared().servers(), Map.of());
    }

    @AfterAll
    static void stopOther() {
        other.close();
    }

    @AfterEach
    void heal() {
        fragile.heal();
    }

    /** What the other node does between this one's write to PostgreSQL and its write to Redis. */
    private FaultTrigger betweenTheStores(Runnable call) {
        // So that the script is known, and the next call of it is the call itself.
        shop.desk().resume(sale).block(Shop.PATIENCE);
        return fragile.redis().onRequest(PAUSE.sha1()).callBefore(call);
    }

    /** The warm-up has asked PostgreSQL, and its write to Redis comes after that of the other node. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatIsSaidDuringAWarmUpIsNotUndoneByIt(boolean paused) {
        // So that nobody but this test warms it up.
        shop.leaveAlone(sale);
        say(shop, !paused);
        shop.books().execute("update sale_counter set phase = 'SUSPECT' where sale_id = ?", sale);
        var overtaken = fragile.redis().onRequest(PAUSE.sha1()).callBefore(() -> say(other, paused));

        assertThat(shop.desk().preheat(sale).block(Shop.PATIENCE)).returns(2L, StockPosition::epoch);

        overtaken.awaitFired();
        assertThat(pausedInPostgres()).isEqualTo(paused);
        assertThat(pausedInRedis()).isEqualTo(paused);
    }

    private void say(Shop node, boolean paused) {
        (paused ? node.desk().pause(sale) : node.desk().resume(sale)).block(Shop.PATIENCE);
    }

    private boolean pausedInPostgres() {
        return shop.books().number("select case when paused then 1 else 0 end from sale where id = ?", sale) == 1;
    }

    private boolean pausedInRedis() {
        return "1".equals(shop.redis().hget(SaleKeys.of(sale).sale(), "paused"));
    }

    @Test
    void aPauseThatReachesRedisAfterALaterResumeLeavesTheSaleOpen() {
        var overtaken = betweenTheStores(() -> other.desk().resume(sale).block(Shop.PATIENCE));

        shop.desk().pause(sale).block(Shop.PATIENCE);

        overtaken.awaitFired();
        assertThat(pausedInPostgres()).isFalse();
        assertThat(pausedInRedis()).isFalse();
        assertThat(Crowd.buy(shop, tap(sale, shop.buyer(), 1))).isInstanceOf(Ordered.class);
    }

    @Test
    void aResumeThatReachesRedisAfterALaterPauseLeavesTheSalePaused() {
        var overtaken = betweenTheStores(() -> other.desk().pause(sale).block(Shop.PATIENCE));

        shop.desk().resume(sale).block(Shop.PATIENCE);

        overtaken.awaitFired();
        assertThat(pausedInPostgres()).isTrue();
        assertThat(pausedInRedis()).isTrue();
        assertThat(Crowd.buy(shop, tap(sale, shop.buyer(), 1))).isEqualTo(new Paused());
    }
}
