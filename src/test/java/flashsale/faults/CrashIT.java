package flashsale.faults;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.idempotency.Operations;
import flashsale.servers.AppOutput;
import flashsale.servers.AppProcess;
import flashsale.servers.FaultProxy;
import flashsale.servers.FaultTrigger;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A node dies by {@code kill -9} in the middle of a burst and comes back: nothing it said was a lie, nothing is lost. */
@ExtendWith(AppOutput.class)
class CrashIT {

    private static final int STOCK = 20;

    private static final int BUYERS = 30;

    private static final Stores stores = Stores.shared();

    private AppProcess node;

    private Shop shop;

    @BeforeEach
    void reachNode() {
        node = stores.readyNode();
        shop = Shop.of(node);
        shop.awaitSelling();
    }

    @Test
    void killedAfterTheScript() {
        var sale = shop.openSale(STOCK, 1);
        var held = stores.redisProxy().onRequest(Stores.HOLD.sha1()).always().holdAnswers();
        var taps = burst(sale, "after-script");
        held.awaitFired();
        Awaitility.await("a hold").until(() -> stores.held(sale) > 0);
        assertThat(stores.orders(sale)).isEmpty();
        node.kill9();
        assertThat(whenBack(sale, taps)).as("the holds of the dead").isNotEmpty();
    }

    @Test
    void killedBeforeTheInsert() {
        var sale = shop.openSale(STOCK, 1);
        // What all buyers ask for is among the parameters; the call must not reach the server, where it would be
        // carried out.
        String body = new Operations("any node").named(1, 1, 1, null).bodyHash();
        var killed = new CompletableFuture<Void>();
        stores.postgresProxy().onRequest(body).callBefore(() -> {
            node.kill9();
            stores.postgresProxy().cutAll();
            killed.complete(null);
        });
        var taps = burst(sale, "before-insert");
        killed.orTimeout(20, TimeUnit.SECONDS).join();
        assertThat(stores.held(sale)).isPositive();
        assertThat(stores.orders(sale)).isEmpty();
        assertThat(whenBack(sale, taps)).as("the holds of the dead").isNotEmpty();
    }

    @Test
    void killedAfterTheCommit() {
        var sale = shop.openSale(STOCK, 1);
        var killed = stores.postgresProxy().onReply("placed").callBefore(node::kill9);
        var taps = burst(sale, "after-commit");
        killed.awaitFired();
        assertThat(stores.orders(sale)).isNotEmpty();
        assertThat(Tap.ended(taps)).as("taps").noneMatch(tap -> tap.was(201));
        whenBack(sale, taps);
    }

    @Test
    void killedBeforeTheAnswer() {
        var sale = shop.openSale(STOCK, 1);
        var buyers = shop.buyers("before-answer", BUYERS);
        try (var network = FaultProxy.inFrontOf("localhost", node.port())) {
            List<FaultTrigger> answers = List.of(
                    network.onReply("HTTP/1.1 201").always().loseAnswers(),
                    network.onReply("HTTP/1.1 201").callBefore(node::kill9));
            var beyond = Shop.at("http://localhost:" + network.port());
            var taps = Tap.burst(buyers, sale, buyer -> beyond);
            answers.forEach(FaultTrigger::awaitFired);
            assertThat(stores.orders(sale)).isNotEmpty();
            assertThat(Tap.ended(taps)).as("taps").noneMatch(tap -> tap.was(201));
            whenBack(sale, taps);
        }
    }

    static LongStream seeds() {
        String wanted = System.getProperty("seed");
        return wanted == null ? new Random().longs(2) : LongStream.of(Long.parseLong(wanted));
    }

    /** Replayed by {@code -Dseed=...}: the buyers' moments and the kill's, as far as the machine keeps to them. */
    @ParameterizedTest(name = "-Dseed={0}")
    @MethodSource("seeds")
    void killedAtAnyInstant(long seed) {
        System.out.println("CrashIT.killedAtAnyInstant -Dseed=" + seed);
        var random = new Random(seed);
        var sale = shop.openSale(120, 1);
        var taps = shop.buyers("any-instant", 200).stream()
                .map(buyer -> CompletableFuture.supplyAsync(() -> buyer, later(random.nextInt(600)))
                        .thenCompose(ready -> shop.tap(sale, ready, "tap-of-" + seed)))
                .toList();
        LockSupport.parkNanos(Duration.ofMillis(20 + random.nextInt(700)).toNanos());
        node.kill9();
        whenBack(sale, taps);

        var again = Tap.burst(taps.stream().map(tap -> tap.join().buyer()).toList(), sale, buyer -> shop);
        assertThat(Tap.told(Tap.ended(again), sale, buyer -> shop))
                .allMatch(tap -> tap.was(201) || tap.refused(409, "sold-out") || tap.refused(409, "limit-reached"));
        assertThat(Promises.areKept(stores, shop, sale, List.of()))
                .as("orders in the end")
                .hasSize(sale.stock());
    }

    private static Executor later(int millis) {
        return CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS);
    }

    private List<CompletableFuture<Tap>> burst(Sale sale, String name) {
        return Tap.burst(shop.buyers(name, BUYERS), sale, buyer -> shop);
    }

    /** Answers the orders there are when everything has settled. */
    private Collection<Stores.Order> whenBack(Sale sale, List<CompletableFuture<Tap>> taps) {
        var ended = Tap.ended(taps);
        assertThat(ended)
                .as("what the dying node said")
                // 202 from one that took longer to die than its buyers may be kept waiting.
                .allMatch(tap -> tap.answer() == null
                        || tap.was(201)
                        || tap.was(202)
                        || tap.refused(409, "sold-out")
                        || tap.wasTooMuch());
        stores.heal();
        node.restart();
        shop = Shop.of(node);
        return Promises.areKept(stores, shop, sale, ended).values();
    }
}
