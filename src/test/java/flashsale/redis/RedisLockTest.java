package flashsale.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import flashsale.servers.FaultProxy;
import flashsale.servers.RedisServer;
import flashsale.shop.Eventually;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** One owner at a time, as long as he works, and no longer. */
class RedisLockTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** Nothing here waits for it to end. */
    private static final Duration LONG = Duration.ofMinutes(10);

    private static RedisServer server;
    private static BareRedis bare;

    private final String key = LockKeys.warmUp(bare.newSale());
    private final RedisLock lock = new RedisLock(bare.redis(), LONG);
    private final RedisLock another = new RedisLock(bare.redis(), LONG);
    private final Sinks.One<String> end = Sinks.one();

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

    private String ownerOfTheLock() {
        return bare.commands().get(key);
    }

    private void awaitTaken() {
        Eventually.holds("the lock is taken", () -> ownerOfTheLock() != null);
    }

    @Test
    void anotherOwnerDoesWhatThereIsToDoInstead() {
        var begun = new AtomicInteger();
        Mono<String> second =
                another.holding(key, Mono.fromSupplier(() -> "work " + begun.incrementAndGet()), Mono.just("taken"));
        var first = lock.holding(key, end.asMono(), Mono.just("taken")).toFuture();
        awaitTaken();

        assertThat(second.block(PATIENCE)).isEqualTo("taken");
        assertThat(lock.holding(key, Mono.just("work"), Mono.just("taken")).block(PATIENCE))
                .as("another call of the same node is another owner")
                .isEqualTo("taken");
        assertThat(begun).hasValue(0);

        end.tryEmitValue("done");
        assertThat(first).succeedsWithin(PATIENCE).isEqualTo("done");
        assertThat(second.block(PATIENCE)).isEqualTo("work 1");
    }

    enum End {
        VALUE,
        NOTHING,
        ERROR,
        CANCEL
    }

    @ParameterizedTest
    @EnumSource
    void itIsGivenBackInEveryEnd(End how) {
        var working = lock.holding(key, end.asMono(), Mono.just("taken")).subscribe(value -> {}, fault -> {});
        awaitTaken();
        assertThat(bare.commands().pttl(key)).isBetween(1L, LONG.toMillis());
        switch (how) {
            case VALUE -> end.tryEmitValue("done");
            case NOTHING -> end.tryEmitEmpty();
            case ERROR -> end.tryEmitError(new IllegalStateException("the work failed"));
            case CANCEL -> working.dispose();
        }
        Eventually.holds("it is free", () -> ownerOfTheLock() == null);
        assertThat(end.currentSubscriberCount()).isZero();
    }

    @Test
    void itIsRenewedWhileTheWorkGoesOn() {
        Duration lease = Duration.ofSeconds(6);
        var working = new RedisLock(bare.redis(), lease)
                .holding(key, end.asMono(), Mono.just("taken"))
                .toFuture();
        awaitTaken();
        var lowest = new AtomicReference<>(lease.toMillis());
        Eventually.holds("what is left of the lease grows", () -> {
            long left = bare.commands().pttl(key);
            return left > lowest.getAndUpdate(low -> Math.min(low, left)) + 500;
        });
        end.tryEmitValue("done");
        assertThat(working).succeedsWithin(PATIENCE).isEqualTo("done");
        assertThat(ownerOfTheLock()).isNull();
    }

    @Test
    void anOwnerWhoLostItEndsHisWorkAndFreesNothing() {
        Duration lease = Duration.ofMillis(300);
        var working = new RedisLock(bare.redis(), lease)
                .holding(key, end.asMono(), Mono.just("taken"))
                .toFuture();
        awaitTaken();
        bare.commands().set(key, "somebody else");
        // Several renewals would have come by.
        Mono.delay(lease.multipliedBy(3)).block();
        assertThat(ownerOfTheLock()).isEqualTo("somebody else");
        assertThat(bare.commands().pttl(key)).as("not renewed for another").isEqualTo(-1);

        end.tryEmitValue("done");
        assertThat(working).succeedsWithin(PATIENCE).isEqualTo("done");
        assertThat(ownerOfTheLock()).isEqualTo("somebody else");
    }

    @Test
    void aLockWhoseAnswerWasNeverHeardIsGivenBackToo() {
        try (var proxy = FaultProxy.inFrontOf(server);
                var beyond = BareRedis.at(proxy.through(server.url()), Duration.ofSeconds(20))) {
            var behind = new RedisLock(beyond.redis(), LONG);
            // So that Redis knows the scripts, and each call is one request.
            assertThat(behind.holding(key, Mono.just("work"), Mono.empty()).block(PATIENCE))
                    .isEqualTo("work");
            proxy.onRequest(Script.named("lock/take").sha1()).holdAnswers();
            var working = behind.holding(key, end.asMono(), Mono.empty()).subscribe();
            awaitTaken();
            assertThat(end.currentSubscriberCount()).isZero();
            working.dispose();
            Eventually.holds("it is free", () -> ownerOfTheLock() == null);
            proxy.heal();
        }
    }

    @Test
    void withoutRedisTheWorkIsNotBegun() {
        try (var proxy = FaultProxy.inFrontOf(server);
                var beyond = BareRedis.at(proxy.through(server.url()), Duration.ofMillis(300))) {
            proxy.pause();
            Eventually.holds("there is no link", () -> beyond.redis().link() == null);
            var begun = new AtomicInteger();
            assertThatThrownBy(() -> new RedisLock(beyond.redis(), LONG)
                            .holding(key, Mono.fromSupplier(begun::incrementAndGet), Mono.empty())
                            .block(PATIENCE))
                    .isInstanceOf(RedisUnavailable.class);
            assertThat(begun).hasValue(0);
            proxy.heal();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"without an expiry", "for longer than a lease", "of another type"})
    void whatNoOwnerCanHaveWrittenIsTakenOver(String how) {
        switch (how) {
            case "without an expiry" -> bare.commands().set(key, "nobody");
            case "for longer than a lease" -> bare.commands().psetex(key, LONG.toMillis() * 2, "nobody");
            default -> bare.commands().rpush(key, "nobody");
        }
        var working = lock.holding(key, end.asMono(), Mono.just("taken")).toFuture();
        Eventually.holds("the work is begun", () -> end.currentSubscriberCount() == 1 || working.isDone());
        assertThat(working).isNotDone();
        assertThat(bare.commands().pttl(key)).isBetween(1L, LONG.toMillis());
        assertThat(another.holding(key, Mono.just("work"), Mono.just("taken")).block(PATIENCE))
                .as("and not from whoever took it over")
                .isEqualTo("taken");
        end.tryEmitValue("done");
        assertThat(working).succeedsWithin(PATIENCE).isEqualTo("done");
        assertThat(bare.commands().exists(key)).isZero();
    }

    @Test
    void theScriptsCompareOwnersAndMayBeRepeated() {
        List<String> keys = List.of(key);
        assertThat(bare.run("lock/renew", keys, "one", 1_000)).as("nobody's").containsExactly(0L);
        assertThat(bare.run("lock/release", keys, "one")).containsExactly(0L);

        assertThat(bare.run("lock/take", keys, "one", 60_000)).containsExactly(1L, 60_000L);
        assertThat(bare.run("lock/take", keys, "one", 90_000).getFirst())
                .as("an answer that was lost is heard the second time")
                .isEqualTo(1L);
        assertThat(bare.commands().pttl(key)).as("taking is not renewing").isLessThanOrEqualTo(60_000);

        List<Object> refused = bare.run("lock/take", keys, "two", 60_000);
        assertThat(refused.getFirst()).isEqualTo(0L);
        assertThat((Long) refused.getLast()).isBetween(1L, 60_000L);
        assertThat(bare.run("lock/renew", keys, "two", 90_000)).containsExactly(0L);
        assertThat(bare.run("lock/release", keys, "two")).containsExactly(0L);
        assertThat(ownerOfTheLock()).isEqualTo("one");
        assertThat(bare.commands().pttl(key)).isLessThanOrEqualTo(60_000);

        assertThat(bare.run("lock/renew", keys, "one", 90_000)).containsExactly(1L);
        assertThat(bare.commands().pttl(key)).isGreaterThan(60_000);
        assertThat(bare.run("lock/release", keys, "one")).containsExactly(1L);
        assertThat(bare.run("lock/release", keys, "one")).containsExactly(0L);
        assertThat(ownerOfTheLock()).isNull();
    }
}
