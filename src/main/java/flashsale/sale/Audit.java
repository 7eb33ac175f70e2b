package flashsale.sale;

import flashsale.database.Columns;
import flashsale.order.LateHolds;
import flashsale.redis.StockRedis;
import flashsale.stock.Hold;
import flashsale.stock.Holds;
import flashsale.stock.Position;
import java.time.Duration;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Mono;

/**
 * Says where every unit is. Redis is read before and after PostgreSQL; only when no unit moved between is the sum one
 * of a single moment. (A hold becoming an order meanwhile is no move: the order row tells which side of it was read.)
 */
final class Audit {

    /** A sale under full load moves between any two readings; after this many tries it is said to be moving. */
    private static final int TRIES = 20;

    private static final Duration BETWEEN = Duration.ofMillis(50);

    /** Holds listed at most; more are under way only in a fault, and then the audit says so by being inconsistent. */
    private static final int JOURNAL = 20_000;

    /**
     * One statement, so of one moment. What Redis has taken of the ledger and PostgreSQL has not marked yet is not counted
     * again: Redis says which entry was its last. A hold is accounted for by the order that was made of it, or by the one
     * whose late payment it honoured.
     */
    private static final String BOOKS = """
            select c.stock, c.epoch, c.phase, c.sold as counted,
                   (select coalesce(sum(o.quantity), 0)::bigint from orders o
                     where o.sale_id = $1 and not o.returned) as sold,
                   (select coalesce(sum(b.units), 0)::bigint from sale_buyer b where b.sale_id = $1) as bought,
                   (select coalesce(sum(l.quantity), 0)::bigint from stock_ledger l
                     where l.sale_id = $1 and l.applied_at is null and l.id > $2) as returning,
                   (select coalesce(max(l.id), 0) from stock_ledger l where l.sale_id = $1) as last_entry,
                   array(select h.id from unnest($3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[]) as h(id, order_id, epoch, seq)
                          where exists (select from orders o
                                         where o.id = h.id and o.hold_epoch = h.epoch and o.hold_seq = h.seq)
                             or exists (select from payment p where p.order_id = h.order_id
                                           and p.hold_epoch = h.epoch and p.hold_seq = h.seq)) as ordered
              from sale_counter c where c.sale_id = $1
            """;

    private record Books(
            long stock,
            long epoch,
            SalePhase phase,
            long counted,
            long sold,
            long bought,
            long returning,
            long lastEntry,
            Set<UUID> ordered) {}

    private final DatabaseClient database;
    private final StockRedis redis;
    private final Holds holds;

    Audit(DatabaseClient database, StockRedis redis, Holds holds) {
        this.database = database;
        this.redis = redis;
        this.holds = holds;
    }

    /** Lazy, reads only; empty for an unknown sale. */
    Mono<AuditReport> of(long saleId) {
        return read(saleId).map(Reading::report);
    }

    /** Likewise, with what the report was made of. */
    Mono<Reading> read(long saleId) {
        return read(saleId, TRIES);
    }

    /** @param tries to find it standing still; each reads the journal and every order */
    Mono<Reading> read(long saleId, int tries) {
        return once(saleId)
                .repeatWhen(rounds -> rounds.take(tries - 1L).delayElements(BETWEEN))
                // What Redis does not have, or not in this epoch, looking again will not bring.
                .takeUntil(reading ->
                        reading.report().consistent() || reading.report().available() == null)
                .last()
                .onErrorResume(NoSuchElementException.class, none -> Mono.empty());
    }

    private Mono<Reading> once(long saleId) {
        return position(saleId, JOURNAL).flatMap(before -> books(saleId, before)
                .flatMap(books -> position(saleId, 0).map(after -> reading(saleId, before, books, after))));
    }

    private Mono<Optional<Position>> position(long saleId, int most) {
        return redis.link() == null
                ? Mono.just(Optional.empty())
                : holds.position(saleId, most).map(Optional::of).defaultIfEmpty(Optional.empty());
    }

    private Mono<Books> books(long saleId, Optional<Position> position) {
        List<Hold> held = position.map(Position::journal).orElse(List.of());
        return database.sql(BOOKS)
                .bind(0, saleId)
                .bind(1, position.map(Position::ledger).orElse(0L))
                .bind(2, held.stream().map(Hold::orderId).toArray(UUID[]::new))
                .bind(3, held.stream().map(LateHolds::orderOf).toArray(UUID[]::new))
                .bind(4, held.stream().map(Hold::epoch).toArray(Long[]::new))
                .bind(5, held.stream().map(Hold::seq).toArray(Long[]::new))
                .map(row -> new Books(
                        Columns.value(row, "stock", Long.class),
                        Columns.value(row, "epoch", Long.class),
                        SalePhase.valueOf(Columns.value(row, "phase", String.class)),
                        Columns.value(row, "counted", Long.class),
                        Columns.value(row, "sold", Long.class),
                        Columns.value(row, "bought", Long.class),
                        Columns.value(row, "returning", Long.class),
                        Columns.value(row, "last_entry", Long.class),
                        Set.of(Columns.value(row, "ordered", UUID[].class))))
                .one();
    }

    private static Reading reading(long saleId, Optional<Position> before, Books books, Optional<Position> after) {
        boolean known = before.isPresent() && before.get().epoch() == books.epoch();
        AuditReport report = known
                ? report(saleId, before.get(), books, after)
                : new AuditReport(saleId, books.stock(), null, null, null, books.sold(), null, books.epoch(), false);
        return new Reading(
                report,
                books.phase(),
                books.counted(),
                books.bought(),
                books.lastEntry(),
                known ? before.get().version() : null);
    }

    private static AuditReport report(long saleId, Position redis, Books books, Optional<Position> after) {
        long held = redis.journal().stream()
                .filter(hold -> !books.ordered().contains(hold.orderId()))
                .mapToLong(Hold::quantity)
                .sum();
        boolean still = after.isPresent()
                && redis.sameStockAs(after.get())
                && redis.journal().size() == redis.journalLength();
        Long drift = still ? redis.available() + held + books.returning() + books.sold() - books.stock() : null;
        return new AuditReport(
                saleId,
                books.stock(),
                redis.available(),
                held,
                books.returning(),
                books.sold(),
                drift,
                books.epoch(),
                still);
    }
}
