package flashsale.sale.degradation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** How degraded the service is, and why: what buyers, operations and the load balancer are told. */
public final class Degradation {

    /** While no store has said which level was agreed on: missing data means closed. */
    private static final String NOT_KNOWN = "which level was agreed on is not known yet";

    /**
     * @param level L1 for a node that should get no requests
     * @param hitRate null with too few reads to tell
     * @param behindFor how long it has been behind; zero when it is not
     * @param silentFor since its report
     */
    public record Node(
            String name,
            Level level,
            boolean consistent,
            long versionLag,
            @Nullable Double hitRate,
            Duration ttlSkew,
            Duration behindFor,
            Set<Rule> rules,
            Duration silentFor) {

        static Node of(Beat beat) {
            return new Node(
                    beat.node(),
                    beat.sick() ? Level.L1 : Level.NONE,
                    beat.consistent(),
                    beat.versionLag(),
                    beat.hitRate() < 0 ? null : beat.hitRate(),
                    beat.ttlSkew(),
                    beat.behindFor(),
                    beat.rules(),
                    beat.age());
        }
    }

    /** @param storesAway that could not be asked: {@code redis}, then this is what PostgreSQL or this node knows; {@code postgresql} */
    public record Report(Level level, String reason, Instant since, List<Node> nodes, List<String> storesAway) {}

    /** What a confirmation came to. */
    public sealed interface Confirmation {

        /** It is over, or there was nothing to confirm. */
        record Confirmed(Level level) implements Confirmation {}

        /** @param reason what is missing, for people */
        record NotYet(Level level, String reason, List<String> nodes) implements Confirmation {}
    }

    private final Levels levels;
    private final Fleet fleet;
    private final SelfCheck check;
    private final Confirming confirming;
    private final BooleanSupplier postgresUp;

    /** @param postgresUp whether PostgreSQL answered lately */
    Degradation(Levels levels, Fleet fleet, SelfCheck check, Confirming confirming, BooleanSupplier postgresUp) {
        this.levels = levels;
        this.fleet = fleet;
        this.check = check;
        this.confirming = confirming;
        this.postgresUp = postgresUp;
    }

    /** Why nobody can buy through this node; null when everybody can. Costs two looks into memory. */
    public @Nullable String purchasesCut() {
        Agreed agreed = levels.known();
        if (agreed == null) {
            return NOT_KNOWN;
        }
        return agreed.level().isHeld() ? agreed.reason() : check.readOnly();
    }

    /** Whether a store has said which level was agreed on, since this node started. */
    public boolean isKnown() {
        return levels.known() != null;
    }

    /** Lazy, never fails: with both stores away it is what this node heard last. */
    public Mono<Report> report() {
        return fleet.lookOrRemember().map(view -> {
            Agreed agreed = levels.known();
            List<Node> nodes = view.beats().stream().map(Node::of).toList();
            return agreed == null
                    ? new Report(Level.NONE, NOT_KNOWN, Instant.EPOCH, nodes, storesAway(view))
                    : new Report(agreed.level(), agreed.reason(), agreed.since(), nodes, storesAway(view));
        });
    }

    private List<String> storesAway(Fleet.View view) {
        List<String> away = new ArrayList<>(2);
        if (!view.whole()) {
            away.add("redis");
        }
        if (!postgresUp.getAsBoolean()) {
            away.add("postgresql");
        }
        return away;
    }

    /** Ends L2 or L3, once every node has read all sales anew and agrees. Lazy; may be repeated. */
    public Mono<Confirmation> confirm(long actor) {
        return confirming.confirm(actor);
    }
}
