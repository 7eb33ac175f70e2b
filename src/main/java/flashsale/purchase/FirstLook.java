package flashsale.purchase;

import flashsale.admission.ConcurrencyGate;
import flashsale.admission.Priority;
import flashsale.admission.UserRate;
import flashsale.idempotency.IdempotencyKey;
import flashsale.idempotency.Operations;
import flashsale.purchase.PurchaseOutcome.Closed;
import flashsale.purchase.PurchaseOutcome.Degraded;
import flashsale.purchase.PurchaseOutcome.Ended;
import flashsale.purchase.PurchaseOutcome.InsufficientStock;
import flashsale.purchase.PurchaseOutcome.KeyReused;
import flashsale.purchase.PurchaseOutcome.LimitReached;
import flashsale.purchase.PurchaseOutcome.NotStarted;
import flashsale.purchase.PurchaseOutcome.Overloaded;
import flashsale.purchase.PurchaseOutcome.Paused;
import flashsale.purchase.PurchaseOutcome.RateLimited;
import flashsale.purchase.PurchaseOutcome.ReadOnly;
import flashsale.purchase.PurchaseOutcome.Refused;
import flashsale.purchase.PurchaseOutcome.SoldOut;
import flashsale.sale.SaleView;
import flashsale.stock.SoldOutLatch;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What this node can refuse from its own memory, before a body is read: most taps of a flash sale end here. */
public final class FirstLook {

    private final UserRate rate;
    private final ConcurrencyGate gate;
    private final StateCheck state;
    private final SoldOutLatch latch;
    private final Winners winners;
    private final Pipeline pipeline;
    private final Operations operations;
    private final LookupBudget lookups;
    private final PurchaseMeters meters;

    FirstLook(
            UserRate rate,
            ConcurrencyGate gate,
            StateCheck state,
            SoldOutLatch latch,
            Winners winners,
            Pipeline pipeline,
            Operations operations,
            LookupBudget lookups,
            PurchaseMeters meters) {
        this.rate = rate;
        this.gate = gate;
        this.state = state;
        this.latch = latch;
        this.winners = winners;
        this.pipeline = pipeline;
        this.operations = operations;
        this.lookups = lookups;
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

    private @Nullable Refused decide(long userId, SaleView sale, @Nullable String rawKey) {
        RateLimited tooOften = countTap(userId, sale, rawKey);
        if (tooOften != null) {
            return tooOften;
        }
        if (hasWon(userId, sale.id())) {
            return null;
        }
        Refused refused = state.refuse(userId, sale);
        if (refused == null) {
            return isShed(userId, sale.id(), rawKey) ? shed() : null;
        }
        return rawKey != null && mayStandAlready(refused) && lookups.take() ? null : refused;
    }

    /**
     * Why a tap can be refused without a look at what its key stands for elsewhere: sold out to this buyer, not begun, or
     * too many at once; null for any other. Counts nothing: a tap that is told so goes through {@link #told}.
     */
    public @Nullable Refused hopeless(long userId, SaleView sale, @Nullable String rawKey) {
        Refused refused = state.refuse(userId, sale);
        if (refused == null ? !isShed(userId, sale.id(), rawKey) : mayStandAlready(refused)) {
            return null;
        }
        if (hasWon(userId, sale.id())) {
            return null;
        }
        return refused != null ? refused : shed();
    }

    /** What a {@link #hopeless} tap is told, and counted as: it, or that its user taps too often. */
    public Refused told(Refused hopeless, long userId, SaleView sale, @Nullable String rawKey) {
        RateLimited tooOften = countTap(userId, sale, rawKey);
        return counted(tooOften != null ? tooOften : hopeless);
    }

    /** Of a tap that comes to no look, because a store that would tell its buyer or its sale is away: counted here alone. */
    public void storeAway() {
        meters.count(new Degraded("the buyer or the sale cannot be looked up just now"));
    }

    /** The state of the sale, for a tap that has something else wrong with it: it comes first. Null where it sells. */
    public @Nullable Refused stateOf(SaleView sale, long userId) {
        return hasWon(userId, sale.id()) ? null : state.refuse(userId, sale);
    }

    private Refused counted(Refused refused) {
        if (refused instanceof Overloaded) {
            gate.turnedAway(Priority.PURCHASE);
        }
        meters.count(refused);
        return refused;
    }

    /** Once a tap, whoever refuses it. */
    private @Nullable RateLimited countTap(long userId, SaleView sale, @Nullable String rawKey) {
        UserRate.Exceeded exceeded = rate.take(userId);
        return exceeded == null || isReplay(userId, sale.id(), rawKey)
                ? null
                : new RateLimited(exceeded.perSecond(), exceeded.burst(), exceeded.retryAfter());
    }

    private boolean hasWon(long userId, long saleId) {
        return winners.remember(userId, saleId) || (latch.isShut(saleId) && !latch.refuses(saleId, userId));
    }

    /** Before its body is read: in an overload that is most taps, and what they cost decides whether it ends. */
    private boolean isShed(long userId, long saleId, @Nullable String rawKey) {
        return gate.isFull(Priority.PURCHASE) && !isReplay(userId, saleId, rawKey);
    }

    private static Overloaded shed() {
        return new Overloaded("purchases under way");
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
        return winners.remember(userId, saleId, orderId) || pipeline.of(orderId) != null;
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
            case InsufficientStock few -> false;
            case LimitReached limit -> false;
            case Overloaded overloaded -> false;
            case KeyReused reused -> false;
        };
    }
}
