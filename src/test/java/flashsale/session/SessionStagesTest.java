package flashsale.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import flashsale.observability.Stage;
import flashsale.servers.RedisServer;
import flashsale.shop.Stages;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.connection.ReactiveRedisConnection;
import reactor.core.publisher.Mono;

/** Each place of the room where work or memory can wait, filled. */
class SessionStagesTest {

    private static Stages stages(Node node) {
        var registry = new SimpleMeterRegistry();
        node.context().getBean("sessionStages", MeterBinder.class).bindTo(registry);
        return new Stages(registry);
    }

    @Test
    void whenTooManyPasswordsWaitTheNextIsRefused() {
        // A tenth of a second and more each: none is done before the last has come, or only a few.
        var settings = new SessionSettings.Hashing(12, 1, 3);
        try (var passwords = new Passwords(settings, new SecureRandom())) {
            assertThat(passwords.most()).isEqualTo(4);
            List<CompletableFuture<Boolean>> all = Stream.generate(
                            () -> passwords.matches("guess", null).toFuture())
                    .limit(40)
                    .toList();

            assertThat(all)
                    .filteredOn(CompletableFuture::isCompletedExceptionally)
                    .isNotEmpty()
                    .allMatch(refused -> refused.exceptionNow() instanceof QueueFull);
            assertThat(passwords.waiting()).isBetween(1, passwords.most());
            assertThat(passwords.refused()).isBetween(1L, 39L);
            all.forEach(one -> one.exceptionally(full -> false).join());
            Eventually.holds("all are hashed", () -> passwords.waiting() == 0);
        }
    }

    @Test
    void aNodeSaysHowManyPasswordsMayWait() {
        try (Node node = Node.start("flash-sale.session.hashing.threads=2", "flash-sale.session.hashing.queue=5")) {
            assertThat(stages(node).bound(Stage.PASSWORDS)).isEqualTo(12);
        }
    }

    @Test
    void whenTooManyFailuresAreRememberedTheLeastUsedAreForgotten() {
        try (Node node = Node.start("flash-sale.session.throttle.remembered=10")) {
            Stages stages = stages(node);
            LoginThrottle failedLogins = node.context().getBean("failedLogins", LoginThrottle.class);

            IntStream.range(0, 1_000).forEach(i -> failedLogins.failed("user" + i, "10.0.0." + i));

            assertThat(stages.depth(Stage.LOGIN_FAILURES))
                    .as("names and addresses")
                    .isBetween(2L, 20L);
            assertThat(stages.bound(Stage.LOGIN_FAILURES)).isEqualTo(40);
        }
    }

    @Test
    void whenTooManyBadTokensAreRememberedTheLeastUsedAreForgotten() {
        SessionSettings settings = TestKeys.settings("bad-tokens.remembered", "10", "bad-tokens.per-second", "100000");
        try (var tokens = new Tokens(Keyring.of(settings, true), settings, new SettableClock())) {
            IntStream.range(0, 1_000).forEach(i -> tokens.verify("no token " + i));
            assertThat(tokens.badRememberedAbout()).as(Stage.BAD_TOKENS.tag()).isBetween(1L, 10L);
        }
    }

    @Test
    void whenTooManySessionsWaitToBeLookedUpTheNextIsAtItsNextUse() {
        var settings = TestKeys.settings("view.size", "3", "view.ttl", "1h");
        var view = new SessionView(settings, Ticker.systemTicker(), new SettableClock());
        view.heard(Ticker.systemTicker().read());
        for (int i = 0; i < 50; i++) {
            // One that is new and used once pushes another out, whose id stays in the queue.
            view.opened(session("s" + i));
            view.live("s" + i);
        }
        assertThat(view.toRecheck()).as(Stage.SESSION_RECHECKS.tag()).isEqualTo(3);
        assertThat(view.takeUsed(100)).hasSize(3);
        assertThat(view.toRecheck()).isZero();

        view.opened(session("last"));
        view.live("last");

        assertThat(view.takeUsed(100)).containsExactly("last");
    }

    private static LiveSession session(String id) {
        Instant now = SettableClock.START;
        return SessionRecord.live(
                new Session(id, 7, Role.USER, ClientType.APP, "a phone", now, now, now.plusSeconds(3_600)), null);
    }

    @Test
    void whenTooManyCommandsAreInFlightTheNextFailsAtOnce() {
        RedisServer server = RedisServer.start();
        try (Node node = Node.startOn(server, "spring.data.redis.timeout=60s")) {
            Eventually.holds("Redis is reached", node::reachesRedis);
            Stages stages = stages(node);
            int most = SessionRedis.mostInFlight();
            ReactiveRedisConnection redis =
                    node.context().getBean(SessionRedis.class).connections().getReactiveConnection();
            server.freeze();

            List<CompletableFuture<String>> all = Stream.generate(
                            () -> redis.ping().toFuture())
                    .limit(3L * most)
                    .toList();
            Eventually.holds(
                    "one is refused", () -> all.stream().anyMatch(CompletableFuture::isCompletedExceptionally));

            Eventually.holds("the rest are refused too", () -> stages.depth(Stage.SESSION_COMMANDS) <= most);
            assertThat(stages.depth(Stage.SESSION_COMMANDS)).isGreaterThan(most - 10L);
            assertThat(stages.refused(Stage.SESSION_COMMANDS)).isPositive();
            server.thaw();
            all.forEach(one -> Mono.fromFuture(one).onErrorComplete().block());
            Eventually.holds("all are answered", () -> stages.depth(Stage.SESSION_COMMANDS) <= 1);
        } finally {
            server.thaw();
            server.close();
        }
    }
}
