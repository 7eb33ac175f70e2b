package flashsale.order.payment;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.local.Misbehaviour;
import flashsale.local.Misbehaviour.Kind;
import flashsale.local.SandboxCharge;
import flashsale.order.Move;
import flashsale.order.Order;
import flashsale.order.OrderState;
import flashsale.shop.Eventually;
import flashsale.shop.OrderMoves;
import flashsale.shop.PayingShop;
import flashsale.shop.Shop;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Buyers who pay and change their minds, a provider that misbehaves, and time that runs out, all at moments of a seed's
 * choosing, as far as the machine keeps to them. In the end every cent and every unit is somewhere.
 */
public final class MoneyChaos {

    private static final int ORDERS = 8;

    private static final Set<OrderState> RESTING = EnumSet.of(
            OrderState.PENDING_PAYMENT, OrderState.PAID, OrderState.CANCELLED, OrderState.EXPIRED, OrderState.REFUNDED);

    private final PayingShop paying = PayingShop.shared();

    public void run(long seed) {
        Random random = new Random(seed);
        long sale = paying.shop.open(ORDERS - random.nextInt(3), 1);
        List<Order> orders = OrderMoves.orders(paying.shop, sale, (int)
                paying.shop.books().number("select stock from sale_counter where sale_id = ?", sale));
        paying.provider.repeatsWebhooks(1 + random.nextInt(3), Duration.ofMillis(300));
        Flux.fromIterable(orders)
                .flatMap(order -> life(order, new Random(random.nextLong())), ORDERS)
                .blockLast(Shop.PATIENCE);
        paying.provider.behave();
        orders.forEach(this::awaitRest);
        // A charge that nobody waited for any more may still be made, and told.
        Mono.delay(Duration.ofMillis(1_500)).block();
        orders.forEach(this::awaitRest);
        orders.forEach(order -> assertEveryCentIsSomewhere(seed, order));
        paying.shop.books().balance(sale);
    }

    private Flux<?> life(Order order, Random random) {
        Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
        paying.provider.next(Misbehaviour.of(kind)
                .toOrder(order.id().toString())
                .by(Duration.ofMillis(random.nextInt(1_500)))
                .times(1 + random.nextInt(2)));
        Flux<?> pays = at(random, () -> pay(order));
        Flux<?> paysAgain = at(random, () -> pay(order));
        Flux<?> lapses = at(random, () -> paying.lapse(order));
        Flux<?> cancels = at(random, () -> cancel(order));
        Flux<?> chargedUnasked = at(random, () -> paying.shop
                .bean(PaymentGateway.class)
                .charge(order.id(), order.amountCents(), order.currency())
                .block(Shop.PATIENCE));
        return Flux.merge(
                pays,
                random.nextBoolean() ? paysAgain : Flux.empty(),
                random.nextInt(3) == 0 ? lapses : Flux.empty(),
                random.nextBoolean() ? cancels : Flux.empty(),
                random.nextInt(4) == 0 ? chargedUnasked : Flux.empty());
    }

    private static Flux<?> at(Random random, Runnable what) {
        return Mono.delay(Duration.ofMillis(random.nextInt(900)))
                .publishOn(Schedulers.boundedElastic())
                .doOnNext(now -> what.run())
                .flux();
    }

    private void pay(Order order) {
        paying.shop.bean(Payments.class).pay(order.id(), UUID.randomUUID()).block(Shop.PATIENCE);
    }

    private void cancel(Order order) {
        OrderMoves.make(paying.shop, order, paying.state(order) == OrderState.PAID ? Move.CANCEL_PAID : Move.CANCEL);
    }

    private void awaitRest(Order order) {
        Eventually.holds(
                "order " + order.id() + " comes to rest",
                Duration.ofSeconds(40),
                () -> RESTING.contains(paying.state(order)) && paying.tasks(order) == 0);
    }

    private void assertEveryCentIsSomewhere(long seed, Order order) {
        SandboxCharge charge = paying.provider.charge(order.id());
        int captured = charge == null ? 0 : charge.captures();
        int refunded = charge == null ? 0 : charge.refunds();
        OrderState state = paying.state(order);
        assertThat(List.of(captured, refunded))
                .as("-Dseed=%s: order %s is %s, captured and refunded", seed, order.id(), state)
                .isEqualTo(
                        switch (state) {
                            case PAID -> List.of(1, 0);
                            case REFUNDED -> List.of(1, 1);
                            default -> List.of(0, 0);
                        });
    }
}
