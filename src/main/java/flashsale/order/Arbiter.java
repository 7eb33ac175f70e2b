package flashsale.order;

import flashsale.order.CommitResult.Committed;
import flashsale.order.CommitResult.Duplicate;
import flashsale.order.CommitResult.NoSuchUnit;
import flashsale.order.CommitResult.OverLimit;
import flashsale.order.CommitResult.Released;
import flashsale.order.CommitResult.Stale;
import flashsale.order.CommitStatements.Known;
import flashsale.stock.Hold;
import io.r2dbc.postgresql.api.PostgresqlException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.transaction.reactive.TransactionalOperator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** PostgreSQL decides: turns holds of one sale and epoch into orders, or says of each why not. */
final class Arbiter {

    private static final Logger log = LoggerFactory.getLogger(Arbiter.class);

    /**
     * A hold with its end.
     *
     * @param committedUnits what PostgreSQL has of this buyer, where that is why the hold was refused; else -1
     */
    record Verdict(Hold hold, CommitResult result, long committedUnits) {
        Verdict(Hold hold, CommitResult result) {
            this(hold, result, -1);
        }
    }

    private final CommitStatements statements;
    private final Tombstones tombstones;
    private final TransactionalOperator transactional;

    Arbiter(CommitStatements statements, Tombstones tombstones, TransactionalOperator transactional) {
        this.statements = statements;
        this.tombstones = tombstones;
        this.transactional = transactional;
    }

    /**
     * One transaction for all, unless one of them breaks a guard: then halves, so that one buyer cannot fail the others.
     * Idempotent: a batch whose COMMIT was not answered may be decided again. The holds must have distinct order ids.
     */
    Flux<Verdict> decide(List<Hold> holds) {
        return placeTogether(holds)
                .flatMapMany(Flux::fromIterable)
                .onErrorResume(DataIntegrityViolationException.class, violation -> {
                    if (holds.size() == 1) {
                        return refuse(holds.getFirst(), violation).flux();
                    }
                    Mono<List<Verdict>> refusedTogether =
                            guard(violation).equals(Tombstones.NEVER_OVERSELL) ? refuseTogether(holds) : Mono.empty();
                    int half = holds.size() / 2;
                    return refusedTogether
                            .flatMapMany(Flux::fromIterable)
                            .switchIfEmpty(Flux.concat(
                                    Flux.defer(() -> decide(holds.subList(0, half))),
                                    Flux.defer(() -> decide(holds.subList(half, holds.size())))));
                });
    }

    /**
     * Once nothing is left, halving would find so hold by hold, two transactions each, while their buyers wait: those
     * that are not known are refused together. Empty while something is left.
     */
    private Mono<List<Verdict>> refuseTogether(List<Hold> holds) {
        Hold first = holds.getFirst();
        return transactional.transactional(statements
                .lock(first.saleId())
                .filter(counter -> counter.epoch() == first.epoch() && counter.sold() >= counter.stock())
                .flatMap(counter -> statements.known(holds))
                .flatMap(known -> buryDuplicates(holds, known)
                        .then(tombstones.bury(CommitStatements.without(holds, known), Tombstones.NEVER_OVERSELL))
                        .then(noSuchUnit(first.saleId()))
                        .thenReturn(holds.stream()
                                .map(hold -> known.containsKey(hold.orderId())
                                        ? verdict(hold, known)
                                        : new Verdict(hold, new NoSuchUnit()))
                                .toList())));
    }

    private Mono<Void> noSuchUnit(long saleId) {
        return statements
                .suspect(saleId)
                .filter(news -> news)
                .doOnNext(news -> log.error(
                        "Redis admitted a unit of sale {} that does not exist; the sale is closed until it is reseeded",
                        saleId))
                .then();
    }

    private Mono<List<Verdict>> placeTogether(List<Hold> holds) {
        return statements.place(holds).flatMap(placed -> {
            if (placed.epoch() != holds.getFirst().epoch()) {
                return outlived(holds);
            }
            return placed.orders() == holds.size()
                    ? Mono.just(holds.stream()
                            .map(hold -> new Verdict(hold, new Committed(statements.order(hold, placed))))
                            .toList())
                    : partly(holds);
        });
    }

