package flashsale.sale.degradation;

import java.time.Clock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** Where a node reports, hears of the others, and proposes the level that all reports together call for. */
final class Council {

    private static final Logger log = LoggerFactory.getLogger(Council.class);

    private final Fleet fleet;
    private final Levels levels;
    private final Clock clock;
    private final DegradationSettings settings;

    private volatile Fleet.View others = Fleet.View.NOBODY;

    Council(Fleet fleet, Levels levels, Clock clock, DegradationSettings settings) {
        this.fleet = fleet;
        this.levels = levels;
        this.clock = clock;
        this.settings = settings;
    }

    /** All nodes, as they were heard last. */
    Fleet.View heard() {
        return others;
    }

    boolean hasAnotherThatIsWell(String node) {
        return others.beats().stream()
                .anyMatch(beat -> !beat.sick() && !beat.node().equals(node));
    }

    /** Lazy; a report that no store takes is a WARN, and decides nothing. */
    Mono<Void> meet(SelfCheck.Result own) {
        return fleet.report(own.beat(), own.newest())
                .doOnNext(view -> others = view)
                .flatMap(view -> decide(view, own.beat().reads()))
                .onErrorResume(fault -> {
                    log.warn("This node could not report how it is: {}", fault.toString());
                    return Mono.empty();
                });
    }

    /** Whoever sees that a level is called for proposes it; of many who do, one is heard. */
    private Mono<Void> decide(Fleet.View view, boolean reads) {
        Agreed now = levels.known();
        Agreed next = now == null ? null : LevelDecision.next(now, view.beats(), reads, settings, clock.instant());
        return next == null || !view.allows(next.level())
                ? Mono.empty()
                : levels.propose(next).then();
    }
}
