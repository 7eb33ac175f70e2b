package flashsale.sale;

import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** This node's view of all sales, refreshed in the background; reading it costs no round trip. */
public final class SaleBoard {

    /** The sale if this node already knows it. */
    public @Nullable SaleView known(long saleId) {
        throw new UnsupportedOperationException();
    }

    /** The sale; one this node has not seen yet is looked up (single flight, at most every 100 ms). Empty: no such sale. */
    public Mono<SaleView> find(long saleId) {
        throw new UnsupportedOperationException();
    }

    /** All sales, newest start first. */
    public List<SaleView> all() {
        throw new UnsupportedOperationException();
    }

    /** The sale now and whenever its state or availability changes, at most one element a second; never ends by itself. */
    public Flux<SaleView> changes(long saleId) {
        throw new UnsupportedOperationException();
    }
}
