package flashsale.order.outbox;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Order events for other systems.
 *
 * @param stream key of the Redis Stream they are added to
 * @param every how often the node on duty looks for events; with {@code largestBatch} it is the most that is told, 2,500
 *     a second: what a burst leaves is told after it, not during it
 * @param largestBatch most events told in one round
 * @param lease how long a node that dies keeps the others from telling
 * @param attempts after so many an event is a dead letter; with the pauses between them eight minutes, longer than
 *     a deployment in which an older version meets events it does not know
 * @param firstRetry pause after the first failed attempt; doubled by each further one
 * @param longestRetry the longest such pause
 * @param kept no event younger than this is ever taken from the stream: what a consumer may be late
 * @param forgotten events older than this are taken from it
 * @param mostKept events in the stream, some 170 bytes of Redis's memory each: beyond it those older than {@code kept} are
 *     taken from it; when there are none, no more are told until there are
 * @param measureEvery how often each node counts what waits and what was given up
 */
@Validated
@ConfigurationProperties("flash-sale.outbox")
record OutboxSettings(
        @DefaultValue("flash-sale:orders") @NotBlank String stream,
        @DefaultValue("200ms") Duration every,
        @DefaultValue("500") @Min(1) @Max(500) int largestBatch,
        @DefaultValue("5s") Duration lease,
        @DefaultValue("10") @Min(1) int attempts,
        @DefaultValue("1s") Duration firstRetry,
        @DefaultValue("5m") Duration longestRetry,
        @DefaultValue("1h") Duration kept,
        @DefaultValue("24h") Duration forgotten,
        @DefaultValue("500000") @Min(1) int mostKept,
        @DefaultValue("10s") Duration measureEvery) {

    OutboxSettings {
        if (kept.compareTo(forgotten) > 0) {
            throw new IllegalArgumentException("flash-sale.outbox.kept is " + kept
                    + ": events cannot be kept longer than until they are forgotten, " + forgotten);
        }
    }
}
