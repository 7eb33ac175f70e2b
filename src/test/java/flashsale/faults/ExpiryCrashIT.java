package flashsale.faults;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.redis.SaleKeys;
import flashsale.redis.Script;
import flashsale.servers.AppOutput;
import flashsale.servers.AppProcess;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A node dies when PostgreSQL has expired its orders and Redis does not know yet: another one finishes it. */
@ExtendWith(AppOutput.class)
class ExpiryCrashIT {

    private static final Script LEDGER = Script.named("stock/ledger");

    private static final int STOCK = 30;

    private static final Stores stores = Stores.shared();

    @Test
    void unitsOfOrdersExpiredByTheDeadSellAgain() {
        AppProcess node = stores.readyNode();
        Shop shop = Shop.of(node);
        shop.awaitSelling();
        var sale = shop.openSale(STOCK, 1);
        List<Buyer> buyers = shop.buyers("expiry-crash", STOCK);
        assertThat(Tap.told(Tap.ended(Tap.burst(buyers, sale, buyer -> shop)), sale, buyer -> shop))
                .allMatch(tap -> tap.was(201));
        Awaitility.await("no hold is left").until(() -> stores.held(sale) == 0);

        // The call must not reach the server, where it would be carried out.
        var killed = new CompletableFuture<Void>();
        stores.redisProxy().onRequest(LEDGER.sha1()).callBefore(() -> {
            node.kill9();
            stores.redisProxy().cutAll();
            killed.complete(null);
        });
        overdue(sale);
        killed.orTimeout(20, TimeUnit.SECONDS).join();
        assertThat(expired(sale)).isEqualTo(STOCK);
        assertThat(pending(sale)).as("units on their way").isEqualTo(STOCK);
        assertThat(stockInRedis(sale)).isZero();

        try (AppProcess other = stores.node().start()) {
            Awaitility.await("the other node brings them")
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> stockInRedis(sale) == STOCK);
            Shop survivor = Shop.of(other);
            survivor.awaitOpen(sale);
            assertThat(Tap.told(
                            Tap.ended(Tap.burst(survivor.buyers("expiry-crash", STOCK), sale, buyer -> survivor)),
                            sale,
                            buyer -> survivor))
                    .as("the same buyers may buy again")
                    .allMatch(tap -> tap.was(201));
            Awaitility.await("it adds up").atMost(Duration.ofSeconds(20)).until(() -> addsUp(survivor.audit(sale)));
        }
        assertThat(pending(sale)).isZero();
    }

    private static boolean addsUp(Answer audit) {
        return audit.status() == 200
                && audit.body().path("consistent").asBoolean()
                && audit.body().path("drift").asLong(-1) == 0
                && audit.body().path("sold").asLong() == STOCK;
    }

    private static long expired(Sale sale) {
        return stores.count("select count(*) from orders where state = 'EXPIRED' and sale_id = " + sale.number());
    }

    private static long pending(Sale sale) {
        return stores.count(
                "select coalesce(sum(quantity), 0) from stock_ledger where applied_at is null and sale_id = "
                        + sale.number());
    }

    private static long stockInRedis(Sale sale) {
        return Long.parseLong(stores.redis(
                commands -> commands.hget(SaleKeys.of(sale.number()).sale(), "stock")));
    }

    private static void overdue(Sale sale) {
        try (var connection = stores.servers().database().connect();
                var statement = connection.createStatement()) {
            statement.execute("update orders set pay_before = now() where sale_id = " + sale.number());
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
