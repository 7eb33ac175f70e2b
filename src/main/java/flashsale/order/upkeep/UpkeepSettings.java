package flashsale.order.upkeep;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Orders whose time is over, units that came back, and rows that have done their service.
 *
 * @param expireEvery how often each node looks in PostgreSQL for unpaid orders whose time is over
 * @param expireAgain how soon it looks again where it found some and could not take them all, as another had the sale
 * @param expireAtOnce most orders of a sale expired in one transaction: some 10 ms, for which its buyers' commits wait
 * @param alarmEvery how often each node asks Redis whether some order's time is over
 * @param applyEvery how often each node looks in PostgreSQL for ledger entries that Redis has not got
 * @param applySpacing least time between two applications on one node: what comes back within it shares one call
 * @param applyAtOnce most entries in one call: some hundred microseconds of Redis's time
 * @param forgetEvery how often one of the nodes looks for rows nobody needs any more
 * @param forgetAtOnce most of them deleted in one statement: some 10 ms
 * @param tombstonesKept how long after the end of their sale buyers can be told why their holds were given up; far beyond
 *     the day for which holds and orders of a sale that is over are seen to, as its epoch ends with them
 * @param unansweredKept how long the end of a tap that was not answered can be asked for; beyond the 24 hours for which its
 *     key is answered, by more than any clock is wrong
 * @param actionsKept how long it can be asked who did what under {@code /api/ops}: a year and the month in which it is
 *     looked back on
 */
@Validated
@ConfigurationProperties("flash-sale.upkeep")
record UpkeepSettings(
        @DefaultValue("1s") Duration expireEvery,
        @DefaultValue("50ms") Duration expireAgain,
        @DefaultValue("500") @Min(1) @Max(5_000) int expireAtOnce,
        @DefaultValue("150ms") Duration alarmEvery,
        @DefaultValue("1s") Duration applyEvery,
        @DefaultValue("20ms") Duration applySpacing,
        @DefaultValue("500") @Min(1) @Max(2_000) int applyAtOnce,
        @DefaultValue("10m") Duration forgetEvery,
        @DefaultValue("1000") @Min(1) @Max(10_000) int forgetAtOnce,
        @DefaultValue("7d") @DurationMin(days = 2) Duration tombstonesKept,
        @DefaultValue("2d") @DurationMin(hours = 25) Duration unansweredKept,
        @DefaultValue("400d") @DurationMin(days = 1) Duration actionsKept) {}
