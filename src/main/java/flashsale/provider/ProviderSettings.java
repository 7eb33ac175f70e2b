package flashsale.provider;

import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How the payment provider is reached.
 *
 * @param url of its API; without it no charge is answered, and orders wait in PAYING
 * @param apiKey sent as a bearer token; none where the network is the lock
 * @param connectTimeout for a connection to stand; a provider that is there takes tens of milliseconds
 * @param responseTimeout for an answer to begin; charges that ask a bank take seconds. What takes longer is not known, and
 *     asked about; so is an answer that has not ended when this, a connection's wait and its making are over
 * @param connections most connections of this node, which is most calls at once: more than charges and tasks together
 * @param waiting most calls that wait for a connection; the next is not made, and its order asked about later
 * @param connectionWait how long a call waits for one
 */
@Validated
@ConfigurationProperties("flash-sale.provider")
record ProviderSettings(
        @NotNull @DefaultValue("") String url,
        @NotNull @DefaultValue("") String apiKey,
        @NotNull @DefaultValue("2s") Duration connectTimeout,
        @NotNull @DefaultValue("15s") Duration responseTimeout,
        @DefaultValue("64") @Min(1) int connections,
        @DefaultValue("64") @Min(1) int waiting,
        @NotNull @DefaultValue("5s") Duration connectionWait) {}
