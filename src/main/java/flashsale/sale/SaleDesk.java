package flashsale.sale;

import reactor.core.publisher.Mono;

/**
 * What operations can do to a sale. Every method is lazy, is empty for an unknown sale, and fails with
 * {@link flashsale.redis.RedisUnavailable} or {@link org.springframework.dao.DataAccessResourceFailureException} when a store is away.
 */
public final class SaleDesk {

    public Mono<SaleView> create(NewSale sale) {
        throw new UnsupportedOperationException();
    }

    /** Seeds Redis unless it already holds this sale; never overwrites. */
    public Mono<StockPosition> preheat(long saleId) {
        throw new UnsupportedOperationException();
    }

    public Mono<StockPosition> pause(long saleId) {
        throw new UnsupportedOperationException();
    }

    public Mono<StockPosition> resume(long saleId) {
        throw new UnsupportedOperationException();
    }

    /** Adds units; {@code actor} is the user id that stands in the ledger. */
    public Mono<StockPosition> restock(long saleId, long quantity, long actor) {
        throw new UnsupportedOperationException();
    }

    public Mono<AuditReport> audit(long saleId) {
        throw new UnsupportedOperationException();
    }
}
