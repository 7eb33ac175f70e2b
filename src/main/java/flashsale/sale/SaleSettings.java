package flashsale.sale;

import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Sales and their warm-up.
 *
 * @param refreshEvery how often each node reads all sales from PostgreSQL and their stock from Redis; also the longest
 *     a missed message can mislead it
 * @param warmUpLead how long before its start a sale is put into Redis
 * @param warmUpEvery how often warm-up is tried until it succeeds
 * @param warmUpTimeout after failing for this long, the first warm-up of a sale is left to operations
 * @param warmUpAttempt the longest one attempt may take: a sale that hangs must not keep its place from others
 * @param warmUpsAtOnce sales a node warms up at once
 * @param warmUpLease how long a node that dies while it warms up a sale keeps the others from it
 * @param warmUpJoin how long a preheat waits for another node that is at the same sale; within the deadline of that call
 * @param auditEvery how often one of the nodes audits the open sales; a round that takes longer delays the next
 * @param auditLease how long a node that dies keeps the others from auditing
 * @param repairAfter time between the two readings that must agree before a repair: longer than anything is under way
 *     between the stores without being seen in either
 * @param repairByItself whether what audits find is repaired without being asked for
 */
@Validated
@ConfigurationProperties("flash-sale.sale")
record SaleSettings(
        @DefaultValue("1s") Duration refreshEvery,
        @DefaultValue("10m") Duration warmUpLead,
        @DefaultValue("1s") Duration warmUpEvery,
        @DefaultValue("30m") Duration warmUpTimeout,
        @DefaultValue("1m") Duration warmUpAttempt,
        @DefaultValue("4") @Min(1) int warmUpsAtOnce,
        @DefaultValue("5s") Duration warmUpLease,
        @DefaultValue("20s") Duration warmUpJoin,
        @DefaultValue("30s") Duration auditEvery,
        @DefaultValue("2m") Duration auditLease,
        @DefaultValue("2s") Duration repairAfter,
        @DefaultValue("false") boolean repairByItself) {}
