package flashsale.redis;

import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * The Redis that holds stock.
 *
 * @param url redis://, rediss:// or redis-sentinel:// address; left out, the Redis of {@code spring.data.redis}
 * @param commandTimeout how long a command may stay unanswered before its connection is given up; well under the
 *     3 s deadline of a purchase, so that a second try fits
 * @param requestQueue commands that may wait on the connection; more are refused at once
 * @param reconnectDelay pause before a lost connection is tried again
 */
@Validated
@ConfigurationProperties("flash-sale.redis")
record RedisSettings(
        @Nullable String url,
        @DefaultValue("1s") Duration commandTimeout,
        @DefaultValue("10000") @Min(100) int requestQueue,
        @DefaultValue("200ms") Duration reconnectDelay) {}
