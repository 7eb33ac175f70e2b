package flashsale.purchase;

import flashsale.admission.ConcurrencyGate;
import flashsale.admission.Priority;
import flashsale.admission.UserRate;
import flashsale.idempotency.IdempotencyKey;
import flashsale.idempotency.Operations;
import flashsale.order.PostgresWatch;
import flashsale.purchase.PurchaseOutcome.Closed;
import flashsale.purchase.PurchaseOutcome.Degraded;
import flashsale.purchase.PurchaseOutcome.Ended;
import flashsale.purchase.PurchaseOutcome.NotStarted;
import flashsale.purchase.PurchaseOutcome.Paused;
import flashsale.purchase.PurchaseOutcome.RateLimited;
import flashsale.purchase.PurchaseOutcome.ReadOnly;
import flashsale.purchase.PurchaseOutcome.Refused;
import flashsale.purchase.PurchaseOutcome.SoldOut;
import flashsale.sale.SaleView;
import flashsale.sale.degradation.Degradation;
import flashsale.stock.SoldOutLatch;
import io.github.bucket4j.Bucket;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What this node can refuse from its own memory, before a body is read: most taps of a flash sale end here. */
public final class FirstLook {

    private final UserRate rate;
    private final ConcurrencyGate gate;
    private final SoldOutLatch latch;
    private final PostgresWatch postgres;
    private final Degradation degradation;
    private final Winners winners;
    private final UnderWay underWay;
    private final Operations operations;
    private final Clock clock;
    private final Duration windowMargin;
    private final Bucket lookups;
    private final long lookupsPerSecond;
    private final LongAdder notLookedUp = new LongAdder();
    private final PurchaseMeters meters;

    FirstLook(
            UserRate rate,
            ConcurrencyGate gate,
            SoldOutLatch latch,
            PostgresWatch postgres,
            Degradation degradation,
            Winners winners,
            UnderWay underWay,
            Operations operations,
            Clock clock,
            PurchaseSettings settings,
            PurchaseMeters meters) {
        this.rate = rate;
        this.gate = gate;
        this.latch = latch;
        this.postgres = postgres;
        this.degradation = degradation;
        this.winners = winners;
        this.underWay = underWay;
        this.operations = operations;
        this.clock = clock;
        this.windowMargin = settings.windowMargin();
        this.lookupsPerSecond = settings.lookupsPerSecond();
        this.lookups = Bucket.builder()
                .addLimit(limit -> limit.capacity(settings.lookupsPerSecond())
                        .refillGreedy(settings.lookupsPerSecond(), Duration.ofSeconds(1)))
                .build();
        this.meters = meters;
    }

    /**
     * Costs no round trip.
     *
     * @param rawKey the Idempotency-Key header as received, null without one
     * @return null when the purchase may go on to {@link Purchase#buy}
     */
    public @Nullable Refused refuse(long userId, SaleView sale, @Nullable String rawKey) {
        Refused refused = decide(userId, sale, rawKey);
        return refused == null ? null : counted(refused);
    }

    /**
     * Why a tap can be refused without a look at what its key stands for elsewhere: sold out to this buyer, not begun, or
     * too many at once; null for any other. Counts nothing: a tap that is told so goes through {@link #told}.
     */
    public @Nullable Refused hopeless(long userId, SaleView sale, @Nullable String rawKey) {
        Refused state = refuse(userId, sale);
        if (state == null ? !isShed(userId, sale.id(), rawKey) : !isFinal(state)) {
            return null;
        }
        if (hasWon(userId, sale.id())) {
            return null;
        }
        return state != null ? state : shed();
    }

    /** The state of the sale, for a tap that has something else wrong with it: it comes first. Null where it sells. */
    public @Nullable Refused before(long userId, SaleView sale) {
        return hasWon(userId, sale.id()) ? null : refuse(userId, sale);
    }

    private static boolean isFinal(Refused state) {
        return state instanceof SoldOut || state instanceof NotStarted;
    }

    /** What a {@link #hopeless} tap is told, and counted as: it, or that its user taps too often. */
    public Refused told(Refused hopeless, long userId, SaleView sale, @Nullable String rawKey) {
        RateLimited tooOften = countTap(userId, sale, rawKey);
        return counted(tooOften != null ? tooOften : hopeless);
    }

