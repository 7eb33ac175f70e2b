package flashsale.database;

import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * What {@code spring.r2dbc.pool} does not say.
 *
 * @param waiting most statements that wait for a connection; the next fails at once. At some thousand statements a second
 *     the last of them waits a tenth of a second, and so does a commit that comes after it
 */
@Validated
@ConfigurationProperties("flash-sale.database")
record DatabaseSettings(@DefaultValue("512") @Min(1) int waiting) {}
