package flashsale.stock;

import flashsale.observability.Trace;
import flashsale.redis.RedisLink;
import flashsale.redis.SaleKeys;
import flashsale.redis.Script;
import flashsale.redis.StockRedis;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Units of a sale, held in Redis. Every method is lazy and fails with {@link flashsale.redis.RedisUnavailable} or Lettuce's exception unless it says otherwise. */
public final class Holds {

    private static final Logger log = LoggerFactory.getLogger(Holds.class);

    private static final Script RELEASE = Script.named("stock/release");
    private static final Script POSITION = Script.named("sale/position");

    /** A new connection stands within some 100 ms when Redis is well. */
    private static final Duration BEFORE_ASKING_AGAIN = Duration.ofMillis(150);

    /** How long past notAfter an unanswered call is followed up here; then the journal and its sweep take over. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final StockRedis redis;
    private final StockLevels levels;
    private final Clock clock;
    private final StockSettings settings;
    private final IntConsumer batchSizes;
    private final HoldScript script;
    private final Map<Long, HoldQueue> queues = new ConcurrentHashMap<>();

    Holds(
            StockRedis redis,
            StockLevels levels,
            Clock clock,
            StockSettings settings,
            AttemptRate rate,
            IntConsumer batchSizes) {
        this.redis = redis;
        this.levels = levels;
        this.clock = clock;
        this.settings = settings;
        this.batchSizes = batchSizes;
        this.script = new HoldScript(settings.fingerprintLife().toMillis(), rate);
    }

    /** As these, with a view of the stock of their own, and counted by no meter: for what is no sale. */
    public Holds uncounted() {
        return new Holds(redis, new StockLevels(), clock, settings, AttemptRate.UNLIMITED, size -> {});
    }

    /**
     * Holds units. Never fails. {@link HoldReply.Unanswered} comes only after Redis was asked again, by the same
     * operation id, for as long as the call may still run and some seconds more.
     */
    public Mono<HoldReply> hold(HoldRequest request) {
        return hold(request, null);
    }

    /** @param trace to be told of the way through Redis; null for none */
    public Mono<HoldReply> hold(HoldRequest request, @Nullable Trace trace) {
        return queue(request.saleId())
                .add(request, trace)
                .flatMap(reply -> reply instanceof HoldReply.Unanswered
                        ? askAgain(request.askedAgain(), trace)
                        : Mono.just(reply));
    }

    /** What was sent may have been executed: only an answer about this very operation ends the doubt. */
    private Mono<HoldReply> askAgain(HoldRequest request, @Nullable Trace trace) {
        if (clock.millis() > request.notAfter() + PATIENCE.toMillis()) {
            return Mono.just(new HoldReply.Unanswered());
        }
        return Mono.delay(BEFORE_ASKING_AGAIN)
                .then(Mono.defer(() -> queue(request.saleId()).add(request, trace)))
                .flatMap(reply -> switch (reply) {
                    case HoldReply.Held held -> Mono.just(new HoldReply.Held(held.hold(), false));
                    case HoldReply.Unanswered again -> askAgain(request, trace);
                    case HoldReply.Closed away -> askAgain(request, trace);
                    case HoldReply.Full full -> askAgain(request, trace);
                    case HoldReply.Settled settled -> Mono.just(settled);
                    case HoldReply.KeyReused reused -> Mono.just(reused);
                    case HoldReply.SoldOut none -> Mono.just(none);
                    case HoldReply.Insufficient few -> Mono.just(few);
                    case HoldReply.LimitReached limit -> Mono.just(limit);
                    case HoldReply.RateLimited limited -> Mono.just(limited);
                    case HoldReply.NotStarted early -> Mono.just(early);
                    case HoldReply.Ended late -> Mono.just(late);
                    case HoldReply.Paused paused -> Mono.just(paused);
                    case HoldReply.Expired expired -> Mono.just(expired);
                });
    }

