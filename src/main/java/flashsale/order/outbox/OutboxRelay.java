package flashsale.order.outbox;

import flashsale.database.DatabaseReady;
import flashsale.database.Duty;
import flashsale.loops.BackgroundWork;
import flashsale.order.PostgresWatch;
import flashsale.order.outbox.OrderStream.Outcome;
import flashsale.order.outbox.OrderStream.Published;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Tells other systems what became of orders: at least once, the versions of an order one after the other. One node does it
 * at a time, by a lease; should one go on that has lost its lease without knowing, Redis refuses its batch by its number.
 * A row is deleted after Redis has taken it, so whatever breaks off between repeats events and loses none.
 */
final class OutboxRelay extends BackgroundWork {

    private static final Logger log = LoggerFactory.getLogger(OutboxRelay.class);

    /** Events in one script call, some 300 µs of Redis's time: no purchase waits behind more. */
    private static final int AT_ONCE = 64;

    /** A round ends by the time-outs of the stores; the end of the node does not wait for more. */
    private static final Duration LAST_ROUND = Duration.ofSeconds(5);

    /** Redis's word for a command it will not take from anybody; its other words are about its own state. */
    private static final String THE_EVENTS_FAULT = "ERR";

    private final Outbox outbox;
    private final OrderStream stream;
    private final Duty duty;
    private final DatabaseReady schema;
    private final PostgresWatch postgres;
    private final OutboxSettings settings;

    private final LongAdder relayed = new LongAdder();

    /** Of this start: a relay that was stopped can be started again. */
    private volatile Sinks.Empty<Void> stopping = Sinks.empty();

    private volatile CompletableFuture<Void> stopped = new CompletableFuture<>();

    private boolean troubled;

    OutboxRelay(
            Outbox outbox,
            OrderStream stream,
            Duty duty,
            DatabaseReady schema,
            PostgresWatch postgres,
            OutboxSettings settings) {
        this.outbox = outbox;
        this.stream = stream;
        this.duty = duty;
        this.schema = schema;
        this.postgres = postgres;
        this.settings = settings;
    }

    /** Events this node has told since its start. */
    long relayed() {
        return relayed.sum();
    }

    /** One round: what is due, up to a batch. */
    Mono<Void> round() {
        return outbox.take().flatMap(this::relay);
    }

    private Mono<Void> relay(Outbox.Batch batch) {
        Set<UUID> waiting = new HashSet<>();
        List<OutboxRow.Event> events = new ArrayList<>();
        List<OutboxRow.Unreadable> unreadable = new ArrayList<>();
        for (OutboxRow row : batch.rows()) {
            if (waiting.contains(row.orderId())) {
                continue;
            }
            switch (row) {
                case OutboxRow.Event event -> events.add(event);
                case OutboxRow.Unreadable no -> {
                    waiting.add(no.orderId());
                    unreadable.add(no);
                }
            }
        }
        waiting.clear();
        return Flux.fromIterable(unreadable)
                .concatMap(no -> failed(no.position(), no.orderId(), no.why()))
                .thenMany(Flux.fromIterable(events).buffer(Math.min(AT_ONCE, settings.mostKept())))
                .concatMap(some -> publish(batch.number(), some, waiting), 1)
                .then();
    }

    /** @param waiting orders of which an earlier event was refused; those refused now are added */
    private Mono<Void> publish(long batch, List<OutboxRow.Event> some, Set<UUID> waiting) {
        List<OutboxRow.Event> events = some.stream()
                .filter(event -> !waiting.contains(event.orderId()))
                .toList();
        return stream.publish(batch, events.stream().map(OutboxRow.Event::event).toList())
                .flatMap(published -> switch (published) {
                    case Published.Taken taken -> taken(events, taken.outcomes(), waiting);
                    case Published.Full full ->
                        Mono.error(new IllegalStateException("The stream " + settings.stream() + " is full with "
                                + full.length() + " events younger than " + settings.kept()));
                    case Published.Replaced replaced ->
                        outbox.numberBeyond(replaced.last())
                                .then(Mono.error(() -> new IllegalStateException(
                                        "Another relay has told batch " + replaced.last() + ", this is " + batch)));
                });
    }

    private Mono<Void> taken(List<OutboxRow.Event> events, List<Outcome> outcomes, Set<UUID> waiting) {
        List<OutboxRow> told = new ArrayList<>();
        List<Mono<Void>> failures = new ArrayList<>();
        String trouble = null;
        for (int i = 0; i < events.size(); i++) {
            OutboxRow.Event event = events.get(i);
            switch (outcomes.get(i)) {
                case Outcome.Added added -> told.add(event);
                case Outcome.Waits waits -> {}
                case Outcome.Refused refused -> {
                    waiting.add(event.orderId());
                    if (refused.why().startsWith(THE_EVENTS_FAULT)) {
                        failures.add(failed(event.position(), event.orderId(), refused.why()));
                    } else {
                        trouble = refused.why();
                    }
                }
            }
        }
        relayed.add(told.size());
        Mono<Void> rest = trouble == null ? Mono.empty() : Mono.error(new IllegalStateException(trouble));
        return outbox.told(told).then(Flux.concat(failures).then()).then(rest);
    }

    private Mono<Void> failed(long position, UUID order, String why) {
        return outbox.failed(position, why)
                .doOnNext(dead -> {
                    if (dead) {
                        log.error(
                                "Event {} of order {} is given up, later ones of this order wait behind it; see GET"
                                        + " /api/ops/dead-letters: {}",
                                position,
                                order,
                                why);
                    } else {
                        log.warn("Event {} of order {} cannot be told now: {}", position, order, why);
                    }
                })
                .then();
    }

    @Override
    protected Disposable beginWork() {
        Sinks.Empty<Void> asked = Sinks.empty();
        CompletableFuture<Void> ended = new CompletableFuture<>();
        stopping = asked;
        stopped = ended;
        return Flux.interval(settings.every(), settings.every())
                .onBackpressureDrop()
                .takeUntilOther(asked.asMono())
                .filter(tick -> schema.isReady() && postgres.up() && stream.reachable())
                .concatMap(
                        tick -> round().doOnSuccess(nothing -> troubled = false).onErrorResume(this::brokeOff), 1)
                .then(Mono.defer(duty::giveUp))
                .onErrorComplete()
                .doFinally(end -> ended.complete(null))
                .subscribe();
    }

    /** Once for a trouble, not five times a second. */
    private Mono<Void> brokeOff(Throwable fault) {
        if (!troubled) {
            troubled = true;
            log.warn("Order events wait in the outbox, trying every {}: {}", settings.every(), fault.toString());
        }
        return Mono.empty();
    }

    /** Ends its round first: it would only have to be repeated elsewhere. */
    @Override
    public void stop(Runnable done) {
        stopping.tryEmitEmpty();
        stopped.completeOnTimeout(null, LAST_ROUND.toMillis(), TimeUnit.MILLISECONDS)
                .thenRun(() -> {
                    stop();
                    done.run();
                });
    }
}
