package flashsale.sale.degradation;

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
 */
final class Levels {

    private static final Logger log = LoggerFactory.getLogger(Levels.class);

    private final RedisLevels redis;
    private final PostgresLevels postgres;
    private final Duration patience;
    private final Consumer<Agreed> onNewLevel;
    private final AtomicReference<@Nullable Agreed> known = new AtomicReference<>();

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
                                .flatMap(told -> told.map(this::compared).orElseGet(this::settle))
                                .onErrorResume(away -> asked(postgres.read()).flatMap(told -> told.map(this::compared)
                                        .orElseGet(this::settle))))
                .onErrorResume(away -> {
                    log.debug("No store says which level was agreed on", away);
                    return Mono.empty();
                });
    }

    private Mono<Void> compared(Agreed told) {
        Agreed mine = known.get();
        if (mine != null && mine.isNewerThan(told)) {
            return settle();
        }
        adopt(told);
        return Mono.empty();
    }

    /** Looks at both stores, and brings the one that is behind up to what counts. Lazy, never fails. */
    Mono<Void> settle() {
        Mono<Optional<RedisLevels.History>> inRedis = asked(redis.history()).onErrorReturn(Optional.empty());
        Mono<Optional<Agreed>> inPostgres = asked(postgres.read()).onErrorReturn(Optional.empty());
        return Mono.zip(inRedis, inPostgres)
                .flatMap(both -> settle(both.getT1().orElse(null), both.getT2().orElse(null)))
                .onErrorResume(fault -> {
                    log.warn(
                            "The level of degradation was not brought to both stores; tried again: {}",
                            fault.toString());
                    return Mono.empty();
                });
    }

    private Mono<Void> settle(RedisLevels.@Nullable History inRedis, @Nullable Agreed inPostgres) {
        Agreed standing = inRedis == null ? null : inRedis.standing();
        Stream.of(Optional.ofNullable(standing), Optional.ofNullable(inPostgres))
                .flatMap(Optional::stream)
                .forEach(this::adopt);
        Agreed counts = known.get();
        if (counts == null) {
            return Mono.empty();
        }
        Mono<Void> toPostgres = inPostgres == null || !counts.isNewerThan(inPostgres)
                ? Mono.empty()
                : Flux.fromIterable(missedSince(inPostgres, inRedis, counts))
                        .concatMap(postgres::take)
                        .then();
        Mono<Void> toRedis = inRedis == null || counts.seq() == 0 || !counts.isNewerThan(standing)
                ? Mono.empty()
                : redis.take(counts).then();
        return toPostgres.then(toRedis);
    }

    /** Every change PostgreSQL has not heard of, as far as Redis remembers, so that each becomes an entry. */
    private static List<Agreed> missedSince(Agreed inPostgres, RedisLevels.@Nullable History inRedis, Agreed counts) {
        Stream<Agreed> remembered = inRedis == null ? Stream.empty() : inRedis.changes().stream();
        return Stream.concat(
                        remembered.filter(change -> change.isNewerThan(inPostgres) && counts.isNewerThan(change)),
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
                .flatMap(first -> asked(redis.take(first.orElse(next)))
                        .onErrorReturn(Optional.empty())
                        .map(second -> Stream.of(first, second)
                                .flatMap(Optional::stream)
                                .toList()))
                .flatMap(standing -> {
                    standing.forEach(this::adopt);
                    Agreed counts = known.get();
                    return standing.isEmpty() || counts == null
                            ? Mono.error(new RedisUnavailable("Neither store could be told of the level"))
                            : Mono.just(counts);
                });
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
