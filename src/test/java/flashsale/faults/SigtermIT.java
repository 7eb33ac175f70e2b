package flashsale.faults;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.AppOutput;
import flashsale.servers.AppProcess;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A node is told to end while buyers tap, and nothing stands before it that would send them elsewhere: harder than in a
 * cluster, which takes the node out of its service first (preStop).
 *
 * <p>Until its last call is over, every tap gets an answer of the contract. After that its port is closed, and it has been
 * "not ready" for as long: a tap may then find nobody, or meet the closing of the port itself, as the kernel completes
 * connects that nobody has accepted; such a tap must have left nothing behind. The process ends by itself with 143 (the
 * JVM's for SIGTERM) well within the grace period of the manifests.
 */
@ExtendWith(AppOutput.class)
class SigtermIT {

    private static final Duration LAST_CALL = Duration.ofSeconds(2);

    /** {@code terminationGracePeriodSeconds} of 60 less the 5 of preStop. */
    private static final Duration GRACE = Duration.ofSeconds(55);

    private static final int STOCK = 1_500;

    private static final Stores stores = Stores.shared();

    private static Shop other;

    private AppProcess node;
    private Shop shop;

    @BeforeAll
    static void reachTheOther() {
        other = Shop.of(stores.readyNode());
        other.awaitSelling();
    }

    @AfterAll
    static void leaveStoresWell() {
        stores.heal();
    }

    @BeforeEach
    void startNode() {
        node = stores.node()
                .with("flash-sale.edge.last-call", LAST_CALL.toMillis() + "ms")
                .start();
        shop = Shop.of(node);
        shop.awaitSelling();
    }

    @AfterEach
    void closeNode() {
        node.close();
    }

    @Test
    void everyTapIsAnsweredUntilTheNodeIsOutOfService() {
        var sale = shop.openSale(STOCK, 1);
        var soldOut = soldOut();
        // More than can come: nobody comes twice, as a user has a rate.
        var rush = Rush.begin(onlyIt(), sale, shop.buyers("sigterm", STOCK), Duration.ofMillis(8));
        var losers = Rush.begin(onlyIt(), soldOut, shop.buyers("sigterm-losers", STOCK), Duration.ofMillis(8));
        rush.awaitSold(50);

        long toldAt = System.nanoTime();
        var exit = node.sigterm();
        int code = exitCode(exit, toldAt);

        var taps = rush.end();
        var refusals = losers.end();
        assertThat(code).isEqualTo(143);
        assertThat(node.output())
                .as("nothing in the log of a roll-out looks like an outage")
                .doesNotContain("Connection to Redis lost", "Connection is already closed");
        var all = new ArrayList<>(taps);
        all.addAll(refusals);
        assertThat(all)
                .filteredOn(visit -> visit.sentAt() > toldAt)
                .as("who came after the signal")
                .isNotEmpty();
        assertThat(all)
                .filteredOn(visit -> visit.tap().answer() == null)
                .as("taps without an answer, of which none may end before the last call does")
                .allMatch(visit -> visit.endedAt() - toldAt >= LAST_CALL.toNanos());
        assertThat(taps).extracting(Rush.Visit::tap).allMatch(tap -> tap.answer() == null || isOfTheContract(tap));
        assertThat(refusals)
                .extracting(Rush.Visit::tap)
                .allMatch(tap -> tap.answer() == null || tap.refused(409, "sold-out") || tap.wasTooMuch());
        assertThat(taps)
                .filteredOn(visit -> visit.sentAt() > toldAt && visit.sold())
                .as("sold at its last call")
                .isNotEmpty();

        assertThatEachAnswerIsTheLastOfItsConnection(all, toldAt);

        var orders = Promises.areKept(
                stores,
                other,
                sale,
                taps.stream()
                        .map(Rush.Visit::tap)
                        .filter(tap -> tap.answer() != null)
                        .toList());
        assertThat(taps)
                .filteredOn(visit -> visit.tap().answer() == null)
                .as("who got no answer was never let in")
                .noneMatch(visit -> orders.values().stream().anyMatch(order -> order.userId()
                        .equals(visit.tap().buyer().userId())));
        assertThat(other.audit(soldOut).body().path("drift").asLong(-1)).isZero();
    }

    /** PostgreSQL makes them wait until long after the port is closed, when nothing but the purchases keep the node. */
    @Test
    void purchasesThatWaitForPostgresWhenItComesAreAnswered() throws SQLException {
        var sale = shop.openSale(STOCK, 1);
        var buyers = shop.buyers("sigterm-waiting", 30);
        List<CompletableFuture<Tap>> taps;
        CompletableFuture<Integer> exit;
        long toldAt;
        try (var connection = stores.servers().database().connect();
                var statement =
                        connection.prepareStatement("select 1 from sale_counter where sale_id = ? for no key update")) {
            connection.setAutoCommit(false);
            statement.setLong(1, sale.number());
            statement.execute();
            toldAt = System.nanoTime();
            exit = node.sigterm();
            Awaitility.await("the end of the last call is near")
                    .pollInterval(Duration.ofMillis(20))
                    .atMost(GRACE)
                    .until(() -> System.nanoTime() - toldAt > LAST_CALL.toNanos() * 3 / 4);
            taps = Tap.burst(buyers, sale, buyer -> shop);
            Awaitility.await("the port is closed").atMost(GRACE).until(() -> !isListening());
            connection.commit();
        }
        var ended = Tap.ended(taps);
        assertThat(ended).as("taps that were let in").allMatch(tap -> tap.was(201) || tap.was(202));
        assertThat(exitCode(exit, toldAt)).isEqualTo(143);
        assertThat(Promises.areKept(stores, other, sale, ended)).hasSize(buyers.size());
    }

    /** A stream has no end of its own; waited for, it would take the whole time a stop may take. */
    @Test
    void aStreamOfEventsEnds() {
        var sale = shop.openSale(1, 1);
        var stream = CompletableFuture.supplyAsync(() -> shop.page("/api/sales/" + sale.id() + "/events"));
        Awaitility.await("the stream is open").atMost(20, TimeUnit.SECONDS).until(() -> Shop.at(node.managementUrl())
                .page("/actuator/prometheus")
                .body()
                .lines()
                .anyMatch(line -> line.startsWith("flashsale_stage_depth{")
                        && line.contains("event-streams")
                        && !line.endsWith(" 0.0")));
        long toldAt = System.nanoTime();
        var exit = node.sigterm();
        assertThat(stream.orTimeout(GRACE.toSeconds(), TimeUnit.SECONDS).join().statusCode())
                .isEqualTo(200);
        assertThat(exitCode(exit, toldAt)).isEqualTo(143);
        assertThat(Duration.ofNanos(System.nanoTime() - toldAt)).isLessThan(Duration.ofSeconds(18));
    }

    /** From the first on that says so: whoever goes on with a connection that is about to be closed may get a reset. */
    private static void assertThatEachAnswerIsTheLastOfItsConnection(List<Rush.Visit> visits, long toldAt) {
        var answered = visits.stream()
                .filter(visit -> visit.tap().answer() != null && visit.sentAt() > toldAt)
                .toList();
        long calledAt = answered.stream()
                .filter(SigtermIT::wasTheLast)
                .mapToLong(Rush.Visit::endedAt)
                .min()
                .orElseThrow(() -> new AssertionError("no answer was the last of its connection"));
        assertThat(answered)
                .filteredOn(visit -> visit.sentAt() > calledAt)
                .as("answers since the last call")
                .isNotEmpty()
                .allMatch(SigtermIT::wasTheLast);
    }

    private static boolean wasTheLast(Rush.Visit visit) {
        return visit.tap()
                .answer()
                .headers()
                .firstValue("Connection")
                .filter("close"::equalsIgnoreCase)
                .isPresent();
    }

    /** What a buyer may be told: bought, to be asked for, or to come again, and when. */
    private static boolean isOfTheContract(Tap tap) {
        return tap.was(201)
                || tap.was(202)
                || tap.refused(409, "sold-out")
                || (tap.wasTooMuch() || tap.refused(503, "degraded") || tap.refused(503, "sale-closed"))
                        && tap.answer().headers().firstValue("Retry-After").isPresent();
    }

    /** Whoever comes, comes to the node that is told to end. */
    private Nodes onlyIt() {
        return new Nodes(List.of(node), List.of(shop, shop, shop));
    }

    private Sale soldOut() {
        var sale = shop.openSale(1, 1);
        var winner = shop.buyers("sigterm-winner", 1).getFirst();
        assertThat(shop.tap(sale, winner, "the-only").join().was(201)).isTrue();
        return sale;
    }

    private boolean isListening() {
        try (var probe = new java.net.Socket()) {
            probe.connect(new java.net.InetSocketAddress("localhost", node.port()), 1_000);
            return true;
        } catch (java.io.IOException refused) {
            return false;
        }
    }

    private static int exitCode(CompletableFuture<Integer> exit, long toldAt) {
        int code = exit.orTimeout(GRACE.toSeconds(), TimeUnit.SECONDS).join();
        System.out.printf(
                "SigtermIT: ended %d ms after SIGTERM%n",
                Duration.ofNanos(System.nanoTime() - toldAt).toMillis());
        return code;
    }
}
