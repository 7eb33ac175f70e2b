package flashsale.faults;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.AppOutput;
import flashsale.servers.AppProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Two nodes on the same stores are one shop. */
@ExtendWith(AppOutput.class)
class TwoNodesIT {

    private static final int UNITS = 100;

    private static final Stores stores = Stores.shared();

    private static AppProcess second;
    private static Shop one;
    private static Shop other;

    @BeforeAll
    static void startNodes() {
        one = Shop.of(stores.readyNode());
        // So long that only a message from the other node can end a session here.
        second = stores.node().with("flash-sale.session.view.ttl", "1h").start();
        other = Shop.of(second);
        one.awaitSelling();
        other.awaitSelling();
    }

    @AfterAll
    static void closeSecond() {
        second.close();
    }

    private static Sale openSale(int perUserLimit) {
        var sale = one.openSale(UNITS, perUserLimit);
        other.awaitOpen(sale);
        return sale;
    }

    @Test
    void togetherTheySellExactlyTheStock() {
        var sale = openSale(1);
        var buyers = one.buyers("two-nodes", 10 * UNITS);
        var taps = Tap.told(Tap.ended(Tap.burst(buyers, sale, TwoNodesIT::nodeOf)), sale, TwoNodesIT::nodeOf);
        assertThat(taps).allMatch(tap -> tap.was(201) || tap.refused(409, "sold-out"));
        assertThat(taps).filteredOn(tap -> tap.was(201)).hasSize(UNITS);
        assertThat(Promises.areKept(stores, other, sale, taps)).hasSize(UNITS);
    }

    private static Shop nodeOf(Buyer buyer) {
        return Long.parseLong(buyer.userId()) % 2 == 0 ? one : other;
    }

    @Test
    void theSameKeyOnBothAtOnceIsOneOrder() {
        var sale = openSale(2);
        var buyers = one.buyers("same-key", 40);
        var taps = new ArrayList<CompletableFuture<Tap>>();
        for (Buyer buyer : buyers) {
            taps.add(one.tap(sale, buyer, "the-same"));
            taps.add(other.tap(sale, buyer, "the-same"));
        }
        var first = Tap.ended(taps);
        var ended = Tap.told(first, sale, buyer -> one);
        assertThat(ended).allMatch(tap -> tap.was(201));
        for (int i = 0; i < ended.size(); i += 2) {
            List<Tap> pair = ended.subList(i, i + 2);
            assertThat(pair.getFirst().answer().text("id"))
                    .isEqualTo(pair.getLast().answer().text("id"));
            // Who was put off first may find the order made meanwhile: then both are replays.
            boolean atOnce = first.subList(i, i + 2).stream().noneMatch(Tap::wasPutOff);
            assertThat(pair)
                    .as("the first of them, and its replay")
                    .filteredOn(tap -> tap.answer().replayed())
                    .hasSizeBetween(1, atOnce ? 1 : 2);
        }
        assertThat(Promises.areKept(stores, one, sale, ended)).hasSize(buyers.size());
    }

    @Test
    void aLogoutOnOneIsSeenByTheOther() {
        var buyer = one.buyers("logout", 1).getFirst();
        assertThat(other.get("/api/orders", buyer).join().status()).isEqualTo(200);
        assertThat(one.send("DELETE", "/api/sessions/current", buyer.token(), null)
                        .status())
                .isEqualTo(204);
        Awaitility.await("the other node refuses the session")
                .atMost(20, TimeUnit.SECONDS)
                .until(() -> other.get("/api/orders", buyer).join().status(), status -> status == 401);
    }
}
