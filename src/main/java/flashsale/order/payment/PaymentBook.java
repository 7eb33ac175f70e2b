package flashsale.order.payment;

import flashsale.order.Order;
import flashsale.order.OrderState;
import java.util.UUID;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Mono;

/**
 * The table {@code payment}: one row an order. What writes belongs into the transaction of the move that goes with it,
 * after the move: whoever has the order's lock may change its payment.
 */
final class PaymentBook {

    /**
     * Before the provider is called. A declined charge is asked for again in the same row. One that was given back is not:
     * its key is used up, so the provider would charge nothing, or what no refund under that key gives back. Nor is one that was
     * asked for too often: by the order's history, which no failed node and no clock forgets.
     */
    private static final String REQUESTED = """
            insert into payment (order_id, amount_cents, currency, state)
            select $1, $2, $3, 'REQUESTED'
             where (select count(*) from order_state_snapshot where order_id = $1 and state = 'PAYING') <= $4
            on conflict (order_id) do update set state = 'REQUESTED', changed_at = now()
             where payment.state in ('REQUESTED', 'DECLINED')
            """;

    /** Also without a row: money that came unasked is money all the same. */
    private static final String CAPTURED = """
            insert into payment (order_id, amount_cents, currency, state, provider_ref)
            values ($1, $2, $3, 'CAPTURED', $4)
            on conflict (order_id) do update set state = 'CAPTURED', provider_ref = $4, changed_at = now()
             where payment.state in ('REQUESTED', 'DECLINED')
            """;

    /** Also without a row: the news of its capture is still to come, and must find that it is old. */
    private static final String REFUNDED_BY_HAND = """
            insert into payment (order_id, amount_cents, currency, state) values ($1, $2, $3, 'REFUNDED')
            on conflict (order_id) do update set state = 'REFUNDED', changed_at = now()
            """;

    private final DatabaseClient database;

    PaymentBook(DatabaseClient database) {
        this.database = database;
    }

    /**
     * False where the money of an earlier charge is there, or was given back, or the order came to PAYING more often than that,
     * the move this belongs to included.
     */
    Mono<Boolean> requested(Order order, int attempts) {
        return database.sql(REQUESTED)
                .bind(0, order.id())
                .bind(1, order.amountCents())
                .bind(2, order.currency())
                .bind(3, attempts)
                .fetch()
                .rowsUpdated()
                .map(rows -> rows > 0);
    }

    /** False where the row knew it already, or knows of a refund since. */
    Mono<Boolean> captured(Order order, String reference) {
        return database.sql(CAPTURED)
                .bind(0, order.id())
                .bind(1, order.amountCents())
                .bind(2, order.currency())
                .bind(3, reference)
                .fetch()
                .rowsUpdated()
                .map(rows -> rows > 0);
    }

    /** The provider's name for the charge that is known of the order, where it is another than this one; else empty. */
    Mono<String> otherCharge(UUID orderId, String reference) {
        return database.sql("select provider_ref from payment where order_id = $1 and provider_ref <> $2")
                .bind(0, orderId)
                .bind(1, reference)
                .mapValue(String.class)
                .one();
    }

    Mono<Void> declined(UUID orderId) {
        return database.sql("update payment set state = 'DECLINED', changed_at = now()"
                        + " where order_id = $1 and state = 'REQUESTED'")
                .bind(0, orderId)
                .then();
    }

    Mono<Void> refunded(UUID orderId) {
        return database.sql("update payment set state = 'REFUNDED', changed_at = now() where order_id = $1")
                .bind(0, orderId)
                .then();
    }

    /** The state of the order, which nothing moves before this transaction ends. Belongs before everything else in it. */
    Mono<OrderState> lock(UUID orderId) {
        return database.sql("select state from orders where id = $1 for no key update")
                .bind(0, orderId)
                .mapValue(String.class)
                .one()
                .map(OrderState::valueOf);
    }

    /** Given back by somebody at the provider; belongs after {@link #lock}. */
    Mono<Void> refundedByHand(Order order) {
        return database.sql(REFUNDED_BY_HAND)
                .bind(0, order.id())
                .bind(1, order.amountCents())
                .bind(2, order.currency())
                .then();
    }

    /** Whether the time to pay is over, by the clock that decides it. */
    Mono<Boolean> isTooLate(UUID orderId) {
        return database.sql("select pay_before <= clock_timestamp() as late from orders where id = $1")
                .bind(0, orderId)
                .mapValue(Boolean.class)
                .one();
    }

    /** Whether units this order gave back are still on their way to Redis. */
    Mono<Boolean> unitsUnderWay(UUID orderId) {
        return database.sql(
                        "select exists (select from stock_ledger where order_id = $1 and applied_at is null) as found")
                .bind(0, orderId)
                .mapValue(Boolean.class)
                .one();
    }
}
