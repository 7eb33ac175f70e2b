package flashsale.faults;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.redis.Script;
import flashsale.servers.AppOutput;
import flashsale.servers.AppProcess;
import io.lettuce.core.Range;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The node that tells other systems of orders dies by {@code kill -9} at each of its steps: events repeat, none is lost. */
@ExtendWith(AppOutput.class)
class RelayCrashFaults {

    private static final Script PUBLISH = Script.named("outbox/publish");

    private static final int BUYERS = 20;

    private static final Stores stores = Stores.shared();

    private AppProcess node;
    private Shop shop;

    @BeforeEach
    void reachNode() {
        node = stores.readyNode();
        shop = Shop.of(node);
        shop.awaitSelling();
        awaitTold();
    }

    @Test
    void killedWithTheEventsInHand() {
        assertThat(told(kill -> stores.postgresProxy().onReply("of_order").callBefore(kill)))
                .as("events told before the kill were not told")
                .hasSize(BUYERS);
    }

    @Test
    void killedBeforeRedisHearsOfThem() {
        assertThat(told(kill -> stores.redisProxy().onRequest(PUBLISH.sha1()).callBefore(kill)))
                .hasSize(BUYERS);
    }

    @Test
    void killedBeforeItHearsThatRedisHasThem() {
        assertThat(told(kill -> {
                    stores.redisProxy().onRequest(PUBLISH.sha1()).always().loseAnswers();
                    stores.redisProxy().onRequest(PUBLISH.sha1()).callAfter(() -> {
                        Awaitility.await("Redis has them").until(() -> !events().isEmpty());
                        kill.run();
                    });
                }))
                .as("Redis had them, and nobody knew")
                .hasSizeGreaterThan(BUYERS);
    }

    @Test
    void killedBeforeTheRowsAreDeleted() {
        assertThat(told(kill -> stores.postgresProxy().onRequest("outbox_told").callBefore(kill)))
                .as("told, and not deleted")
                .hasSizeGreaterThan(BUYERS);
    }

    @Test
    void killedAfterTheRowsAreDeleted() {
        told(kill -> stores.postgresProxy().onRequest("outbox_told").callAfter(kill));
    }

    /** The orders of the events in the stream at the end, repeated ones too. */
    private List<String> told(Consumer<Runnable> arm) {
        stores.redis(commands -> commands.del("flash-sale:orders"));
        // One is left, or the sale would be sold out and not open again afterwards.
        Sale sale = shop.openSale(BUYERS + 1, 1);
        var buyers = shop.buyers("relay", BUYERS);
        var killed = new CompletableFuture<Void>();
        arm.accept(() -> {
            node.kill9();
            stores.redisProxy().cutAll();
            stores.postgresProxy().cutAll();
            killed.complete(null);
        });
        var taps = Tap.burst(buyers, sale, buyer -> shop);
        killed.orTimeout(30, TimeUnit.SECONDS).join();
        Tap.ended(taps);
        stores.heal();
        node.restart();
        shop = Shop.of(node);
        shop.awaitSelling();
        shop.awaitOpen(sale);
        // Whoever the kill kept from buying buys now.
        assertThat(Tap.told(Tap.ended(Tap.burst(buyers, sale, buyer -> shop)), sale, buyer -> shop))
                .allMatch(tap -> tap.was(201) || tap.refused(409, "limit-reached") || tap.refused(409, "sold-out"));
        awaitTold();
        Set<String> orders =
                stores.orders(sale).keySet().stream().map(Object::toString).collect(Collectors.toSet());
        List<String> told = new ArrayList<>(events());
        told.retainAll(orders);
        assertThat(orders).as("orders").hasSize(BUYERS);
        assertThat(told).as("nobody was forgotten").containsAll(orders);
        return told;
    }

    private static List<String> events() {
        return stores.redis(commands -> commands.xrange("flash-sale:orders", Range.unbounded()).stream()
                .map(message -> message.getBody().get("orderId"))
                .toList());
    }

    /** The lease of a node that died ends first. */
    private static void awaitTold() {
        Awaitility.await("the outbox is empty")
                .atMost(30, TimeUnit.SECONDS)
                .until(() -> stores.count("select count(*) from outbox") == 0);
    }
}
