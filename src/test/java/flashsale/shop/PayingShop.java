package flashsale.shop;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.local.SandboxProvider;
import flashsale.observability.Stage;
import flashsale.order.MoveResult;
import flashsale.order.Order;
import flashsale.order.OrderState;
import flashsale.order.payment.Payments;
import flashsale.order.payment.WebhookSignature;
import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.servers.Servers;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.springframework.core.env.Environment;

/** A node with a provider, and stores of its own: other nodes' tasks would be done there without one. */
public final class PayingShop {

    public static final String SECRET = "a-secret-of-the-webhooks-of-the-tests";

    private static final class Shared {
        static final PayingShop SHOP = new PayingShop();
    }

    public final SandboxProvider provider = SandboxProvider.start(0, SECRET);
    public final Servers servers = Servers.fresh();
    public final Shop shop = Shop.start(servers, settings());

    private final HttpClient http = HttpClient.newHttpClient();

    private PayingShop() {
        provider.tells(webhooks());
    }

    public static PayingShop shared() {
        return Shared.SHOP;
    }

    /** A task is due: nobody need wait for it. */
    public void hurry(Order order) {
        shop.books().execute("update order_task set due_at = now() where order_id = ?", order.id());
    }

    /** Impatient, so that tests need not be patient. */
    public Map<String, String> settings() {
        return Map.of(
                "flash-sale.provider.url", provider.url(),
                "flash-sale.provider.response-timeout", "1s",
                "flash-sale.payment.webhook-secret", SECRET,
                "flash-sale.payment.ask-after", "300ms",
                "flash-sale.payment.attempts", "4",
                "flash-sale.task.poll-every", "50ms",
                "flash-sale.task.back-off", "50ms",
                "flash-sale.task.longest-back-off", "400ms");
    }

    public String webhooks() {
        return "http://127.0.0.1:" + shop.bean(Environment.class).getProperty("local.server.port")
                + "/api/payments/webhook";
    }

    public Order order() {
        return order(shop.open(5, 1));
    }

    public Order order(long sale) {
        return order(sale, shop.buyer());
    }

    public Order order(long sale, long buyer) {
        return ((Ordered) Crowd.buy(shop, Crowd.tap(sale, buyer, 1))).order();
    }

    public Order pay(Order order) {
        MoveResult result =
                shop.bean(Payments.class).pay(order.id(), UUID.randomUUID()).block(Shop.PATIENCE);
        assertThat(result).isInstanceOf(MoveResult.Moved.class);
        return ((MoveResult.Moved) Objects.requireNonNull(result)).order();
    }

    /** PAYING, by a provider that is away, and stays so; its task comes to it in an hour. */
    public Order payUnheard(Order order) {
        provider.away(true);
        Order asked = pay(order);
        shop.books().execute("update order_task set due_at = now() + interval '1 hour' where order_id = ?", order.id());
        Stages stages = new Stages(shop);
        stages.awaitDepth(Stage.CHARGES, 0);
        // Whoever was at it finds that it is not his any more.
        stages.awaitDepth(Stage.ORDER_TASKS, 0);
        assertThat(state(order)).isEqualTo(OrderState.PAYING);
        return asked;
    }

    public OrderState state(Order order) {
        return Objects.requireNonNull(shop.orders().find(order.id()).block(Shop.PATIENCE))
                .state();
    }

    public void awaitState(Order order, OrderState state) {
        Eventually.holds("order " + order.id() + " is " + state + ", not " + state(order), () -> state(order) == state);
    }

    /** The time to pay is over. */
    public void lapse(Order order) {
        shop.books().execute("update orders set pay_before = now() - interval '1 ms' where id = ?", order.id());
    }

    public long tasks(Order order) {
        return shop.books().number("select count(*) from order_task where order_id = ?", order.id());
    }

    public long snapshots(Order order, OrderState state) {
        return shop.books()
                .number(
                        "select count(*) from order_state_snapshot where order_id = ? and state = ?",
                        order.id(),
                        state.name());
    }

    public String event(String type, Order order, long amountCents) {
        return """
                {"id":"evt_1","type":"payment.%s","orderId":"%s","amountCents":%d,"currency":"CNY","reference":"ch_1"}""".formatted(type, order.id(), amountCents);
    }

    /** The status it was answered with. */
    public int webhook(String body) {
        return webhook(body, WebhookSignature.sign(SECRET, Instant.now().getEpochSecond(), body.getBytes()));
    }

    public int webhook(String body, String signature) {
        try {
            return http.send(
                            HttpRequest.newBuilder(URI.create(webhooks()))
                                    .header("Content-Type", "application/json")
                                    .header("X-Payment-Signature", signature)
                                    .POST(HttpRequest.BodyPublishers.ofString(body))
                                    .build(),
                            BodyHandlers.discarding())
                    .statusCode();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