    /** Some became orders just now, the others were orders or buried before, which is for good: any time may tell. */
    private Mono<List<Verdict>> partly(List<Hold> holds) {
        return transactional.transactional(statements
                .lock(holds.getFirst().saleId())
                .then(statements.known(holds))
                .flatMap(known -> buryDuplicates(holds, known)
                        .thenReturn(
                                holds.stream().map(hold -> verdict(hold, known)).toList())));
    }

    /** An older epoch, which no order can be made of any more: what became one in time stands, the rest is over. */
    private Mono<List<Verdict>> outlived(List<Hold> holds) {
        return transactional.transactional(statements
                .lock(holds.getFirst().saleId())
                .then(statements.known(holds))
                .flatMap(known -> tombstones
                        .bury(CommitStatements.without(holds, known), "epoch-over")
                        .thenReturn(holds.stream()
                                .map(hold -> known.containsKey(hold.orderId())
                                        ? verdict(hold, known)
                                        : new Verdict(hold, new Stale()))
                                .toList())));
    }

    private Mono<Void> buryDuplicates(List<Hold> holds, Map<UUID, Known> known) {
        List<Hold> duplicates = holds.stream()
                .filter(hold -> known.get(hold.orderId()) instanceof Known.Ordered ordered && !ordered.fromThisHold())
                .toList();
        return tombstones.bury(duplicates, "duplicate");
    }

    private static Verdict verdict(Hold hold, Map<UUID, Known> known) {
        return switch (known.get(hold.orderId())) {
            case Known.Ordered ordered ->
                ordered.fromThisHold()
                        ? new Verdict(hold, new Committed(ordered.order()))
                        : new Verdict(
                                hold,
                                new Duplicate(
                                        ordered.order(), ordered.bodyHash().equals(hold.bodyHash())),
                                ordered.units());
            case Known.Buried buried ->
                new Verdict(
                        hold,
                        buried.reason().equals(Tombstones.NEVER_OVERSELL)
                                ? new NoSuchUnit()
                                : new Released(buried.reason()));
            case null ->
                throw new IllegalStateException("Order " + hold.orderId()
                        + " was neither inserted nor found; its key hash belongs to another id");
        };
    }

    /** One hold, alone, that broke a guard. Between its failure and this lock another node may have placed it. */
    private Mono<Verdict> refuse(Hold hold, DataIntegrityViolationException violation) {
        String guard = guard(violation);
        List<Hold> one = List.of(hold);
        return transactional.transactional(statements
                .lock(hold.saleId())
                .then(statements.known(one))
                .flatMap(known -> known.containsKey(hold.orderId())
                        ? buryDuplicates(one, known).thenReturn(verdict(hold, known))
                        : tombstones.bury(one, guard).then(Mono.defer(() -> refused(hold, guard)))));
    }

    private Mono<Verdict> refused(Hold hold, String guard) {
        return switch (guard) {
            case Tombstones.NEVER_OVERSELL -> noSuchUnit(hold.saleId()).thenReturn(new Verdict(hold, new NoSuchUnit()));
            case Tombstones.PER_USER_LIMIT ->
                statements.units(hold.saleId(), hold.userId()).map(units -> new Verdict(hold, new OverLimit(), units));
            default -> {
                log.error("Order {} cannot be written, its hold is given back: {}", hold.orderId(), guard);
                yield Mono.just(new Verdict(hold, new Released(guard)));
            }
        };
    }

    /** The violated constraint's name, as the tombstone's reason. */
    static String guard(DataIntegrityViolationException violation) {
        if (violation.getMostSpecificCause() instanceof PostgresqlException refusal) {
            return refusal.getErrorDetails()
                    .getConstraintName()
                    .orElse("constraint")
                    .replace('_', '-');
        }
        return "constraint";
    }
}