    private Refused counted(Refused refused) {
        if (refused instanceof PurchaseOutcome.Overloaded) {
            gate.turnedAway(Priority.PURCHASE);
        }
        meters.count(refused);
        return refused;
    }

    private @Nullable Refused decide(long userId, SaleView sale, @Nullable String rawKey) {
        RateLimited tooOften = countTap(userId, sale, rawKey);
        if (tooOften != null) {
            return tooOften;
        }
        if (hasWon(userId, sale.id())) {
            return null;
        }
        Refused refused = refuse(userId, sale);
        if (refused == null) {
            return isShed(userId, sale.id(), rawKey) ? shed() : null;
        }
        return rawKey != null && mayStandAlready(refused) && isLookedUp() ? null : refused;
    }

    /** Before its body is read: in an overload that is most taps, and what they cost decides whether it ends. */
    private boolean isShed(long userId, long saleId, @Nullable String rawKey) {
        return gate.isFull(Priority.PURCHASE) && !isReplay(userId, saleId, rawKey);
    }

    private static PurchaseOutcome.Overloaded shed() {
        return new PurchaseOutcome.Overloaded("purchases under way");
    }

    /** Once a tap, whoever refuses it. */
    private @Nullable RateLimited countTap(long userId, SaleView sale, @Nullable String rawKey) {
        UserRate.Exceeded exceeded = rate.take(userId);
        return exceeded == null || isReplay(userId, sale.id(), rawKey)
                ? null
                : new RateLimited(exceeded.perSecond(), exceeded.burst(), exceeded.retryAfter());
    }

    private boolean isLookedUp() {
        boolean may = lookups.tryConsume(1);
        if (!may) {
            notLookedUp.increment();
        }
        return may;
    }

    /** Of this second's lookups, those that were made. */
    long lookedUp() {
        return lookupsPerSecond - lookups.getAvailableTokens();
    }

    /** Taps that were refused without looking whether their purchase stands. */
    long notLookedUp() {
        return notLookedUp.sum();
    }

    /**
     * Whether a purchase made earlier, perhaps through another node, may stand although a new one is refused now. Its
     * buyer's retry is let in to be replayed; {@link Purchase} refuses whatever turns out to be new.
     */
    private static boolean mayStandAlready(Refused refused) {
        return switch (refused) {
            case Paused paused -> true;
            case Ended ended -> true;
            case Closed closed -> true;
            case Degraded degraded -> true;
            case ReadOnly readOnly -> true;
            // The latch knows all winners, and before the start there are none.
            case SoldOut soldOut -> false;
            case NotStarted early -> false;
            case RateLimited limited -> false;
            case PurchaseOutcome.InsufficientStock few -> false;
            case PurchaseOutcome.LimitReached limit -> false;
            case PurchaseOutcome.Overloaded overloaded -> false;
            case PurchaseOutcome.KeyReused reused -> false;
        };
    }

    private @Nullable Refused refuse(long userId, SaleView sale) {
        Instant now = clock.instant();
        if (now.isBefore(sale.sale().startsAt().minus(windowMargin))) {
            return new NotStarted(sale.sale().startsAt());
        }
        if (now.isAfter(sale.sale().endsAt().plus(windowMargin))) {
            return new Ended();
        }
        if (sale.sale().paused()) {
            return new Paused();
        }
        if (!sale.sellable()) {
            return new Closed();
        }
        if (latch.refuses(sale.id(), userId)) {
            return new SoldOut();
        }
        if (!postgres.up()) {
            return new Degraded("orders cannot be written just now");
        }
        String cut = degradation.purchasesCut();
        return cut == null ? null : new ReadOnly(cut);
    }

    private boolean hasWon(long userId, long saleId) {
        return winners.remember(userId, saleId) || (latch.isShut(saleId) && !latch.refuses(saleId, userId));
    }

    /** A tap of a purchase that is under way here, or that this node remembers as won: its answer exists already. */
    private boolean isReplay(long userId, long saleId, @Nullable String rawKey) {
        if (rawKey == null) {
            return false;
        }
        IdempotencyKey key;
        try {
            key = IdempotencyKey.parse(rawKey);
        } catch (IllegalArgumentException malformed) {
            return false;
        }
        UUID orderId = operations.named(userId, saleId, 1, key).orderId();
        return winners.remember(userId, saleId, orderId) || underWay.of(orderId) != null;
    }
}
