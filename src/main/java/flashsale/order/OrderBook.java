package flashsale.order;

import flashsale.database.Columns;
import flashsale.observability.Tracing;
import java.util.UUID;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Reads committed orders. Every publisher is lazy and read-only; cancelling one is harmless. */
public final class OrderBook {

    private static final String ANYBODYS = "select " + OrderRow.COLUMNS + " from orders where id = $1";
    private static final String NEWEST =
            "select " + OrderRow.COLUMNS + " from orders where user_id = $1 order by created_at desc, id limit $2";
    private static final String IN_SALE = "select " + OrderRow.COLUMNS
            + " from orders where user_id = $1 and sale_id = $2 order by created_at desc, id limit $3";

    /** From sale to sale along the index, whose first entry in each is the oldest: no order is read that is not due. */
    private static final String OVERDUE = """
            with recursive unpaid as (
                (select o.sale_id, o.pay_before from orders o where o.state = 'PENDING_PAYMENT'
                  order by o.sale_id, o.pay_before limit 1)
                union all
                select n.sale_id, n.pay_before from unpaid u cross join lateral (
                    select o.sale_id, o.pay_before from orders o
                     where o.state = 'PENDING_PAYMENT' and o.sale_id > u.sale_id
                     order by o.sale_id, o.pay_before limit 1) n
            )
            select u.sale_id from unpaid u join sale_counter c on c.sale_id = u.sale_id
             where u.pay_before <= clock_timestamp() and c.phase = 'OPEN'
            """;

    private final DatabaseClient database;
    private final OrderLookup lookup;

    OrderBook(DatabaseClient database, Tracing tracing) {
        this.database = database;
        this.lookup = new OrderLookup(database, tracing);
    }

    /** The order, if it exists and belongs to the user; else empty. */
    public Mono<Order> find(UUID orderId, long userId) {
        return lookup.find(orderId, userId);
    }

    /** The order, whoever it belongs to; empty when there is none. */
    public Mono<Order> find(UUID orderId) {
        return database.sql(ANYBODYS).bind(0, orderId).map(OrderRow::read).one();
    }

    /** The user's newest orders first, at most {@code limit}. */
    public Flux<Order> of(long userId, int limit) {
        return database.sql(NEWEST)
                .bind(0, userId)
                .bind(1, limit)
                .map(OrderRow::read)
                .all();
    }

    /** The user's orders in one sale, newest first, at most {@code limit}. */
    public Flux<Order> inSale(long userId, long saleId, int limit) {
        return database.sql(IN_SALE)
                .bind(0, userId)
                .bind(1, saleId)
                .bind(2, limit)
                .map(OrderRow::read)
                .all();
    }

    /** Everybody who ever had an order in the sale, also one that is cancelled by now, at most {@code most}. */
    public Flux<Long> buyers(long saleId, int most) {
        return database.sql("select user_id from sale_buyer where sale_id = $1 limit $2")
                .bind(0, saleId)
                .bind(1, most)
                .map(row -> Columns.value(row, "user_id", Long.class))
                .all();
    }

    /** Sales with unpaid orders whose time is over, less those that are being reconciled. */
    public Flux<Long> overdueSales() {
        return database.sql(OVERDUE)
                .map(row -> Columns.value(row, "sale_id", Long.class))
                .all();
    }

    /** All states of the order, the first one first; empty for an order that does not exist. */
    public Flux<Snapshot> history(UUID orderId) {
        return database.sql("""
                        select state, prev_state, state_version, occurred_at, metadata::text as metadata
                          from order_state_snapshot where order_id = $1 order by state_version
                        """).bind(0, orderId).map(Snapshot::read).all();
    }
}
