package flashsale.shop;

import flashsale.idempotency.IdempotencyKey;
import flashsale.purchase.PurchaseOutcome;
import flashsale.purchase.Tap;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** Many taps at the same moment. */
public final class Crowd {

    private Crowd() {}

    public static IdempotencyKey newKey() {
        return new IdempotencyKey(UUID.randomUUID().toString());
    }

    /** A tap under a key of its own. */
    public static Tap tap(long sale, long user, int quantity) {
        return new Tap(user, sale, quantity, newKey());
    }

    /** All from the threads of all cores, none waiting for another; the answers in the order of the taps. */
    public static List<PurchaseOutcome> buy(Shop shop, List<Tap> taps) {
        return Objects.requireNonNull(Flux.fromIterable(taps)
                .flatMapSequential(
                        tap -> shop.purchase().buy(tap).subscribeOn(Schedulers.parallel()), taps.size(), taps.size())
                .collectList()
                .block(Shop.PATIENCE));
    }

    public static PurchaseOutcome buy(Shop shop, Tap tap) {
        return Objects.requireNonNull(shop.purchase().buy(tap).block(Shop.PATIENCE));
    }

    public static <T extends PurchaseOutcome> List<T> only(Class<T> kind, List<PurchaseOutcome> outcomes) {
        return outcomes.stream().filter(kind::isInstance).map(kind::cast).toList();
    }
}
