package flashsale.order;

import flashsale.observability.Detached;
import flashsale.stock.Hold;
import java.util.List;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.reactive.TransactionalOperator;
import reactor.core.publisher.Mono;

/** A group commit as a sale makes it, of a sale and buyers that exist inside its transaction only, which is rolled back. */
public final class CommitRehearsal {

    private final DatabaseClient database;
    private final CommitStatements statements;
    private final TransactionalOperator transactional;

    CommitRehearsal(DatabaseClient database, CommitStatements statements, TransactionalOperator transactional) {
        this.database = database;
        this.statements = statements;
        this.transactional = transactional;
    }

    /**
     * Leaves no row and takes no number out of a sequence. Lazy; once begun it runs to its end, also when cancelled.
     *
     * @param holds of one sale and epoch 1; the ids of sale and buyers are negative, which no real ones are
     */
    public Mono<Void> of(List<Hold> holds) {
        long sale = holds.getFirst().saleId();
        Long[] users = holds.stream().map(Hold::userId).toArray(Long[]::new);
        Mono<Long> committed = database.sql("""
                        insert into sale (id, name, price_cents, currency, starts_at, ends_at, per_user_limit)
                        overriding system value
                        values ($1, 'rehearsal', 1, 'CNY', now(), now() + interval '1 minute', 1)
                        """)
                .bind(0, sale)
                .then()
                .then(database.sql("insert into sale_counter (sale_id, stock, epoch) values ($1, $2, 1)")
                        .bind(0, sale)
                        .bind(1, (long) holds.size())
                        .then())
                .then(database.sql("""
                                insert into users (id, username) overriding system value
                                select id, 'rehearsal.' || (-id) from unnest($1::bigint[]) as t(id)
                                """).bind(0, users).then())
                .then(Mono.defer(() -> statements.place(holds)))
                .map(CommitStatements.Placed::orders);
        // Whoever waits may lose patience; a transaction that is cancelled may stay open in its connection.
        return Detached.run(transactional
                .execute(status -> {
                    status.setRollbackOnly();
                    return committed;
                })
                .then());
    }
}