    /** Takes back holds of one sale and epoch whose tombstones are committed. Idempotent. */
    public Mono<Void> release(List<Release> releases) {
        if (releases.isEmpty()) {
            return Mono.empty();
        }
        Hold first = releases.getFirst().hold();
        List<String> arguments = new ArrayList<>(
                List.of(Long.toString(first.epoch()), SaleKeys.CHANGES_CHANNEL, Long.toString(first.saleId())));
        for (Release release : releases) {
            arguments.add(release.hold().orderId().toString());
            arguments.add(release.hold().mark());
            arguments.add(release.giveBack() ? "1" : "0");
            arguments.add(Long.toString(release.committedUnits()));
        }
        SaleKeys keys = SaleKeys.of(first.saleId());
        return redis.connected()
                .flatMap(link -> link.call(
                        RELEASE, new String[] {keys.sale(), keys.journal()}, arguments.toArray(String[]::new)))
                .doOnNext(reply -> levels.was(first.saleId(), first.epoch(), (Long) reply.get(1), (Long) reply.get(0)))
                .then();
    }

    /** Where the sale stands in Redis; empty when Redis does not have it. Lists the journal up to {@code most} holds. */
    public Mono<Position> position(long saleId, int most) {
        return redis.connected().flatMap(link -> position(link, saleId, most));
    }

    public Mono<Position> position(RedisLink link, long saleId, int most) {
        SaleKeys keys = SaleKeys.of(saleId);
        return link.call(POSITION, new String[] {keys.sale(), keys.journal(), keys.replays()}, Integer.toString(most))
                .filter(reply -> !reply.isEmpty())
                .map(reply -> Position.of(saleId, reply));
    }

    /**
     * All holds of the sale without an order, page by page; those that come or go meanwhile may be missed.
     *
     * @param unreadable is told of what cannot be read instead, on Redis's event loop
     */
    public Flux<Hold> journal(long saleId, Consumer<UnreadableHold> unreadable) {
        return redis.connected()
                .flatMapMany(link -> link.fields(SaleKeys.of(saleId).journal()))
                .mapNotNull(entry -> {
                    Hold hold =
                            Hold.read(saleId, entry.getKey(), entry.getValue()).orElse(null);
                    if (hold == null) {
                        unreadable.accept(new UnreadableHold(saleId, entry.getKey(), entry.getValue()));
                    }
                    return hold;
                });
    }

    /** The hold of this purchase, as long as it is not an order; empty also where its entry cannot be read. */
    public Mono<Hold> find(long saleId, UUID orderId) {
        return redis.connected()
                .flatMap(link -> link.field(SaleKeys.of(saleId).journal(), orderId.toString()))
                .flatMap(entry -> Mono.justOrEmpty(Hold.read(saleId, orderId.toString(), entry)));
    }

    /** The body hash of what this operation held or ordered, as far as Redis remembers it. */
    public Mono<String> bodyOf(long saleId, UUID operation) {
        SaleKeys keys = SaleKeys.of(saleId);
        return find(saleId, operation)
                .map(Hold::bodyHash)
                // Settled is one atomic step: who was not in the journal any more is in the replays already.
                .switchIfEmpty(redis.connected().flatMap(link -> link.field(keys.replays(), operation.toString())));
    }

    /** Units the user has taken in the sale, held and ordered together. */
    public Mono<Long> unitsOf(long saleId, long userId) {
        return redis.connected()
                .flatMap(link -> link.field(SaleKeys.of(saleId).sale(), "b:" + userId))
                .map(Long::parseLong)
                .defaultIfEmpty(0L);
    }

    public boolean reachable() {
        return redis.link() != null;
    }

    /** What to add to this node's time in ms to get Redis's; 0 while there is no connection. */
    public long clockOffset() {
        RedisLink link = redis.link();
        return link == null ? 0 : link.clockOffset();
    }

    /** Buyers waiting for a script call, over all sales. */
    public int waiting() {
        return queues.values().stream().mapToInt(HoldQueue::depth).sum();
    }

    private HoldQueue queue(long saleId) {
        return queues.computeIfAbsent(saleId, id -> {
            log.debug("First purchase of sale {} on this node", id);
            return new HoldQueue(id, redis, script, levels, clock, settings, batchSizes);
        });
    }
}
