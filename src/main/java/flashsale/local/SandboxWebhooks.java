package flashsale.local;

import flashsale.order.payment.WebhookSignature;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.util.retry.Retry;
import tools.jackson.databind.json.JsonMapper;

/** Tells the service what happened, signed, and again until it answers 2xx; in any order and as often as it is told to. */
final class SandboxWebhooks {

    private static final Logger LOG = LoggerFactory.getLogger(SandboxWebhooks.class);

    private static final JsonMapper JSON = JsonMapper.shared();

    private static final int AT_ONCE = 16;

    private final String secret;
    private final HttpClient client = HttpClient.create().responseTimeout(Duration.ofSeconds(5));
    private final Disposable.Composite underWay = Disposables.composite();

    private final AtomicLong numbers = new AtomicLong();

    private volatile @Nullable String url;
    private volatile int copies = 1;
    private volatile Duration spread = Duration.ZERO;

    SandboxWebhooks(String secret) {
        this.secret = secret;
    }

    void to(String address) {
        url = address;
    }

    /** @param within each copy is sent at some time within this, which mixes those of different events */
    void misbehave(int copiesOfEach, Duration within) {
        copies = copiesOfEach;
        spread = within;
    }

    void tell(String what, SandboxCharge charge) {
        String address = url;
        if (address == null) {
            return;
        }
        byte[] body = JSON.writeValueAsBytes(Map.of(
                "id", "evt_" + numbers.incrementAndGet(),
                "type", "payment." + what,
                "orderId", charge.order(),
                "amountCents", charge.amountCents(),
                "currency", charge.currency(),
                "reference", charge.id()));
        Disposable.Swap sending = Disposables.swap();
        underWay.add(sending);
        sending.update(Flux.range(0, copies)
                .flatMap(copy -> Mono.delay(sometime()).then(send(address, body)), AT_ONCE)
                .doFinally(end -> underWay.remove(sending))
                .subscribe());
    }

    private Duration sometime() {
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(spread.toMillis() + 1));
    }

    private Mono<Void> send(String address, byte[] body) {
        return Mono.defer(() -> client.headers(headers -> headers.set("Content-Type", "application/json")
                                .set(
                                        "X-Payment-Signature",
                                        WebhookSignature.sign(
                                                secret, Instant.now().getEpochSecond(), body)))
                        .post()
                        .uri(address)
                        .send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(body)))
                        .response()
                        .filter(answer -> answer.status().code() < 300)
                        .switchIfEmpty(Mono.error(() -> new IllegalStateException("not taken")))
                        .then())
                .retryWhen(Retry.backoff(5, Duration.ofMillis(500)))
                .onErrorResume(fault -> {
                    LOG.info("The sandbox gave up a webhook: {}", fault.toString());
                    return Mono.empty();
                });
    }

    void stop() {
        underWay.dispose();
    }
}
