package flashsale.order;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Orders in PostgreSQL.
 *
 * @param largestCommit most orders in one transaction; beyond some hundred a bigger one gains nothing and makes the
 *     buyers in it wait
 * @param commitEvery least time between two transactions of a sale: holds within it share one; a lone hold does not wait
 * @param waiting most holds of one sale waiting for a commit; more are left to the sweep
 * @param payWithin how long a buyer has to pay
 * @param commitPatience how long a commit is tried again while PostgreSQL cannot be reached; within the 3 s deadline
 * @param sweepEvery how often each node looks for holds that nobody finished
 * @param sweepAfter how old, in Redis's time, a hold must be before the sweep takes it: longer than a purchase takes
 * @param pingEvery how often PostgreSQL is asked whether it is there
 * @param pingTimeout no answer for this long means it is not
 * @param tellEvery least time between two messages to the other nodes about orders that changed
 * @param rereadEvery how often an order that somebody watches is read again, in case a message was lost
 * @param watchAfterEnd how long an order that is over is still watched: money may come late, or go back
 */
@Validated
@ConfigurationProperties("flash-sale.order")
record OrderSettings(
        @DefaultValue("256") @Min(1) @Max(5000) int largestCommit,
        @DefaultValue("2ms") Duration commitEvery,
        @DefaultValue("4096") @Min(1) int waiting,
        @DefaultValue("15m") Duration payWithin,
        @DefaultValue("2s") Duration commitPatience,
        @DefaultValue("1s") Duration sweepEvery,
        @DefaultValue("2s") Duration sweepAfter,
        @DefaultValue("500ms") Duration pingEvery,
        @DefaultValue("1500ms") Duration pingTimeout,
        @DefaultValue("10ms") Duration tellEvery,
        @DefaultValue("15s") Duration rereadEvery,
        @DefaultValue("60s") Duration watchAfterEnd) {}
