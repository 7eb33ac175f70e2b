package flashsale.provider;

import flashsale.order.payment.Charge;
import flashsale.order.payment.PaymentGateway;
import io.netty.channel.ChannelOption;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClient.RequestHeadersSpec;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The provider's API: {@code POST /charges}, {@code GET /charges/{order}}, {@code POST /charges/{order}/refunds}. Each
 * answers with the charge as it stands: {@code {"id":…,"order":…,"state":"captured|declined|pending|refunded",
 * "amountCents":…,"currency":…}}. Of these order and currency may be missing; another order's is a fault.
 */
final class HttpPaymentGateway implements PaymentGateway {

    private static final Logger log = LoggerFactory.getLogger(HttpPaymentGateway.class);

    static final String KEY = "Idempotency-Key";

    /** Nothing listens there: every call ends at once, unanswered. */
    private static final String NOWHERE = "http://localhost:1";

    private static final int LARGEST_ANSWER = 16 * 1024;

    private static final JsonMapper JSON = JsonMapper.shared();

    private final boolean configured;
    private final ConnectionProvider pool;
    private final WebClient client;
    private final int bound;
    private final Duration longest;
    private final AtomicInteger underWay = new AtomicInteger();
    private final LongAdder refused = new LongAdder();

    /** @param url null where there is no provider */
    HttpPaymentGateway(@Nullable String url, ProviderSettings settings) {
        this.configured = url != null;
        this.bound = settings.connections() + settings.waiting();
        this.longest = settings.connectionWait().plus(settings.connectTimeout()).plus(settings.responseTimeout());
        this.pool = ConnectionProvider.builder("payment-provider")
                .maxConnections(settings.connections())
                .pendingAcquireMaxCount(settings.waiting())
                .pendingAcquireTimeout(settings.connectionWait())
                .build();
        HttpClient http = HttpClient.create(pool)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        settings.connectTimeout().toMillis())
                // Reactor Netty would send a request again whose connection broke; whether to is ours to say.
                .disableRetry(true)
                .responseTimeout(settings.responseTimeout());
        WebClient.Builder builder = WebClient.builder()
                .baseUrl(url == null ? NOWHERE : url)
                .codecs(codecs -> codecs.defaultCodecs().maxInMemorySize(LARGEST_ANSWER))
                .clientConnector(new ReactorClientHttpConnector(http));
        if (!settings.apiKey().isBlank()) {
            builder.defaultHeader(HttpHeaders.AUTHORIZATION, "Bearer " + settings.apiKey());
        }
        this.client = builder.build();
    }

    @Override
    public boolean isConfigured() {
        return configured;
    }

    @Override
    public Mono<Charge> charge(UUID orderId, long amountCents, String currency) {
        return ask(
                orderId,
                client.post()
                        .uri("/charges")
                        .header(KEY, orderId.toString())
                        .contentType(MediaType.APPLICATION_JSON)
                        .bodyValue(JSON.writeValueAsString(Map.of(
                                "order", orderId.toString(), "amountCents", amountCents, "currency", currency))));
    }

    @Override
    public Mono<Charge> find(UUID orderId) {
        return ask(orderId, client.get().uri("/charges/{order}", orderId));
    }

    @Override
    public Mono<Charge> refund(UUID orderId, long amountCents) {
        return ask(
                orderId,
                client.post()
                        .uri("/charges/{order}/refunds", orderId)
                        .header(KEY, orderId + ":refund")
                        .contentType(MediaType.APPLICATION_JSON)
                        .bodyValue(JSON.writeValueAsString(Map.of("amountCents", amountCents))));
    }

    private Mono<Charge> ask(UUID orderId, RequestHeadersSpec<?> question) {
        return Mono.defer(() -> {
            if (underWay.incrementAndGet() > bound) {
                underWay.decrementAndGet();
                refused.increment();
                return Mono.just(new Charge.Unanswered("too many calls to the provider are under way"));
            }
            return question.exchangeToMono(response -> read(orderId, response))
                    // Reactor Netty's own time-out begins anew with each byte.
                    .timeout(longest)
                    .onErrorResume(fault -> Mono.just(new Charge.Unanswered(fault.toString())))
                    .doFinally(end -> underWay.decrementAndGet());
        });
    }

    /** 404 is said of charges alone; everything else that is no charge is no answer. */
    private static Mono<Charge> read(UUID orderId, ClientResponse response) {
        int status = response.statusCode().value();
        return response.bodyToMono(String.class)
                .defaultIfEmpty("")
                .map(body -> status == HttpStatus.NOT_FOUND.value() && body.contains("no-such-charge")
                        ? new Charge.NotKnown()
                        : said(orderId, status, body));
    }

    private static Charge said(UUID orderId, int status, String body) {
        if (status >= HttpStatus.INTERNAL_SERVER_ERROR.value()) {
            return new Charge.Unanswered("status " + status);
        }
        try {
            JsonNode charge = JSON.readTree(body);
            String order = charge.path("order").asString("");
            if (!order.isEmpty() && !order.equalsIgnoreCase(orderId.toString())) {
                return ofAnother(orderId, order, charge.path("id").asString(""));
            }
            return switch (charge.path("state").asString("")) {
                case "captured" ->
                    new Charge.Captured(
                            charge.path("id").asString(""),
                            charge.path("amountCents").asLong(-1),
                            charge.path("currency").asStringOpt().orElse(null));
                case "declined" -> new Charge.Declined(charge.path("reason").asString("declined"));
                case "pending" -> new Charge.Pending();
                case "refunded" -> new Charge.Refunded();
                default -> new Charge.Unanswered("status " + status + " without a state");
            };
        } catch (JacksonException malformed) {
            return new Charge.Unanswered("status " + status + " without JSON");
        }
    }

    /** Whatever it says is not believed: not of the order that was asked about, and not of the other. */
    private static Charge ofAnother(UUID asked, String answered, String reference) {
        log.error(
                "The provider was asked about order {} and answered about order {} (charge {}). It is not believed, and asked"
                        + " again: something between us and the provider mixes answers up, or the provider does; ask them"
                        + " about both orders",
                asked,
                answered,
                reference);
        return new Charge.Unanswered("an answer about order " + answered);
    }

    int underWay() {
        return underWay.get();
    }

    int bound() {
        return bound;
    }

    long refused() {
        return refused.sum();
    }

    void close() {
        pool.dispose();
    }
}
