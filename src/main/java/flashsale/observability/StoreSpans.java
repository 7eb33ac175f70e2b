package flashsale.observability;

import io.micrometer.observation.ObservationRegistry;

/**
 * What the drivers of the stores tell their calls to while tracing is on; there is none while it is off.
 *
 * @param registry not Boot's: that would make meters of them too
 */
public record StoreSpans(ObservationRegistry registry) {}
