package flashsale.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import flashsale.servers.FaultProxy;
import flashsale.servers.RedisServer;
import flashsale.shop.Eventually;
import io.lettuce.core.RedisClient;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class RedisLinkTest {

    private static RedisServer server;
    private static BareRedis bare;

    @BeforeAll
    static void start() {
        server = RedisServer.start();
        bare = BareRedis.on(server);
    }

    @AfterAll
    static void stop() {
        bare.close();
        server.close();
    }

    @Test
    void aFlushedScriptCacheIsFilledAgainAndTheCallRunsOnce() {
        long sale = bare.openSale(10, 1);
        List<String> key = List.of(SaleKeys.of(sale).sale());
        RedisLink link = bare.awaitLink();
        bare.run("stock/ledger", key, 1, SaleKeys.CHANGES_CHANNEL, sale, 1, 5, 0);
        bare.commands().scriptFlush();

        List<Object> reply = bare.run("stock/ledger", key, 1, SaleKeys.CHANGES_CHANNEL, sale, 2, 5, 0);

        assertThat(reply.subList(0, 2)).containsExactly(1L, 20L);
        assertThat(bare.redis().link()).isSameAs(link);
    }

    /** Behind something that balances calls, not connections, one connection may reach two processes. */
    @Test
    void aConnectionOnWhichAnotherProcessAnswersIsGivenUpBeforeAScriptIsLoaded() {
        RedisClient client = RedisClient.create(server.url());
        try {
            var link = new RedisLink(client.connect(), client.connectPubSub(), "the run_id of another process");
            bare.commands().scriptFlush();
            assertThatThrownBy(() -> link.call(Script.named("lock/take"), new String[] {"a-lock"}, "owner", "1000")
                            .block(Duration.ofSeconds(20)))
                    .isInstanceOf(RedisUnavailable.class)
                    .hasMessageContaining("Another Redis process");
            assertThat(link.isOpen()).isFalse();
            assertThat(bare.commands().scriptExists(Script.named("lock/take").sha1()))
                    .containsExactly(false);
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
        }
    }

    @Test
    void anotherProcessOnTheSameAddressGetsALinkOfItsOwn() {
        RedisLink before = bare.awaitLink();
        server.kill9();
        Eventually.holds("the link is given up", () -> bare.redis().link() == null);
        assertThatThrownBy(() -> bare.redis().connected().block()).isInstanceOf(RedisUnavailable.class);

        server.restart();

        RedisLink after = bare.awaitLink();
        assertThat(after.runId()).isNotEqualTo(before.runId());
        assertThat(before.isOpen()).isFalse();
    }

    @Test
    void aFrozenRedisIsFoundWithoutAnybodyBuying() {
        RedisLink link = bare.awaitLink();
        server.freeze();
        try {
            Eventually.holds("the heartbeat fails", () -> !link.isOpen());
        } finally {
            server.thaw();
        }
        assertThat(bare.awaitLink().runId()).isEqualTo(link.runId());
    }

    /** An attempt is given up after a while; what the driver was about to open then must not stay open for good. */
    @Test
    void connectionsThatCameTooLateAreClosed() {
        try (var proxy = FaultProxy.inFrontOf(server);
                var beyond = BareRedis.at(proxy.through(server.url()), Duration.ofMillis(300))) {
            long before = clients();
            int connected = proxy.connected();
            proxy.pause();
            Eventually.holds("three attempts are made in vain", () -> proxy.connected() >= connected + 3);
            assertThat(beyond.redis().link()).isNull();
            proxy.resume();

            Eventually.holds(
                    "a link stands, and nothing beside it", () -> beyond.redis().link() != null && clients() == before);
        }
    }

    /** Whichever step of an attempt is under way when it is given up. */
    @Test
    void nothingStaysOpenOfAttemptsThatTakeAboutAsLongAsTheyMay() {
        try (var proxy = FaultProxy.inFrontOf(server);
                var beyond = BareRedis.at(proxy.through(server.url()), Duration.ofMillis(100))) {
            long before = clients();
            for (int millis = 20; millis <= 320; millis += 20) {
                proxy.delay(Duration.ofMillis(millis));
                proxy.cutAll();
                int connected = proxy.connected();
                Eventually.holds("attempts are made", () -> proxy.connected() >= connected + 4);
            }
            proxy.heal();
            Eventually.holds(
                    "a link stands, and nothing beside it", () -> beyond.redis().link() != null && clients() == before);
        }
    }

    private static long clients() {
        return bare.commands().clientList().lines().count();
    }

    @Test
    void changesArriveOnTheSubscription() {
        long sale = bare.openSale(10, 1);
        var restocked = new SaleChange(sale, 1_000_000_002);
        var heard = bare.redis().changes().filter(restocked::equals).next().toFuture();
        bare.run("stock/ledger", List.of(SaleKeys.of(sale).sale()), 1, SaleKeys.CHANGES_CHANNEL, sale, 1, 5, 0);
        assertThat(heard).succeedsWithin(Duration.ofSeconds(20));
    }
}
