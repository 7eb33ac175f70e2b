package flashsale.local;

import flashsale.local.Misbehaviour.Kind;
import io.netty.channel.ChannelOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.ChannelBindException;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/**
 * A payment provider for one's own machine and for tests: a real server on the loopback interface that charges nobody,
 * and that misbehaves as real ones do when it is told to. What it was told it forgets when it stops.
 */
public final class SandboxProvider implements AutoCloseable {

    /** Whoever waits longer than this has forgotten what for. */
    private static final long AN_HOUR_MILLIS = Duration.ofHours(1).toMillis();

    private static final int MAX_COPIES = 10_000;

    private final Misbehaviours misbehaviours = new Misbehaviours();
    private final SandboxWebhooks webhooks;
    private final SandboxCharges charges;
    private final DisposableServer server;

    private SandboxProvider(int port, String webhookSecret) {
        this.webhooks = new SandboxWebhooks(webhookSecret);
        this.charges = new SandboxCharges(misbehaviours, webhooks);
        this.server = bind(port);
    }

    /** @param port or any other one where it is taken */
    public static SandboxProvider start(int port, String webhookSecret) {
        return new SandboxProvider(port, webhookSecret);
    }

    private DisposableServer bind(int port) {
        HttpServer http = HttpServer.create()
                .host("127.0.0.1")
                .option(ChannelOption.SO_REUSEADDR, true)
                .route(routes -> routes.post("/charges", on(charges::charge))
                        .get("/charges/{order}", on(charges::find))
                        .post("/charges/{order}/refunds", on(charges::refund))
                        .post("/misbehave", on(this::misbehave))
                        .post("/webhooks", on(this::repeatWebhooks)));
        try {
            return http.port(port).bindNow();
        } catch (ChannelBindException taken) {
            return http.port(0).bindNow();
        }
    }

    private static BiFunction<HttpServerRequest, HttpServerResponse, Publisher<Void>> on(
            Function<SandboxExchange, Mono<Void>> call) {
        return (request, response) -> call.apply(new SandboxExchange(request, response));
    }

    public String url() {
        return "http://127.0.0.1:" + server.port();
    }

    /** Where webhooks go; nowhere until this is said. */
    public void tells(String address) {
        webhooks.to(address);
    }

    public void repeatsWebhooks(int copies, Duration within) {
        webhooks.misbehave(copies, within);
    }

    public void next(Misbehaviour misbehaviour) {
        misbehaviours.add(misbehaviour);
    }

    /** As long as it is away it answers 503 and does nothing. */
    public void away(boolean isAway) {
        misbehaviours.away(isAway);
    }

    /** From now on it behaves. */
    public void behave() {
        misbehaviours.forgetAll();
        webhooks.misbehave(1, Duration.ZERO);
    }

    /** Null where the order was never charged. */
    public @Nullable SandboxCharge charge(UUID orderId) {
        return charges.of(orderId.toString());
    }

    /** {@code {"kind":"DECLINE","order":…,"amountCents":…,"delayMillis":…,"times":…}}, all but the kind optional. */
    private Mono<Void> misbehave(SandboxExchange call) {
        return call.reading(body -> {
            Misbehaviour misbehaviour = new Misbehaviour(
                    kind(body.text("kind")),
                    body.optionalText("order"),
                    body.optionalNumber("amountCents", 0, Long.MAX_VALUE),
                    Duration.ofMillis(body.number("delayMillis", 0, AN_HOUR_MILLIS, 0)),
                    (int) body.number("times", 1, Integer.MAX_VALUE, 1));
            body.nothingElse();
            next(misbehaviour);
            return call.answer(204);
        });
    }

    private static Kind kind(String name) {
        return Arrays.stream(Kind.values())
                .filter(kind -> kind.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new SandboxBody.Refused("kind", "must be one of " + Arrays.toString(Kind.values())));
    }

    /** {@code {"copies":50,"withinMillis":1000}}. */
    private Mono<Void> repeatWebhooks(SandboxExchange call) {
        return call.reading(body -> {
            int copies = (int) body.number("copies", 1, MAX_COPIES, 1);
            Duration within = Duration.ofMillis(body.number("withinMillis", 0, AN_HOUR_MILLIS, 0));
            body.nothingElse();
            repeatsWebhooks(copies, within);
            return call.answer(204);
        });
    }

    @Override
    public void close() {
        webhooks.stop();
        server.disposeNow(Duration.ofSeconds(2));
    }
}
