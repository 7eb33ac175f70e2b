package flashsale.web;

import flashsale.purchase.PurchaseOutcome;
import java.time.Duration;

/** The refusals of a purchase as problems. */
final class PurchaseProblems {

    private static final Problem SOLD_OUT =
            Problem.of(ProblemType.SOLD_OUT, "All units are sold or held. Units that are given back sell again.");
    private static final Problem ENDED = Problem.of(ProblemType.SALE_ENDED, "This sale is over.");
    private static final Problem PAUSED =
            Problem.of(ProblemType.SALE_PAUSED, "Nobody can buy until the sale is resumed.");
    private static final Problem CLOSED =
            Problem.of(ProblemType.SALE_CLOSED, "Its stock is not known for certain just now. Nothing was bought.");
    private static final Problem OVERLOADED =
            Problem.of(ProblemType.OVERLOADED, "Too many purchases wait already. Nothing was bought; try again.");
    private static final Problem KEY_REUSED = Problem.of(
            ProblemType.IDEMPOTENCY_KEY_REUSED, "This Idempotency-Key stands for a purchase with another body.");

    private static final Problem READ_ONLY = Problem.of(
            ProblemType.DEGRADED,
            "Sales are shown but not sold just now. This attempt bought nothing; repeat it with the same key.");

    /** Until somebody has looked at it: who comes back every second would only be in the way. */
    private static final Duration WHILE_READ_ONLY = Duration.ofSeconds(10);

    private final RetryAfter retryAfter;

    PurchaseProblems(RetryAfter retryAfter) {
        this.retryAfter = retryAfter;
    }

    Problem of(PurchaseOutcome.Refused refused) {
        return switch (refused) {
            case PurchaseOutcome.SoldOut soldOut -> SOLD_OUT;
            case PurchaseOutcome.InsufficientStock few ->
                Problem.of(ProblemType.INSUFFICIENT_STOCK, "Units left: " + few.available() + ".")
                        .with("available", few.available());
            case PurchaseOutcome.LimitReached reached ->
                Problem.of(ProblemType.LIMIT_REACHED, "One buyer may have " + reached.perUserLimit() + ".")
                        .with("perUserLimit", reached.perUserLimit());
            case PurchaseOutcome.NotStarted early ->
                Problem.of(ProblemType.SALE_NOT_STARTED, "It starts at " + early.startsAt() + ".")
                        .with("startsAt", early.startsAt());
            case PurchaseOutcome.Ended ended -> ENDED;
            case PurchaseOutcome.Paused paused -> PAUSED;
            case PurchaseOutcome.Closed closed -> retryAfter.store(CLOSED);
            case PurchaseOutcome.Degraded degraded ->
                retryAfter.store(Problem.of(
                        ProblemType.DEGRADED,
                        "A store is away. This attempt bought nothing; repeat it with the same key."));
            case PurchaseOutcome.ReadOnly readOnly -> retryAfter.on(READ_ONLY, WHILE_READ_ONLY);
            case PurchaseOutcome.Overloaded overloaded -> retryAfter.overloaded(OVERLOADED);
            case PurchaseOutcome.KeyReused reused -> KEY_REUSED;
            case PurchaseOutcome.RateLimited limited -> rateLimited(limited);
        };
    }

    private Problem rateLimited(PurchaseOutcome.RateLimited limited) {
        return retryAfter.limited(
                "purchase",
                limited.perSecond() + " purchases a second, " + limited.burst() + " at once, no more.",
                limited.perSecond(),
                limited.burst(),
                limited.retryAfter());
    }
}
