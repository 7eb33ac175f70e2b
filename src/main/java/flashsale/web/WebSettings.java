package flashsale.web;

import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How the service meets browsers and the network.
 *
 * @param allowedOrigins origins of other sites whose pages may call the API (CORS), like https://shop.example; none by
 *     default: a page of another site has no business here until somebody says so
 * @param hsts whether browsers are told to come by HTTPS only for a year; only where TLS really stands in front
 * @param trustedProxies how many proxies of ours a request passes, each of which appends to X-Forwarded-For the address
 *     it came from; 0: none, the header is not believed. Only they may be able to reach the port.
 * @param requestTimeout for a request's body to arrive after its head; a slower client holds a connection for nothing
 * @param deadline for every call that has none of its own
 * @param longDeadline for preheat and load-test sessions, which do thousands of things at once
 * @param maxEventStreams event streams open at once on this node; each costs a few KB and a write a second
 * @param heartbeat between two comments on a quiet event stream, shorter than the idle timeout of common proxies (60 s)
 * @param saleMaxAge how long a CDN may show a sale; as old as a buyer may see the stock
 */
@Validated
@ConfigurationProperties("flash-sale.web")
public record WebSettings(
        @DefaultValue List<String> allowedOrigins,
        @DefaultValue("false") boolean hsts,
        @Min(0) @DefaultValue("0") int trustedProxies,
        @NotNull @DefaultValue("10s") Duration requestTimeout,
        @NotNull @DefaultValue("5s") Duration deadline,
        @NotNull @DefaultValue("30s") Duration longDeadline,
        @Min(1) @DefaultValue("10000") int maxEventStreams,
        @NotNull @DefaultValue("15s") Duration heartbeat,
        @NotNull @DefaultValue("1s") Duration saleMaxAge) {

    public WebSettings {
        allowedOrigins = List.copyOf(allowedOrigins);
    }
}
