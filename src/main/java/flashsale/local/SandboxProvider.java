package flashsale.local;

import flashsale.local.Misbehaviour.Kind;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOption;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.ChannelBindException;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A payment provider for one's own machine and for tests: a real server on the loopback interface that charges nobody,
 * and that misbehaves as real ones do when it is told to. What it was told it forgets when it stops.
 */
public final class SandboxProvider implements AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.shared();

    private static final String NO_SUCH_CHARGE = "{\"error\":\"no-such-charge\"}";

    private final Map<String, SandboxCharge> charges = new ConcurrentHashMap<>();
    private final List<Misbehaviour> misbehaviours = new CopyOnWriteArrayList<>();
    private final SandboxWebhooks webhooks;
    private final AtomicLong numbers = new AtomicLong();
    private volatile boolean away;
    private final DisposableServer server;

    private SandboxProvider(int port, String webhookSecret) {
        this.webhooks = new SandboxWebhooks(webhookSecret);
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
                .route(routes -> routes.post("/charges", this::charge)
                        .get("/charges/{order}", this::find)
                        .post("/charges/{order}/refunds", this::refund)
                        .post("/misbehave", this::misbehave)
                        .post("/webhooks", this::webhooks));
        try {
            return http.port(port).bindNow();
        } catch (ChannelBindException taken) {
            return http.port(0).bindNow();
        }
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
        away = isAway;
    }

    /** From now on it behaves. */
    public void behave() {
        away = false;
        misbehaviours.clear();
        webhooks.misbehave(1, Duration.ZERO);
    }

    /** Null where the order was never charged. */
    public @Nullable SandboxCharge charge(UUID orderId) {
        return charges.get(orderId.toString());
    }

    private Publisher<Void> charge(HttpServerRequest request, HttpServerResponse response) {
        return body(request).flatMap(body -> {
            if (away) {
                return answer(response, 503, new byte[0]);
            }
            String order = body.path("order").asString("");
            long amount = body.path("amountCents").asLong(0);
            if (!order.equals(request.requestHeaders().get("Idempotency-Key"))) {
                return answer(response, 400, "{\"error\":\"the key is the order\"}".getBytes(StandardCharsets.UTF_8));
            }
            Misbehaviour how = misbehaviour(order, amount);
            if (how.kind() == Kind.FAIL) {
                return answer(response, 500, new byte[0]);
            }
            SandboxCharge fresh = new SandboxCharge(
                    "ch_" + numbers.incrementAndGet(),
                    order,
                    "pending",
                    "",
                    amount,
                    body.path("currency").asString(""),
                    0,
                    0);
            return Mono.delay(how.kind() == Kind.DELAY ? how.delay() : Duration.ZERO)
                    .then(Mono.fromSupplier(
                            () -> change(order, known -> charged(known == null ? fresh : known, how.kind()))))
                    .flatMap(charge -> told(charge, response, how.kind()));
        });
    }

    /** A key charges at most once; a declined one may be tried again. */
    private static SandboxCharge charged(SandboxCharge known, Kind how) {
        if (known.isCaptured() || known.isRefunded()) {
            return known;
        }
        return switch (how) {
            case DECLINE -> known.declined();
            case PENDING, FAIL -> known;
            case DELAY, LOSE -> known.captured();
        };
    }

    private Publisher<Void> find(HttpServerRequest request, HttpServerResponse response) {
        if (away) {
            return answer(response, 503, new byte[0]);
        }
        SandboxCharge known = change(
                String.valueOf(request.param("order")),
                charge -> charge != null && charge.isPending() ? charge.captured() : charge);
        return known == null
                ? answer(response, 404, NO_SUCH_CHARGE.getBytes(StandardCharsets.UTF_8))
                : answer(response, 200, known.json());
    }

    private Publisher<Void> refund(HttpServerRequest request, HttpServerResponse response) {
        if (away) {
            return answer(response, 503, new byte[0]);
        }
        String order = String.valueOf(request.param("order"));
        SandboxCharge known = charges.get(order);
        if (known == null) {
            return answer(response, 404, NO_SUCH_CHARGE.getBytes(StandardCharsets.UTF_8));
        }
        Misbehaviour how = misbehaviour(order, known.amountCents());
        if (how.kind() == Kind.FAIL) {
            return answer(response, 500, new byte[0]);
        }
        return Mono.delay(how.delay())
                .then(Mono.fromSupplier(() ->
                        change(order, charge -> charge != null && charge.isCaptured() ? charge.refunded() : charge)))
                .flatMap(charge -> told(charge, response, how.kind()));
    }

    /** The new state, with a webhook where it is news. */
    private @Nullable SandboxCharge change(String order, UnaryOperator<@Nullable SandboxCharge> by) {
        AtomicBoolean news = new AtomicBoolean();
        SandboxCharge now = charges.compute(order, (key, known) -> {
            SandboxCharge changed = by.apply(known);
            news.set(changed != known && changed != null && !changed.isPending());
            return changed;
        });
        if (now != null && news.get()) {
            webhooks.tell(now.state(), now);
        }
        return now;
    }

    private static Mono<Void> told(SandboxCharge charge, HttpServerResponse response, Kind how) {
        if (how == Kind.LOSE) {
            return Mono.<Void>fromRunnable(() ->
                    response.withConnection(connection -> connection.channel().close()));
        }
        return Mono.from(answer(response, charge.state().equals("declined") ? 402 : 200, charge.json()));
    }

    private static final Misbehaviour WELL = Misbehaviour.of(Kind.DELAY);

    private Misbehaviour misbehaviour(String order, long amount) {
        for (Misbehaviour each : misbehaviours) {
            if (each.meets(order, amount) && misbehaviours.remove(each)) {
                if (each.times() > 1) {
                    misbehaviours.addFirst(each.times(each.times() - 1));
                }
                return each;
            }
        }
        return WELL;
    }

    /** {@code {"kind":"DECLINE","order":…,"amountCents":…,"delayMillis":…,"times":…}}, all but the kind optional. */
    private Publisher<Void> misbehave(HttpServerRequest request, HttpServerResponse response) {
        return body(request).flatMap(body -> {
            String kind = body.path("kind").asString("FAIL");
            if (Stream.of(Kind.values()).noneMatch(known -> known.name().equals(kind))) {
                return answer(response, 400, "{\"error\":\"kind\"}".getBytes(StandardCharsets.UTF_8));
            }
            next(new Misbehaviour(
                    Kind.valueOf(kind),
                    body.path("order").asStringOpt().orElse(null),
                    body.has("amountCents")
                            ? Long.valueOf(body.path("amountCents").asLong())
                            : null,
                    Duration.ofMillis(body.path("delayMillis").asLong(0)),
                    body.path("times").asInt(1)));
            return answer(response, 204, new byte[0]);
        });
    }

    /** {@code {"copies":50,"withinMillis":1000}}. */
    private Publisher<Void> webhooks(HttpServerRequest request, HttpServerResponse response) {
        return body(request).flatMap(body -> {
            webhooks.misbehave(
                    body.path("copies").asInt(1),
                    Duration.ofMillis(body.path("withinMillis").asLong(0)));
            return answer(response, 204, new byte[0]);
        });
    }

    private static Mono<JsonNode> body(HttpServerRequest request) {
        return request.receive().aggregate().asString().defaultIfEmpty("{}").map(JSON::readTree);
    }

    private static Mono<Void> answer(HttpServerResponse response, int status, byte[] body) {
        response.status(status).header("Content-Type", "application/json");
        return body.length == 0
                ? Mono.from(response.header("Content-Length", "0").send())
                : Mono.from(response.send(Mono.just(Unpooled.wrappedBuffer(body))));
    }

    @Override
    public void close() {
        webhooks.stop();
        server.disposeNow(Duration.ofSeconds(2));
    }
}
