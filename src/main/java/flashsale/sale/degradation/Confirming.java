package flashsale.sale.degradation;

import flashsale.sale.degradation.Degradation.Confirmation;
import flashsale.sale.degradation.Degradation.Confirmation.Confirmed;
import flashsale.sale.degradation.Degradation.Confirmation.NotYet;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** Operations say that it is over: every node is told to read all sales anew, and only when all agree it is. */
final class Confirming {

    /** Nodes look for the order every second. */
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(200);

    private final Levels levels;
    private final Fleet fleet;
    private final Clock clock;
    private final DegradationSettings settings;

    Confirming(Levels levels, Fleet fleet, Clock clock, DegradationSettings settings) {
        this.levels = levels;
        this.fleet = fleet;
        this.clock = clock;
        this.settings = settings;
    }

    Mono<Confirmation> confirm(long actor) {
        return levels.follow().then(Mono.defer(() -> {
            Agreed now = levels.known();
            if (now == null || !now.level().isHeld()) {
                return Mono.just(new Confirmed(now == null ? Level.NONE : now.level()));
            }
            Instant until = clock.instant().plus(settings.confirmWithin());
            return levels.propose(now.withSync()).flatMap(ordered -> goOn(now, ordered, until, actor));
        }));
    }

    /** Where another one stands by now: by another confirmation's order the same degradation goes on, and that one is waited for. */
    private Mono<Confirmation> goOn(Agreed seen, Agreed standing, Instant until, long actor) {
        if (!standing.level().isHeld()) {
            // Somebody else's confirmation came first.
            return Mono.just(new Confirmed(standing.level()));
        }
        if (!standing.goesOnAs(seen) || standing.sync() <= seen.sync()) {
            // What operations have not seen they have not confirmed.
            return Mono.just(became(standing));
        }
        return awaitSync(standing.sync(), until).flatMap(view -> end(view, standing, until, actor));
    }

    /** All reports, once each says that its node has read anew, or the time for that is over. */
    private Mono<Fleet.View> awaitSync(long order, Instant until) {
        long looks = Math.max(1, Duration.between(clock.instant(), until).dividedBy(BETWEEN_LOOKS));
        return fleet.look()
                .filter(view -> view.whole()
                        && notSynced(view.beats(), order).isEmpty()
                        && !view.beats().isEmpty())
                .repeatWhenEmpty((int) Math.min(looks, Integer.MAX_VALUE), again -> again.delayElements(BETWEEN_LOOKS))
                .onErrorResume(IllegalStateException.class, tooOften -> Mono.empty())
                .switchIfEmpty(Mono.defer(fleet::look));
    }

    private static List<Beat> notSynced(List<Beat> nodes, long order) {
        return nodes.stream().filter(node -> node.synced() < order).toList();
    }

    private Mono<Confirmation> end(Fleet.View view, Agreed ordered, Instant until, long actor) {
        Agreed now = Objects.requireNonNullElse(levels.known(), ordered);
        if (now.isNewerThan(ordered)) {
            return goOn(ordered, now, until, actor);
        }
        if (!view.whole()) {
            return Mono.just(notYet(
                    now.level(), "Redis, where all nodes report, cannot be asked; repeat it when it can", List.of()));
        }
        List<Beat> nodes = view.beats();
        NotYet missing = missing(now.level(), nodes, ordered.sync());
        if (missing != null) {
            return Mono.just(missing);
        }
        Level next = nodes.stream().anyMatch(Beat::sick) ? Level.L1 : Level.NONE;
        Instant at = clock.instant();
        return levels.end(now.next(next, "confirmed by user " + actor, at))
                .flatMap(standing -> goOn(ordered, standing, until, actor))
                .switchIfEmpty(Mono.fromSupplier(() -> notYet(
                        now.level(),
                        "PostgreSQL, without which it does not end, cannot be asked; repeat it",
                        List.of())));
    }

    private static NotYet became(Agreed standing) {
        return new NotYet(
                standing.level(), "It became " + standing.level() + " meanwhile: " + standing.reason(), List.of());
    }

    private @Nullable NotYet missing(Level level, List<Beat> nodes, long order) {
        List<Beat> notSynced = notSynced(nodes, order);
        if (!notSynced.isEmpty() || nodes.isEmpty()) {
            return notYet(level, "Not all nodes could read the sales anew", notSynced);
        }
        List<Beat> behind = nodes.stream()
                .filter(node -> node.versionLag() > settings.versionsBehind())
                .toList();
        if (!behind.isEmpty()) {
            return notYet(level, "Versions do not align", behind);
        }
        List<Beat> sick = nodes.stream().filter(Beat::sick).toList();
        return LevelDecision.isMany(sick.size(), nodes.size(), settings)
                ? notYet(level, "Too many nodes are still sick", sick)
                : null;
    }

    private static NotYet notYet(Level level, String reason, List<Beat> nodes) {
        return new NotYet(
                level,
                reason + (nodes.isEmpty() ? "." : ": " + LevelDecision.names(nodes) + "."),
                nodes.stream().map(Beat::node).toList());
    }
}
