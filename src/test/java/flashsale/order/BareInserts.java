package flashsale.order;

import flashsale.stock.Hold;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Mono;

/** Orders written without counter, limit and tombstones: what the benchmark compares the group commit with. */
final class BareInserts {

    private static final String INSERT = """
            insert into orders (id, sale_id, user_id, quantity, amount_cents, currency, state, key_hash, body_hash,
                                hold_epoch, hold_seq, pay_before)
            values ($1, $2, $3, 1, 9900, 'CNY', 'PENDING_PAYMENT', decode($4, 'hex'), decode($5, 'hex'), 1, $6,
                    now() + interval '15 min')
            """;

    private BareInserts() {}

    static Mono<Long> insert(DatabaseClient database, Hold hold) {
        return database.sql(INSERT)
                .bind(0, hold.orderId())
                .bind(1, hold.saleId())
                .bind(2, hold.userId())
                .bind(3, hold.keyHash())
                .bind(4, hold.bodyHash())
                .bind(5, hold.seq())
                .fetch()
                .rowsUpdated();
    }
}
