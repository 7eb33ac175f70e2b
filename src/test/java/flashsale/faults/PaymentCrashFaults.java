package flashsale.faults;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.local.SandboxCharge;
import flashsale.local.SandboxProvider;
import flashsale.order.payment.WebhookSignature;
import flashsale.servers.AppOutput;
import flashsale.servers.AppProcess;
import flashsale.servers.FaultProxy;
import flashsale.servers.Servers;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A node dies by {@code kill -9} at each step of a payment: the money is taken once, and the order is PAID. */
@ExtendWith(AppOutput.class)
class PaymentCrashFaults {

    private static final String SECRET = "a-secret-of-the-webhooks-of-the-tests";

    private static Servers servers;
    private static SandboxProvider provider;
    private static FaultProxy network;
    private static FaultProxy postgres;
    private static AppProcess node;

    private final CompletableFuture<Void> killed = new CompletableFuture<>();
    private Shop shop;
    private Buyer buyer;
    private UUID order;

    /** Stores that no other node uses: its tasks would be done there, at another provider. */
    @BeforeAll
    static void start() {
        servers = Servers.fresh();
        provider = SandboxProvider.start(0, SECRET);
        network = FaultProxy.inFrontOf("127.0.0.1", URI.create(provider.url()).getPort());
        postgres = FaultProxy.inFrontOf(servers.postgres());
        node = AppProcess.on(servers)
                .with("spring.r2dbc.url", postgres.through(servers.database().r2dbcUrl()))
                .with("flash-sale.provider.url", "http://127.0.0.1:" + network.port())
                .with("flash-sale.payment.webhook-secret", SECRET)
                .with("flash-sale.payment.ask-after", "500ms")
                .with("flash-sale.task.lease", "2s")
                .with("flash-sale.session.hashing.cost", "4")
                .start();
    }

    @AfterAll
    static void stop() {
        node.close();
        provider.close();
    }

    @BeforeEach
    void buy() {
        shop = Shop.of(node);
        shop.awaitSelling();
        buyer = shop.buyers("payer-" + UUID.randomUUID().toString().substring(0, 8), 1)
                .getFirst();
        order = UUID.fromString(shop.buy(shop.openSale(1, 1), buyer, "k").join().text("id"));
    }

    @AfterEach
    void heal() {
        network.heal();
        postgres.heal();
    }

    /** The node may die before its 202 is on the wire: the payer then hears nothing, and the charge goes on. */
    private void pay() {
        Answer answer = shop.post("/api/orders/" + order + "/payment", buyer)
                .exceptionally(lost -> null)
                .join();
        if (answer == null) {
            assertThat(killed).as("an answer was lost, and the node lives").succeedsWithin(Duration.ofSeconds(20));
        } else {
            assertThat(answer.status()).as("%s", answer).isEqualTo(202);
        }
    }

    private void kill() {
        node.kill9();
        network.cutAll();
        postgres.cutAll();
        killed.complete(null);
    }

    private void assertPaidOnceWhenBack() {
        killed.orTimeout(20, TimeUnit.SECONDS).join();
        heal();
        assertThat(state()).isEqualTo("PAYING");
        node.restart();
        Awaitility.await("order " + order + " is PAID")
                .atMost(Duration.ofSeconds(30))
                .until(() -> state().equals("PAID"));
        assertThat(provider.charge(order)).returns(1, SandboxCharge::captures).returns(0, SandboxCharge::refunds);
        assertThat(number("select count(*) from order_state_snapshot where state = 'PAID' and order_id = '" + order
                        + "'"))
                .isEqualTo(1);
        Awaitility.await("no task is left")
                .atMost(Duration.ofSeconds(10))
                .until(() -> number("select count(*) from order_task where order_id = '" + order + "'") == 0);
    }

    @Test
    void killedAfterTheRowBeforeTheCharge() {
        network.onRequest("POST /charges").callBefore(this::kill);
        pay();
        killed.orTimeout(20, TimeUnit.SECONDS).join();
        assertThat(provider.charge(order)).isNull();
        assertPaidOnceWhenBack();
    }

    @Test
    void killedAfterTheChargeBeforeItsAnswer() {
        network.onReply("captured").callBefore(this::kill);
        pay();
        killed.orTimeout(20, TimeUnit.SECONDS).join();
        assertThat(provider.charge(order)).returns(1, SandboxCharge::captures);
        assertPaidOnceWhenBack();
    }

    @Test
    void killedAfterTheAnswerBeforeTheMove() {
        beforeTheMove();
        pay();
        assertPaidOnceWhenBack();
    }

    @Test
    void killedAfterTheWebhookBeforeTheMove() {
        // The charge itself stays without an answer, so that the webhook is the first to tell.
        network.onReply("captured").loseAnswers();
        pay();
        Awaitility.await("the money is taken").until(() -> provider.charge(order) != null);
        beforeTheMove();
        webhook();
        assertPaidOnceWhenBack();
    }

    /** What an order is moved to is among the parameters; the call must not reach the server, where it would be done. */
    private void beforeTheMove() {
        postgres.onRequest("PAID").callBefore(this::kill);
    }

    private void webhook() {
        String body = """
                {"type":"payment.captured","orderId":"%s","amountCents":100,"reference":"ch"}""".formatted(order);
        var request = HttpRequest.newBuilder(URI.create(node.url() + "/api/payments/webhook"))
                .header("Content-Type", "application/json")
                .header(
                        "X-Payment-Signature",
                        WebhookSignature.sign(SECRET, Instant.now().getEpochSecond(), body.getBytes()))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        try {
            HttpClient.newHttpClient().send(request, BodyHandlers.discarding());
        } catch (IOException died) {
            // As the provider sees it: it would come again.
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private String state() {
        try (var connection = servers.database().connect();
                var rows = connection
                        .createStatement()
                        .executeQuery("select state from orders where id = '" + order + "'")) {
            rows.next();
            return rows.getString(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static long number(String query) {
        try (var connection = servers.database().connect();
                var rows = connection.createStatement().executeQuery(query)) {
            rows.next();
            return rows.getLong(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
