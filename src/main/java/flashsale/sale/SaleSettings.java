package flashsale.sale;

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
 */
@Validated
@ConfigurationProperties("flash-sale.sale")
record SaleSettings(
        @DefaultValue("1s") Duration refreshEvery,
        @DefaultValue("10m") Duration warmUpLead,
        @DefaultValue("1s") Duration warmUpEvery,
        @DefaultValue("30m") Duration warmUpTimeout) {}
