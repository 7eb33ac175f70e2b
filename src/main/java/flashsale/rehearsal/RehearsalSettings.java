package flashsale.rehearsal;

import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * The rehearsal before readiness.
 *
 * @param enabled whether at all; on in the profile {@code production}
 * @param requests HTTP requests to this node over the loopback interface
 * @param purchases units taken of a throw-away sale and written into transactions that are rolled back
 * @param within from when both stores have answered; after it the node is ready as it is
 */
@Validated
@ConfigurationProperties("flash-sale.rehearsal")
record RehearsalSettings(
        @DefaultValue("false") boolean enabled,
        @DefaultValue("4000") @Min(1) int requests,
        @DefaultValue("4000") @Min(1) int purchases,
        @DefaultValue("10s") Duration within) {}
