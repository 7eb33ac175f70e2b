package flashsale.sale;

import flashsale.redis.StockRedis;
import flashsale.stock.Hold;
import flashsale.stock.Holds;
import flashsale.stock.Position;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
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

    /** A hold is accounted for by the order it became, or by the one whose late payment it honoured. */
    private static final String BOOKS = """
            select c.stock, c.epoch,
                   (select coalesce(sum(o.quantity), 0)::bigint from orders o
                     where o.sale_id = $1 and not o.returned) as sold,
                   array(select o.id from orders o where o.id = any($2)
                          union all
                         select h.id from unnest($2, $3, $4) as h(id, epoch, seq)
                           join payment p on p.hold_seq = h.seq and p.hold_epoch = h.epoch
                           join orders o on o.id = p.order_id and o.sale_id = $1) as ordered
              from sale_counter c where c.sale_id = $1
            """;

    private record Books(long stock, long epoch, long sold, Set<UUID> ordered) {}

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
        return once(saleId)
                .repeatWhen(rounds -> rounds.take(TRIES - 1L).delayElements(BETWEEN))
                .takeUntil(AuditReport::consistent)
                .last()
                .onErrorResume(java.util.NoSuchElementException.class, none -> Mono.empty());
    }

    private Mono<AuditReport> once(long saleId) {
        return position(saleId, JOURNAL).flatMap(before -> books(saleId, before)
                .flatMap(books -> position(saleId, 0).map(after -> report(saleId, before, books, after))));
    }

    private Mono<Optional<Position>> position(long saleId, int most) {
        return redis.link() == null
                ? Mono.just(Optional.empty())
                : holds.position(saleId, most).map(Optional::of).defaultIfEmpty(Optional.empty());
    }

    private Mono<Books> books(long saleId, Optional<Position> position) {
        List<Hold> held =
                position.stream().flatMap(found -> found.journal().stream()).toList();
        return database.sql(BOOKS)
                .bind(0, saleId)
                .bind(1, held.stream().map(Hold::orderId).toArray(UUID[]::new))
                .bind(2, held.stream().map(Hold::epoch).toArray(Long[]::new))
                .bind(3, held.stream().map(Hold::seq).toArray(Long[]::new))
                .map(row -> new Books(
                        Listed.value(row, "stock", Long.class),
                        Listed.value(row, "epoch", Long.class),
                        Listed.value(row, "sold", Long.class),
                        Arrays.stream(Listed.value(row, "ordered", UUID[].class))
                                .collect(Collectors.toSet())))
                .one();
    }

    private static AuditReport report(long saleId, Optional<Position> before, Books books, Optional<Position> after) {
        if (before.isEmpty() || before.get().epoch() != books.epoch()) {
            return new AuditReport(saleId, books.stock(), null, null, books.sold(), null, books.epoch(), false);
        }
        Position redis = before.get();
        long held = redis.journal().stream()
                .filter(hold -> !books.ordered().contains(hold.orderId()))
                .mapToLong(Hold::quantity)
                .sum();
        boolean still = after.isPresent()
                && redis.sameStockAs(after.get())
                && redis.journal().size() == redis.journalLength();
        Long drift = still ? redis.available() + held + books.sold() - books.stock() : null;
        return new AuditReport(
                saleId, books.stock(), redis.available(), held, books.sold(), drift, books.epoch(), still);
    }
}
