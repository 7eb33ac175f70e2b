package flashsale.order.payment;

import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Money.
 *
 * @param askAfter how long an order may be PAYING before the provider is asked what became of the charge: longer than a
 *     charge takes that goes well
 * @param charging most charges that buyers asked for under way at once on this node
 * @param waiting most charges that wait for one of those to end; more are left to the task that asks after
 *     {@code askAfter}
 * @param attempts how often a buyer may try to pay one order: enough for several cards, few for somebody who tries stolen
 *     ones. Then it is cancelled, or expires
 * @param honourWithin how long a unit is looked for when money came for an order that was over, while its sale is paused
 *     or cannot be asked; then the money goes back
 * @param webhookSecret what the provider signs its webhooks with; without it every webhook is refused. From the
 *     environment, never from a file in the jar
 * @param webhookTolerance how far a webhook's time may be from this node's, so that one that was overheard cannot be sent
 *     again for ever
 */
@Validated
@ConfigurationProperties("flash-sale.payment")
record PaymentSettings(
        @NotNull @DefaultValue("30s") Duration askAfter,
        @DefaultValue("32") @Min(1) int charging,
        @DefaultValue("256") @Min(1) int waiting,
        @DefaultValue("10") @Min(1) int attempts,
        @NotNull @DefaultValue("10m") Duration honourWithin,
        @Nullable String webhookSecret,
        @NotNull @DefaultValue("5m") Duration webhookTolerance) {}
