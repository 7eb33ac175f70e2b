package flashsale.local;

import flashsale.local.Misbehaviour.Kind;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** What the sandbox took and gave back. An order is charged at most once; what is news is told by webhook. */
final class SandboxCharges {

    private static final byte[] NO_SUCH_CHARGE = "{\"error\":\"no-such-charge\"}".getBytes(StandardCharsets.UTF_8);

    private final Map<String, SandboxCharge> charges = new ConcurrentHashMap<>();
    private final AtomicLong numbers = new AtomicLong();
    private final Misbehaviours misbehaviours;
    private final SandboxWebhooks webhooks;

    SandboxCharges(Misbehaviours misbehaviours, SandboxWebhooks webhooks) {
        this.misbehaviours = misbehaviours;
        this.webhooks = webhooks;
    }

    @Nullable
    SandboxCharge of(String order) {
        return charges.get(order);
    }

    Mono<Void> charge(SandboxExchange call) {
        return call.reading(body -> {
            SandboxCharge asked = new SandboxCharge(
                    "ch_" + numbers.incrementAndGet(),
                    body.text("order"),
                    "pending",
                    "",
                    body.number("amountCents", 0, Long.MAX_VALUE),
                    body.text("currency"),
                    0,
                    0);
            if (!asked.order().equals(call.idempotencyKey())) {
                throw new SandboxBody.Refused("Idempotency-Key", "the key is the order");
            }
            return misbehaviours.isAway() ? call.answer(503) : charge(call, asked);
        });
    }

    private Mono<Void> charge(SandboxExchange call, SandboxCharge asked) {
        Misbehaviour how = misbehaviours.take(asked.order(), asked.amountCents());
        if (how.kind() == Kind.FAIL) {
            return call.answer(500);
        }
        return Mono.delay(how.kind() == Kind.DELAY ? how.delay() : Duration.ZERO)
                .then(Mono.fromSupplier(
                        () -> change(asked.order(), known -> charged(known == null ? asked : known, how.kind()))))
                .flatMap(charge -> answer(call, charge, how.kind()));
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

    Mono<Void> find(SandboxExchange call) {
        if (misbehaviours.isAway()) {
            return call.answer(503);
        }
        SandboxCharge known =
                change(call.order(), charge -> charge != null && charge.isPending() ? charge.captured() : charge);
        return known == null ? call.answer(404, NO_SUCH_CHARGE) : call.answer(200, known.json());
    }

    Mono<Void> refund(SandboxExchange call) {
        if (misbehaviours.isAway()) {
            return call.answer(503);
        }
        SandboxCharge known = charges.get(call.order());
        if (known == null) {
            return call.answer(404, NO_SUCH_CHARGE);
        }
        Misbehaviour how = misbehaviours.take(known.order(), known.amountCents());
        if (how.kind() == Kind.FAIL) {
            return call.answer(500);
        }
        return Mono.delay(how.delay())
                .then(Mono.fromSupplier(() -> change(
                        known.order(), charge -> charge != null && charge.isCaptured() ? charge.refunded() : charge)))
                .flatMap(charge -> answer(call, charge, how.kind()));
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

    private static Mono<Void> answer(SandboxExchange call, SandboxCharge charge, Kind how) {
        if (how == Kind.LOSE) {
            return call.hangUp();
        }
        return call.answer(charge.state().equals("declined") ? 402 : 200, charge.json());
    }
}
