package flashsale.order.payment;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.local.Misbehaviour;
import flashsale.local.Misbehaviour.Kind;
import flashsale.local.SandboxCharge;
import flashsale.observability.Stage;
import flashsale.order.Move;
import flashsale.order.Order;
import flashsale.order.OrderState;
import flashsale.shop.Eventually;
import flashsale.shop.OrderMoves;
import flashsale.shop.PayingShop;
import flashsale.shop.Shop;
import flashsale.shop.Stages;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Sinks;

/** The places where a payment can wait, each filled to the brim. */
class PaymentStagesTest {

    private final PayingShop paying = PayingShop.shared();
    private final Stages stages = new Stages(paying.shop);

    @AfterEach
    void behave() {
        paying.provider.behave();
        paying.provider.tells(paying.webhooks());
    }

    @Test
    void oneChargeTooManyIsLeftToItsTask() {
        Charges charges = paying.shop.bean(Charges.class);
        Order order = paying.order();
        Sinks.Empty<Void> answer = Sinks.empty();
        stages.awaitDepth(Stage.CHARGES, 0);
        long refused = stages.refused(Stage.CHARGES);
        try {
            for (int i = 0; i < charges.bound(); i++) {
                assertThat(charges.begin(order, each -> answer.asMono())).isTrue();
            }
            // Without a word of the provider's, whose webhook would settle it too.
            paying.provider.tells("http://127.0.0.1:1/nowhere");

            paying.pay(order);

            assertThat(stages.depth(Stage.CHARGES)).isEqualTo(stages.bound(Stage.CHARGES));
            assertThat(stages.refused(Stage.CHARGES)).isEqualTo(refused + 1);
            paying.awaitState(order, OrderState.PAID);
            assertThat(paying.provider.charge(order.id())).returns(1, SandboxCharge::captures);
            assertThat(stages.depth(Stage.CHARGES)).as("by its task alone").isEqualTo(stages.bound(Stage.CHARGES));
        } finally {
            answer.tryEmitEmpty();
        }
        stages.awaitDepth(Stage.CHARGES, 0);
    }

    @Test
    void aWishThatIsOverWhenItsTurnComesIsNotCharged() {
        Charges charges = paying.shop.bean(Charges.class);
        Order other = paying.order();
        Sinks.Empty<Void> slow = Sinks.empty();
        stages.awaitDepth(Stage.CHARGES, 0);
        Order order = paying.order();
        for (int i = 0; i < charges.bound() / 2; i++) {
            charges.begin(other, each -> slow.asMono());
        }
        // Its task asks first, and charges: declined. So the order can be cancelled, and is.
        paying.provider.next(Misbehaviour.of(Kind.DECLINE).toOrder(order.id().toString()));
        paying.pay(order);
        paying.awaitState(order, OrderState.PENDING_PAYMENT);
        OrderMoves.make(paying.shop, order, Move.CANCEL);
        paying.awaitState(order, OrderState.CANCELLED);

        slow.tryEmitEmpty();

        stages.awaitDepth(Stage.CHARGES, 0);
        assertThat(paying.provider.charge(order.id())).returns(0, SandboxCharge::captures);
        assertThat(paying.state(order)).isEqualTo(OrderState.CANCELLED);
    }

    @Test
    void oneCallToTheProviderTooManyIsNotMade() {
        PaymentGateway gateway = paying.shop.bean(PaymentGateway.class);
        paying.provider.next(
                Misbehaviour.of(Kind.DELAY).by(Duration.ofMillis(700)).always());
        stages.awaitDepth(Stage.PROVIDER_CALLS, 0);
        Disposable.Composite calls = Disposables.composite();
        long refused = stages.refused(Stage.PROVIDER_CALLS);
        // Once more where a busy machine took longer to begin them than the provider to answer.
        Eventually.holds("one too many is refused", () -> {
            for (long i = stages.bound(Stage.PROVIDER_CALLS); i > 0; i--) {
                calls.add(gateway.charge(UUID.randomUUID(), 100, "CNY").subscribe());
            }
            return gateway.charge(UUID.randomUUID(), 100, "CNY").block(Shop.PATIENCE) instanceof Charge.Unanswered
                    && stages.refused(Stage.PROVIDER_CALLS) > refused;
        });
        stages.awaitDepth(Stage.PROVIDER_CALLS, 0);
        calls.dispose();
    }
}
