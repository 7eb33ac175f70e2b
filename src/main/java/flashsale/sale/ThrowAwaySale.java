package flashsale.sale;

import flashsale.redis.RedisLink;
import flashsale.redis.SaleKeys;
import flashsale.redis.Script;
import flashsale.redis.StockRedis;
import flashsale.stock.Hold;
import flashsale.stock.HoldReply;
import flashsale.stock.HoldRequest;
import flashsale.stock.Holds;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.random.RandomGenerator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A sale that stands in Redis only, for the time of one rehearsal: no row, no page and no node knows it. Its id is
 * negative and drawn by chance, so that nodes that start together rehearse apart.
 */
public final class ThrowAwaySale {

    private static final Script THROW_AWAY = Script.named("sale/throw-away");

    /** What is left behind by a node that dies meanwhile ends by itself. */
    private static final Duration LIFE = Duration.ofMinutes(1);

    private static final long EPOCH = 1;

    /** As long as the hex of a SHA-256. */
    private static final String HASH = "0".repeat(64);

    private final StockRedis redis;
    private final SaleScripts scripts;
    private final Holds holds;
    private final Clock clock;
    private final RandomGenerator random;

    /** @param holds counted by no meter */
    ThrowAwaySale(StockRedis redis, SaleScripts scripts, Holds holds, Clock clock, RandomGenerator random) {
        this.redis = redis;
        this.scripts = scripts;
        this.holds = holds;
        this.clock = clock;
        this.random = random;
    }

    /**
     * Opens a sale, takes {@code buyers} units of it, one each, in rounds of {@code atOnce}, and removes it, also when it
     * fails or is cancelled. Lazy; the holds of each round.
     */
    public Flux<List<Hold>> sold(int buyers, int atOnce) {
        return Flux.usingWhen(
                redis.connected().map(link -> new Standing(link, -1 - random.nextInt(Integer.MAX_VALUE))),
                sale -> open(sale, buyers)
                        .thenMany(Flux.range(0, buyers))
                        .buffer(atOnce)
                        .concatMap(round -> hold(sale, round), 1),
                sale -> live(sale, Duration.ZERO));
    }

    private record Standing(RedisLink link, long id) {}

    private Mono<Void> open(Standing sale, int stock) {
        Instant now = clock.instant();
        Sale nobodys = new Sale(sale.id(), "rehearsal", 1, "CNY", now.minus(LIFE), now.plus(LIFE), 1, false);
        Listed listed = new Listed(
                nobodys, stock, 0, EPOCH, SalePhase.SEEDING, sale.link().runId(), 1);
        return scripts.preheat(sale.link(), new Epochs.Seed(listed, stock, 0))
                .then(live(sale, LIFE))
                .then(Mono.defer(() -> scripts.enter(sale.link(), sale.id(), EPOCH, "seeding", "open")))
                .then();
    }

    private Mono<List<Hold>> hold(Standing sale, List<Integer> buyers) {
        return Flux.fromIterable(buyers)
                .flatMap(buyer -> holds.hold(request(sale, buyer)), buyers.size())
                .ofType(HoldReply.Held.class)
                .map(HoldReply.Held::hold)
                .collectList()
                .filter(held -> !held.isEmpty())
                // The journal is there by now, and must not outlive the rest.
                .delayUntil(held -> live(sale, LIFE));
    }

    private HoldRequest request(Standing sale, int buyer) {
        long user = -1L - buyer;
        return new HoldRequest(
                new UUID(sale.id(), user),
                sale.id(),
                EPOCH,
                sale.link().runId(),
                user,
                1,
                clock.millis() + LIFE.toMillis(),
                HASH,
                HASH,
                null,
                false);
    }

    private static Mono<Void> live(Standing sale, Duration life) {
        SaleKeys keys = SaleKeys.of(sale.id());
        return sale.link()
                .call(
                        THROW_AWAY,
                        new String[] {keys.sale(), keys.journal(), keys.replays(), keys.evenRates(), keys.oddRates()},
                        Long.toString(life.toMillis()))
                .then();
    }
}
