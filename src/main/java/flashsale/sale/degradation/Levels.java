package flashsale.sale.degradation;

import flashsale.observability.RareLine;
import flashsale.redis.DegradationKeys;
import flashsale.redis.RedisUnavailable;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What this node knows to be agreed on. It stands in two stores: while one is away the other decides alone, and what differs
 * is settled by {@link Agreed#isNewerThan}. This node's own knowledge counts as much as a store's, so that a Redis that was
 * emptied or put back takes nothing away.
 *
 * <p>Redis is not believed everything. What it says of an end of L2 or L3 counts once PostgreSQL, which is told of an end
 * first, says so too; until it answers the level is held. A seq that is too far above what is known counts never.
 */
final class Levels {

    private static final Logger log = LoggerFactory.getLogger(Levels.class);

    private final RedisLevels redis;
    private final PostgresLevels postgres;
    private final Duration patience;
    private final Consumer<Agreed> onNewLevel;
    private final AtomicReference<@Nullable Agreed> known = new AtomicReference<>();
    private final RareLine refusal = RareLine.every(Duration.ofSeconds(10));
    private final RareLine doubt = RareLine.every(Duration.ofMinutes(1));

    Levels(RedisLevels redis, PostgresLevels postgres, Duration patience, Consumer<Agreed> onNewLevel) {
        this.redis = redis;
        this.postgres = postgres;
        this.patience = patience;
        this.onNewLevel = onNewLevel;
    }

    /** Null until a store has said. */
    @Nullable
    Agreed known() {
        return known.get();
    }

    /** Looks for news; cheap. Lazy, never fails. */
    Mono<Void> follow() {
        return Mono.defer(() -> known.get() == null
                        ? settle()
                        : asked(redis.read())
                                .flatMap(told -> told.map(this::heeded).orElseGet(this::settle))
                                .onErrorResume(away -> asked(postgres.read()).flatMap(told -> told.map(this::compared)
                                        .orElseGet(this::settle))))
                .onErrorResume(away -> {
                    log.debug("No store says which level was agreed on", away);
                    return Mono.empty();
                });
    }

    /** What Redis says. */
    private Mono<Void> heeded(Agreed told) {
        Agreed mine = known.get();
        return told.ends(mine) || told.isFarAbove(mine) ? settle() : compared(told);
    }

    private Mono<Void> compared(Agreed told) {
        Agreed mine = known.get();
        if (mine != null && mine.isNewerThan(told)) {
            return settle();
        }
        adopt(told);
        return Mono.empty();
    }

    /**
     * Looks at both stores, and brings the one that is behind up to what counts. PostgreSQL is asked when Redis has answered:
     * an end that it does not have by then is nobody's. Lazy, never fails.
     */
    Mono<Void> settle() {
        return Mono.defer(() -> {
                    Agreed before = known.get();
                    return asked(redis.history())
                            .onErrorReturn(Optional.empty())
                            .flatMap(inRedis -> asked(postgres.read())
                                    .onErrorReturn(Optional.empty())
                                    .flatMap(inPostgres ->
                                            settle(before, inRedis.orElse(null), inPostgres.orElse(null))));
                })
                .onErrorResume(fault -> {
                    log.warn(
                            "The level of degradation was not brought to both stores; tried again: {}",
                            fault.toString());
                    return Mono.empty();
                });
    }

    private Mono<Void> settle(
            @Nullable Agreed before, RedisLevels.@Nullable History inRedis, @Nullable Agreed inPostgres) {
        if (inPostgres != null) {
            adoptFromPostgres(before, inPostgres);
        }
        Agreed standing = inRedis == null ? null : inRedis.standing();
        boolean refused = standing != null && !adoptFromRedis(standing, inPostgres != null);
        Agreed counts = known.get();
        if (counts == null) {
            return Mono.empty();
        }
        Mono<Void> toPostgres = inPostgres == null || !counts.isNewerThan(inPostgres)
                ? Mono.empty()
                : Flux.fromIterable(missedSince(inPostgres, inRedis, counts))
                        .concatMap(postgres::take)
                        .then();
        return toPostgres.then(inRedis == null ? Mono.empty() : toRedis(counts, standing, refused));
    }

    private Mono<Void> toRedis(Agreed counts, @Nullable Agreed standing, boolean refused) {
        if (refused && standing != null) {
            return redis.takeInsteadOf(standing, counts).then();
        }
        return counts.seq() == 0 || !counts.isNewerThan(standing)
                ? Mono.empty()
                : redis.take(counts).then();
    }

    /** Also against an end that this node had from Redis while PostgreSQL could not be asked. */
    private void adoptFromPostgres(@Nullable Agreed before, Agreed state) {
        if (before != null && before.ends(state) && known.compareAndSet(before, state)) {
            sayRefused(before, state);
            onNewLevel.accept(state);
        } else {
            adopt(state);
        }
    }

    /** False for what is to be overwritten. */
    private boolean adoptFromRedis(Agreed state, boolean postgresWasAsked) {
        Agreed mine = known.get();
        boolean ends = state.ends(mine);
        if (state.isFarAbove(mine) || (ends && postgresWasAsked)) {
            sayRefused(state, mine);
            return false;
        }
        if (!ends) {
            adopt(state);
        } else if (doubt.isDue()) {
            log.warn(
                    "Redis says that {} is over ({}). That counts when PostgreSQL, which cannot be asked, says so too",
                    mine == null ? "it" : mine.level(),
                    state.reason());
        }
        return true;
    }

    private void sayRefused(Agreed state, @Nullable Agreed counts) {
        if (refusal.isDue()) {
            log.error(
                    "Redis said that {} had been agreed on as number {} ({}), which no node did: refused, and overwritten with"
                            + " what is known, {}. Somebody else writes to {} or put it back: see who may (CLIENT LIST,"
                            + " ACL LIST) and change the password",
                    state.level(),
                    state.seq(),
                    state.reason(),
                    counts == null ? "once PostgreSQL says it" : counts.level() + " as number " + counts.seq(),
                    DegradationKeys.STATE);
        }
    }

    /** Every change PostgreSQL has not heard of, as far as Redis remembers, so that each becomes an entry. */
    private static List<Agreed> missedSince(Agreed inPostgres, RedisLevels.@Nullable History inRedis, Agreed counts) {
        Stream<Agreed> remembered = inRedis == null ? Stream.empty() : inRedis.changes().stream();
        return Stream.concat(
                        remembered.filter(change -> change.isNewerThan(inPostgres)
                                && counts.isNewerThan(change)
                                && !change.ends(inPostgres)),
                        Stream.of(counts))
                .toList();
    }

    /**
     * Offers a new state to both stores; answers what counts then, which is another one when another node was quicker. Lazy;
     * fails when neither store takes it.
     */
    Mono<Agreed> propose(Agreed next) {
        return asked(postgres.take(next))
                .onErrorReturn(Optional.empty())
                .flatMap(inPostgres -> offeredToRedis(next, inPostgres.orElse(null)));
    }

    /** The same for an end of L2 or L3, and empty when PostgreSQL does not answer: without its word nobody believes it. */
    Mono<Agreed> end(Agreed next) {
        return asked(postgres.take(next))
                .onErrorReturn(Optional.empty())
                .flatMap(inPostgres -> Mono.justOrEmpty(inPostgres))
                .flatMap(standing -> offeredToRedis(next, standing));
    }

    private Mono<Agreed> offeredToRedis(Agreed next, @Nullable Agreed inPostgres) {
        if (inPostgres != null) {
            adopt(inPostgres);
        }
        return asked(redis.take(inPostgres == null ? next : inPostgres))
                .onErrorReturn(Optional.empty())
                .flatMap(inRedis -> inRedis.map(this::heeded)
                        .orElse(Mono.empty())
                        .then(Mono.defer(() -> {
                            Agreed counts = known.get();
                            return (inPostgres == null && inRedis.isEmpty()) || counts == null
                                    ? Mono.error(new RedisUnavailable("Neither store could be told of the level"))
                                    : Mono.just(counts);
                        })));
    }

    private <T> Mono<Optional<T>> asked(Mono<T> question) {
        return question.timeout(patience).map(Optional::of).defaultIfEmpty(Optional.empty());
    }

    private void adopt(Agreed state) {
        Agreed before = known.getAndUpdate(mine -> state.isNewerThan(mine) ? state : mine);
        if (!state.isNewerThan(before)) {
            return;
        }
        if (before == null ? state.level() != Level.NONE : before.level() != state.level()) {
            onNewLevel.accept(state);
        }
    }
}
