package flashsale.order.task;

import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * What happens to orders by itself.
 *
 * @param pollEvery how often each node looks for what is due; an index look-up while there is nothing
 * @param atOnce most tasks this node does at once; each takes a connection to PostgreSQL now and then, or one to the
 *     provider. A quarter of them (of fewer than four: none) is kept from those that wait for the provider, so that one
 *     that is slow holds up only them
 * @param lease how long a task is left to the node that took it: longer than two calls to the provider take
 * @param attempts after so many it is given up until somebody asks for it again; with the pauses below, after some hours
 * @param backOff the pause after the first failure; doubled by each further one, and shortened by chance to half of it
 *     so that tasks that failed together do not come back together
 * @param longestBackOff the longest such pause
 * @param trackingWithin how long a shipment may be without a tracking number
 */
@Validated
@ConfigurationProperties("flash-sale.task")
record TaskSettings(
        @NotNull @DefaultValue("500ms") Duration pollEvery,
        @DefaultValue("16") @Min(1) int atOnce,
        @NotNull @DefaultValue("1m") Duration lease,
        @DefaultValue("24") @Min(1) int attempts,
        @NotNull @DefaultValue("1s") Duration backOff,
        @NotNull @DefaultValue("10m") Duration longestBackOff,
        @NotNull @DefaultValue("5m") Duration trackingWithin) {}
