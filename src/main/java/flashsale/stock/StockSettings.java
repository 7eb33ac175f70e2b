package flashsale.stock;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Holds in Redis.
 *
 * @param largestBatch most buyers in one script call; the script unpacks them onto Lua's stack, which ends near 8,000
 * @param batchEvery least time between two script calls of a sale: buyers within it share one, which costs Redis and
 *     this node a fraction; a lone buyer does not wait
 * @param settleEvery the same for taking finished holds out of the journal, which nobody waits for
 * @param waiting most buyers of one sale waiting for a script call; more are refused as overloaded
 * @param fingerprintLife taps without a key and with the same body are one purchase for this long, from the first
 * @param latchCapacity most winners a node keeps to let their retries pass a sold-out sale; a sale with more winners
 *     gets no latch, and its "no" costs a script call
 */
@Validated
@ConfigurationProperties("flash-sale.stock")
record StockSettings(
        @DefaultValue("128") @Min(1) @Max(1000) int largestBatch,
        @DefaultValue("1ms") Duration batchEvery,
        @DefaultValue("20ms") Duration settleEvery,
        @DefaultValue("4096") @Min(1) int waiting,
        @DefaultValue("10s") Duration fingerprintLife,
        @DefaultValue("200000") @Min(0) int latchCapacity) {}
