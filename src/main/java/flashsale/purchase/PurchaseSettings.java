package flashsale.purchase;

import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * The pipeline of purchases.
 *
 * @param underWay most purchases a node has under way; the next is refused as overloaded, before Redis is touched
 * @param joinedTaps most taps that wait for the end of a purchase which another tap of the same key began; the next is told
 *     202 at once. Honest clients repeat a tap a few times at most
 * @param answerWithin after this long the buyer is told 202; the contract's deadline is 3 s, the rest is for writing
 *     down what was not answered
 * @param holdWithin a script call that reaches Redis later than this after the tap changes nothing
 * @param lookupsPerSecond taps with a key that a node lets in a second although the sale is paused, over or closed, or
 *     PostgreSQL away: one of them may be the retry of a purchase that stands, and each costs a round trip
 * @param oneRateOverAllNodes whether the rate of a user is also counted in Redis, where all nodes meet; without it n nodes
 *     allow n times as much
 * @param windowMargin a node decides about a sale's window by what it knows of Redis's clock only this far from its edges;
 *     closer, Redis does
 */
@Validated
@ConfigurationProperties("flash-sale.purchase")
record PurchaseSettings(
        @DefaultValue("4096") @Min(1) int underWay,
        @DefaultValue("8192") @Min(1) int joinedTaps,
        @DefaultValue("2500ms") Duration answerWithin,
        @DefaultValue("2s") Duration holdWithin,
        @DefaultValue("500") @Min(1) int lookupsPerSecond,
        @DefaultValue("true") boolean oneRateOverAllNodes,
        @DefaultValue("2s") Duration windowMargin) {}
