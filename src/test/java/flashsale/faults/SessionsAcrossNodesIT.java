package flashsale.faults;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.servers.AppOutput;
import flashsale.servers.AppProcess;
import flashsale.servers.FaultProxy;
import flashsale.servers.RedisServer;
import io.lettuce.core.RedisClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A session ended on one node is refused by the other: at once, and when the message is lost within two seconds. */
@ExtendWith(AppOutput.class)
class SessionsAcrossNodesIT {

    private static final Logger LOG = LoggerFactory.getLogger(SessionsAcrossNodesIT.class);

    private static final int SESSIONS = 200;

    private static final Duration VIEW_TTL = Duration.ofSeconds(2);

    /** What the proxy, the polling and a busy machine may add. */
    private static final Duration SLACK = Duration.ofSeconds(3);

    private static final Stores stores = Stores.shared();

    private static RedisServer sessions;
    private static FaultProxy proxy;
    private static AppProcess a;
    private static AppProcess b;
    private static Shop one;
    private static Shop other;

    @BeforeAll
    static void startNodes() {
        sessions = RedisServer.start();
        proxy = FaultProxy.inFrontOf(sessions);
        a = stores.node().with("flash-sale.session.redis-url", sessions.url()).start();
        b = stores.node()
                .with("flash-sale.session.redis-url", proxy.through(sessions.url()))
                .start();
        one = Shop.of(a);
        other = Shop.of(b);
        one.awaitSelling();
        other.awaitSelling();
    }

    @AfterAll
    static void stopNodes() {
        a.close();
        b.close();
        proxy.close();
        sessions.close();
    }

    /**
     * A busy machine delays every request, and the refusal is one of them, after two others: what it needs for an ordinary
     * one in the same round is left out of account. On a quiet machine that is a few milliseconds.
     */
    @Test
    void aSessionEndedOnOneIsRefusedByTheOtherWithinATenthOfASecond() {
        var excess = new ArrayList<Long>();
        for (int round = 0; round < 3; round++) {
            var ordinary = new ArrayList<Long>();
            var refused = new ArrayList<Long>();
            for (Buyer buyer : one.buyers("ended-" + round, SESSIONS)) {
                long start = System.nanoTime();
                assertThat(other.get("/api/orders", buyer).join().status()).isEqualTo(200);
                ordinary.add(millisSince(start));
                refused.add(untilRefused(buyer));
            }
            long p99 = percentile(refused, 99);
            LOG.info(
                    "ended on one node, refused by the other: median {} ms, p99 {} ms, longest {} ms of {};"
                            + " an ordinary request: p99 {} ms",
                    percentile(refused, 50),
                    p99,
                    percentile(refused, 100),
                    SESSIONS,
                    percentile(ordinary, 99));
            assertThat(percentile(refused, 100))
                    .as("the longest of round %d", round)
                    .isLessThan(VIEW_TTL.plus(SLACK).toMillis());
            excess.add(p99 - 3 * percentile(ordinary, 99));
        }
        assertThat(excess)
                .as("p99 of each round less three ordinary requests, ms")
                .anyMatch(millis -> millis < 100);
    }

    private static long percentile(List<Long> values, int percent) {
        return values.stream().sorted().toList().get(values.size() * percent / 100 - 1);
    }

    private static long millisSince(long start) {
        return Duration.ofNanos(System.nanoTime() - start).toMillis();
    }

    @Test
    void whenTheMessageIsLostTheOtherRefusesWithinTheTimeToLive() {
        // From the first message on nothing reaches the second node over the connection that carries them.
        Buyer first = one.buyers("lost", 1).getFirst();
        var lost = proxy.onReply("flash-sale:session:changed\r\n").loseAnswers();
        long millis = untilRefused(first);
        lost.awaitFired();
        LOG.info("ended on one node while its message was lost, refused by the other after {} ms", millis);
        assertThat(millis)
                .as("lost, and yet within the time-to-live")
                .isBetween(100L, VIEW_TTL.plus(SLACK).toMillis());
        proxy.heal();
        proxy.cutAll();
    }

    @Test
    void aRecordThatGoesWithoutAnyMessageIsMissedWithinTheTimeToLive() {
        Buyer buyer = one.buyers("gone", 1).getFirst();
        assertThat(other.get("/api/orders", buyer).join().status()).isEqualTo(200);
        try (var client = RedisClient.create(sessions.url());
                var connection = client.connect()) {
            var redis = connection.sync();
            List<String> all = redis.keys("flash-sale:session:sessions:*");
            long start = System.nanoTime();
            redis.del(all.toArray(String[]::new));
            awaitRefused(buyer);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(VIEW_TTL.plus(SLACK));
        }
    }

    @Test
    void aPurchaseAsksTheSessionsRedisNothing() {
        List<Buyer> buyers = one.buyers("steady", 50);
        var sale = one.openSale(buyers.size(), 1);
        other.awaitOpen(sale);
        Awaitility.await("each session has been seen by the node it buys from: that is the steady state")
                .atMost(20, TimeUnit.SECONDS)
                .until(() -> {
                    Map<String, Long> before = calls();
                    buyers.forEach(buyer -> other.get("/api/orders", buyer).join());
                    return since(before).isEmpty();
                });

        Map<String, Long> before = calls();
        var taps = buyers.stream().map(buyer -> other.tap(sale, buyer, "once")).toList();
        assertThat(Tap.ended(taps)).allMatch(tap -> tap.was(201));
        assertThat(since(before)).isEmpty();
    }

    private static Map<String, Long> since(Map<String, Long> before) {
        Map<String, Long> after = calls();
        // The proofs that no message was lost (PUBLISH) and the bulk look at records in use (EXISTS, a hundred
        // sessions each, at most once in the time-to-live) go by the clock, not by purchases.
        after.replaceAll((command, calls) -> calls - before.getOrDefault(command, 0L));
        after.keySet().removeAll(List.of("publish", "exists", "info"));
        after.values().removeIf(calls -> calls == 0);
        return after;
    }

    private static Map<String, Long> calls() {
        try (var client = RedisClient.create(sessions.url());
                var connection = client.connect()) {
            var calls = new TreeMap<String, Long>();
            connection
                    .sync()
                    .info("commandstats")
                    .lines()
                    .filter(line -> line.startsWith("cmdstat_"))
                    .filter(line -> !line.startsWith("cmdstat_hello") && !line.startsWith("cmdstat_client"))
                    .forEach(line -> calls.put(
                            line.substring("cmdstat_".length(), line.indexOf(':')),
                            Long.valueOf(line.replaceAll("[^:]*:calls=(\\d+),.*", "$1"))));
            return calls;
        }
    }

    /** Milliseconds from the request that ends it on one node to the first refusal by the other. */
    private static long untilRefused(Buyer buyer) {
        assertThat(other.get("/api/orders", buyer).join().status()).isEqualTo(200);
        long start = System.nanoTime();
        assertThat(one.send("DELETE", "/api/sessions/current", buyer.token(), null)
                        .status())
                .isEqualTo(204);
        awaitRefused(buyer);
        return millisSince(start);
    }

    private static void awaitRefused(Buyer buyer) {
        Awaitility.await("the other node refuses it")
                .atMost(20, TimeUnit.SECONDS)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> other.get("/api/orders", buyer).join().status(), status -> status == 401);
    }
}
