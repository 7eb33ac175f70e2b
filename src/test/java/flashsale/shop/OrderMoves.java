package flashsale.shop;

import flashsale.order.Move;
import flashsale.order.MoveResult;
import flashsale.order.Moves;
import flashsale.order.Order;
import flashsale.order.OrderChanges;
import flashsale.order.Step;
import flashsale.purchase.PurchaseOutcome;
import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.purchase.PurchaseOutcome.Overloaded;
import flashsale.purchase.Tap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import reactor.core.publisher.Flux;

/** Orders, made and moved as the application does it: the change, and then the word that it was made. */
public final class OrderMoves {

    private OrderMoves() {}

    /** One order each of so many new buyers, of one unit. Who is told to come again, on a slow machine, does. */
    public static List<Order> orders(Shop shop, long sale, int count) {
        List<Order> orders = new ArrayList<>(count);
        List<Tap> taps = shop.buyers(count).stream()
                .map(user -> Crowd.tap(sale, user, 1))
                .toList();
        while (!taps.isEmpty()) {
            List<PurchaseOutcome> outcomes = Crowd.buy(shop, taps);
            List<Tap> refused = new ArrayList<>();
            for (int i = 0; i < taps.size(); i++) {
                if (outcomes.get(i) instanceof Overloaded) {
                    refused.add(taps.get(i));
                } else {
                    orders.add(((Ordered) outcomes.get(i)).order());
                }
            }
            taps = refused;
        }
        return orders;
    }

    public static Order order(Shop shop, long sale) {
        return orders(shop, sale, 1).getFirst();
    }

    public static MoveResult make(Shop shop, Order order, Move move) {
        return make(shop, List.of(order), move).getFirst();
    }

    /** All at once. */
    public static List<MoveResult> make(Shop shop, List<Order> orders, Move move) {
        List<Step> steps = orders.stream()
                .map(order -> new Step(order.id(), move, UUID.randomUUID(), Map.of("why", "a test")))
                .toList();
        return Objects.requireNonNull(Flux.fromIterable(steps)
                .flatMapSequential(step -> shop.bean(Moves.class).make(step).doOnNext(result -> {
                    if (result instanceof MoveResult.Moved moved) {
                        shop.bean(OrderChanges.class).committed(moved.order());
                    }
                }))
                .collectList()
                .block(Shop.PATIENCE));
    }

    /** The time to pay of these orders is over. */
    public static void overdue(Shop shop, long sale) {
        shop.books()
                .execute(
                        "update orders set pay_before = now() - interval '1 ms' where sale_id = ? and state = 'PENDING_PAYMENT'",
                        sale);
    }
}
