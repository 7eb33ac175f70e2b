package flashsale.order.outbox;

import flashsale.database.DatabaseReady;
import flashsale.loops.BackgroundWork;
import flashsale.observability.Meters;
import flashsale.order.PostgresWatch;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Counts what waits to be told and what was given up. Every node sees the same, whichever of them tells. */
final class Backlog extends BackgroundWork {

    private static final Logger log = LoggerFactory.getLogger(Backlog.class);

    /** Of tasks as the check on {@code order_task} has them. */
    private static final List<String> KINDS = List.of("EVENT", "PAYMENT", "REFUND", "TRACKING", "LATE_PAYMENT");

    private final Outbox outbox;
    private final DeadLetters letters;
    private final DatabaseReady schema;
    private final PostgresWatch postgres;
    private final Duration every;

    private volatile Outbox.Backlog backlog = new Outbox.Backlog(0, 0);
    private volatile Map<String, Long> dead = Map.of();

    Backlog(Outbox outbox, DeadLetters letters, DatabaseReady schema, PostgresWatch postgres, OutboxSettings settings) {
        this.outbox = outbox;
        this.letters = letters;
        this.schema = schema;
        this.postgres = postgres;
        this.every = settings.measureEvery();
    }

    void watch(MeterRegistry registry) {
        Gauge.builder(Meters.OUTBOX_DEPTH.meterName(), this, self -> self.backlog.depth())
                .description(Meters.OUTBOX_DEPTH.description())
                .register(registry);
        Gauge.builder(Meters.OUTBOX_AGE.meterName(), this, self -> self.backlog.age())
                .description(Meters.OUTBOX_AGE.description())
                .register(registry);
        for (String kind : KINDS) {
            Gauge.builder(Meters.DEAD_LETTERS.meterName(), this, self -> self.dead.getOrDefault(kind, 0L))
                    .description(Meters.DEAD_LETTERS.description())
                    .tag("kind", kind)
                    .register(registry);
        }
    }

    Mono<Void> measure() {
        return Mono.zip(outbox.backlog(), letters.byKind())
                .doOnNext(counted -> {
                    backlog = counted.getT1();
                    dead = counted.getT2();
                })
                .then();
    }

    @Override
    protected Disposable beginWork() {
        return Flux.interval(every, every)
                .onBackpressureDrop()
                .filter(tick -> schema.isReady() && postgres.up())
                .concatMap(
                        tick -> measure().onErrorResume(fault -> {
                            log.warn("The outbox was not counted, again in {}: {}", every, fault.toString());
                            return Mono.empty();
                        }),
                        1)
                .subscribe();
    }
}
