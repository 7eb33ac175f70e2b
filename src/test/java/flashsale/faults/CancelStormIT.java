package flashsale.faults;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.AppOutput;
import flashsale.servers.AppProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Half of the clients hang up in the middle of their purchase. It goes on without them, and leaves nothing behind. */
@ExtendWith(AppOutput.class)
class CancelStormIT {

    private static final int BUYERS = 300;

    /** Makes a purchase last some 100 ms, so that hanging up meets it at every step. */
    private static final Duration EACH_PACKET = Duration.ofMillis(4);

    private static final Stores stores = Stores.shared();

    private AppProcess node;
    private Shop shop;

    @BeforeEach
    void reachNode() {
        node = stores.readyNode();
        shop = Shop.of(node);
        shop.awaitSelling();
    }

    @AfterEach
    void heal() {
        stores.heal();
    }

    @Test
    void whoHangsUpLosesNeitherStockNorOrder() {
        long seed = Long.getLong("seed", new Random().nextLong());
        System.out.println("CancelStormIT -Dseed=" + seed);
        var random = new Random(seed);
        var sale = shop.openSale(BUYERS, 1);
        var buyers = shop.buyers("storm", BUYERS);

        stores.postgresProxy().delay(EACH_PACKET);
        stores.redisProxy().delay(EACH_PACKET);
        var taps = new ArrayList<CompletableFuture<Tap>>();
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Buyer buyer : buyers) {
                boolean leaves = random.nextBoolean();
                var patience = Duration.ofMillis(random.nextInt(200));
                taps.add(
                        leaves
                                ? CompletableFuture.supplyAsync(() -> hangUp(sale, buyer, patience), clients)
                                : shop.tap(sale, buyer, "tap"));
            }
        }
        var ended = Tap.ended(taps);
        stores.heal();

        var stayed = Tap.told(ended.stream().filter(tap -> tap.answer() != null).toList(), sale, buyer -> shop);
        assertThat(stayed).isNotEmpty().allMatch(tap -> tap.was(201));
        var orders = Promises.areKept(stores, shop, sale, ended);
        assertThat(orders).as("orders of those who stayed").hasSizeGreaterThan(stayed.size());
        nothingIsLeftOpen();

        var next = shop.openSale(BUYERS, 1);
        assertThat(Tap.told(Tap.ended(Tap.burst(buyers, next, buyer -> shop)), next, buyer -> shop))
                .allMatch(tap -> tap.was(201));
    }

    private void nothingIsLeftOpen() {
        Awaitility.await("connections").atMost(20, TimeUnit.SECONDS).untilAsserted(() -> {
            assertThat(stores.count("select count(*) from pg_stat_activity where state like 'idle in transaction%'"))
                    .as("transactions left open")
                    .isZero();
            assertThat(metric("r2dbc_pool_acquired_connections"))
                    .as("connections not returned")
                    .isZero();
            assertThat(metric("r2dbc_pool_pending_connections"))
                    .as("waiting for a connection")
                    .isZero();
        });
    }

    private double metric(String name) {
        String page = Shop.at(node.managementUrl()).page("/actuator/prometheus").body();
        return Stream.of(page.split("\n"))
                .filter(line -> line.startsWith(name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** A socket of its own, as only a closed connection is certain to be noticed by the server. */
    private Tap hangUp(Sale sale, Buyer buyer, Duration patience) {
        String body = "{\"quantity\":1}";
        String request =
                """
                POST /api/sales/%s/orders HTTP/1.1
                Host: localhost
                Authorization: Bearer %s
                Idempotency-Key: tap
                Content-Type: application/json
                Content-Length: %d

                %s""".formatted(sale.id(), buyer.token(), body.length(), body).replace("\n", "\r\n");
        try (var socket = new Socket("localhost", node.port())) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            LockSupport.parkNanos(patience.toNanos());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Tap(buyer, "tap", null);
    }
}
