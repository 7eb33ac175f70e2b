package flashsale.order.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.observability.Stage;
import flashsale.order.Move;
import flashsale.order.Moves;
import flashsale.order.Order;
import flashsale.order.Step;
import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.redis.StockRedis;
import flashsale.servers.Servers;
import flashsale.shop.Books;
import flashsale.shop.Crowd;
import flashsale.shop.Eventually;
import flashsale.shop.Shop;
import flashsale.shop.Stages;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Flux;

/** Other systems hear of every change of an order, in its order, whatever breaks off between. */
class OutboxRelayTest {

    private static final String STREAM = "flash-sale:orders";

    private static final Map<String, String> QUICK = Map.of(
            "flash-sale.outbox.every", "10ms",
            "flash-sale.outbox.attempts", "3",
            "flash-sale.outbox.first-retry", "50ms",
            "flash-sale.outbox.measure-every", "50ms");

    private static final Servers servers = Servers.fresh();

    private static Shop shop;
    private static Books books;
    private static Consumer consumer;

    @BeforeAll
    static void openShop() {
        shop = Shop.start(servers, QUICK);
        books = shop.books();
        consumer = new Consumer(shop, STREAM);
    }

    @AfterAll
    static void closeShop() {
        shop.close();
    }

    @Test
    void anOrdersLifeIsToldFromItsBeginning() {
        Order order = order();
        move(order, Move.PAY);
        move(order, Move.CAPTURE);
        awaitDrained();
        List<Map<String, String>> told = consumer.eventsOf(order.id());
        assertThat(told)
                .extracting(event -> event.get("stateVersion") + event.get("prevState") + ">" + event.get("state"))
                .containsExactly("1>PENDING_PAYMENT", "2PENDING_PAYMENT>PAYING", "3PAYING>PAID");
        assertThat(told.getFirst())
                .containsEntry("eventId", order.id().toString())
                .containsEntry("saleId", Long.toString(order.saleId()))
                .containsEntry("quantity", "1")
                .containsEntry("amountCents", Long.toString(order.amountCents()))
                .containsEntry("currency", "CNY")
                .containsEntry("userId", Long.toString(order.userId()))
                .hasSize(11);
        assertThat(Instant.parse(told.getFirst().get("occurredAt"))).isBefore(Instant.now());
    }

    @Test
    void aRelayThatWasStoppedTellsAgainOnceItIsStarted() {
        OutboxRelay relay = shop.bean(OutboxRelay.class);
        var stopped = new CompletableFuture<Void>();
        relay.stop(() -> stopped.complete(null));
        stopped.join();
        Order order = order();
        relay.start();
        awaitDrained();
        assertThat(consumer.eventsOf(order.id())).hasSize(1);
    }

    @Test
    void twoNodesThatKeepTakingItFromEachOtherTellTenThousandEventsInOrder() {
        long sale = shop.open(10, 1);
        var other = Shop.start(servers, QUICK);
        try {
            books.execute("""
                    insert into orders (id, sale_id, user_id, quantity, amount_cents, currency, state, state_version, key_hash,
                                        body_hash, hold_epoch, hold_seq, pay_before, returned)
                    select gen_random_uuid(), ?, ?, 1, 100, 'CNY', 'REFUNDED', 4, decode(md5(g::text), 'hex'), '', 1, g, now(),
                           true
                      from generate_series(1, 2500) g
                    """, sale, shop.buyer());
            for (int version = 1; version <= 4; version++) {
                books.execute("""
                        with noted as (
                            insert into order_state_snapshot (order_id, state_version, state, event_id, occurred_at)
                            select id, ?, 'PAID', case when ? = 1 then id else gen_random_uuid() end, now()
                              from orders where sale_id = ?
                            returning order_id, state_version
                        )
                        insert into outbox (order_id, state_version) select * from noted order by random()
                        """, version, version, sale);
                // A lease that ends in the middle of a batch: its node goes on without knowing, another one begins.
                for (int i = 0; i < 20; i++) {
                    books.execute("update duty set until = now() - interval '1 s' where name = 'outbox'");
                    pause(Duration.ofMillis(7));
                }
            }
            awaitDrained();
            assertThat(relayed(shop)).as("told by the one").isPositive();
            assertThat(relayed(other)).as("told by the other").isPositive();
            assertThat(consumer.newestVersions().entrySet().stream()
                            .filter(order -> order.getValue() == 4)
                            .count())
                    .isEqualTo(2500);
        } finally {
            other.close();
        }
    }

    @Test
    void anEventNobodyKnowsHoldsUpItsOrderAndNoOther() {
        Order stuck = order();
        Order other = order();
        books.execute(
                "insert into order_state_snapshot (order_id, state_version, state, event_id, occurred_at)"
                        + " values (?, 2, 'TELEPORTED', gen_random_uuid(), now())",
                stuck.id());
        books.execute("insert into outbox (order_id, state_version) values (?, 2)", stuck.id());
        books.execute("update orders set state_version = 2 where id = ?", stuck.id());
        move(stuck, Move.PAY);
        move(other, Move.PAY);

        DeadLetter letter = awaitDead(stuck);

        assertThat(letter)
                .returns("EVENT", DeadLetter::kind)
                .returns(3, DeadLetter::attempts)
                .returns("version 2: no state TELEPORTED is known", DeadLetter::lastError);
        assertThat(consumer.eventsOf(stuck.id())).hasSize(1);
        assertThat(consumer.eventsOf(other.id())).hasSize(2);
        Eventually.holds(
                "the meter counts it",
                () -> shop.bean(MeterRegistry.class)
                                .get("flashsale.dead.letters")
                                .tag("kind", "EVENT")
                                .gauge()
                                .value()
                        > 0);
        books.execute("delete from outbox where order_id = ?", stuck.id());
    }

    @Test
    void aDeadEventThatIsAskedForAgainIsToldBeforeThoseBehindIt() {
        Order order = order();
        books.execute("insert into outbox (order_id, state_version) values (?, 2)", order.id());
        books.execute("update orders set state_version = 2 where id = ?", order.id());
        move(order, Move.PAY);
        DeadLetter letter = awaitDead(order);
        assertThat(consumer.eventsOf(order.id())).hasSize(1);

        books.execute(
                "insert into order_state_snapshot (order_id, state_version, state, event_id, occurred_at)"
                        + " values (?, 2, 'PENDING_PAYMENT', gen_random_uuid(), now())",
                order.id());
        DeadLetters letters = shop.bean(DeadLetters.class);
        assertThat(letters.retry(letter.id()).block(Shop.PATIENCE)).isTrue();
        assertThat(letters.retry(letter.id()).block(Shop.PATIENCE))
                .as("it is no dead letter now")
                .isFalse();

        Eventually.holds("all is told", () -> consumer.eventsOf(order.id()).size() == 3);
        assertThat(consumer.eventsOf(order.id()))
                .extracting(event -> event.get("stateVersion"))
                .containsExactly("1", "2", "3");
    }

    @Test
    void aRelayThatStalledIsRefusedByItsNumber() {
        awaitDrained();
        order();
        awaitDrained();
        assertThat(stream(settings(1_000_000)).publish(1, events(1)).block(Shop.PATIENCE))
                .isInstanceOf(OrderStream.Published.Replaced.class);
    }

    @Test
    void noNumberIsGivenTwiceWhileAnotherNodeSetsThem() throws Exception {
        Servers own = Servers.fresh();
        try (Shop quiet = Shop.start(own, Map.of("flash-sale.outbox.every", "1h"));
                var connection = own.database().connect();
                var statement = connection.createStatement()) {
            var outbox = new Outbox(
                    quiet.bean(DatabaseClient.class),
                    UUID.randomUUID(),
                    settings(1_000).toSettings());
            statement.execute("insert into outbox (order_id, state_version) values (gen_random_uuid(), 1)");
            var setting = Flux.range(0, Integer.MAX_VALUE)
                    .concatMap(round -> outbox.numberBeyond(0).thenReturn(round))
                    .subscribe();
            try {
                List<Long> numbers = new ArrayList<>();
                UUID node = UUID.randomUUID();
                for (int i = 0; i < 200; i++) {
                    try (var rows = statement.executeQuery("select batch from generate_series(1, 20) g,"
                            + " lateral take_outbox('" + node + "', 3600000 + 0 * g, 1)")) {
                        while (rows.next()) {
                            numbers.add(rows.getLong(1));
                        }
                    }
                }
                assertThat(numbers).hasSize(4_000).doesNotHaveDuplicates().isSorted();
            } finally {
                setting.dispose();
            }
        }
    }

    @Test
    void anEventThatHasThePositionOfOneThatWasToldIsNotTakenForIt() {
        Servers own = Servers.fresh();
        try (Shop quiet = Shop.start(own, Map.of("flash-sale.outbox.every", "1h"))) {
            var outbox = new Outbox(
                    quiet.bean(DatabaseClient.class),
                    UUID.randomUUID(),
                    settings(1_000).toSettings());
            quiet.books().execute("insert into outbox (order_id, state_version) values (gen_random_uuid(), 1)");
            var told =
                    Objects.requireNonNull(outbox.take().block(Shop.PATIENCE)).rows();
            // PostgreSQL has failed over meanwhile, and the position is another event's.
            quiet.books().execute("update outbox set order_id = gen_random_uuid()");
            outbox.told(told).block(Shop.PATIENCE);
            assertThat(quiet.books().number("select count(*) from outbox")).isEqualTo(1);
        }
    }

    @Test
    void aDatabaseRestoredFromAnOlderCopyGoesOn() {
        awaitDrained();
        shop.redis().set("{" + STREAM + "}:batch", "1000000000000");
        Order order = order();
        awaitDrained();
        assertThat(consumer.eventsOf(order.id())).hasSize(1);
    }

    @Test
    void aStreamThatWasLostIsToldAgainFromTheBeginningOfEachOrder() {
        Order order = order();
        move(order, Move.PAY);
        awaitDrained();
        shop.redis().del(STREAM);
        books.execute("select tell_again(now() - interval '1 hour')");
        move(order, Move.CAPTURE);
        awaitDrained();
        assertThat(consumer.newestVersions()).containsEntry(order.id().toString(), 3);
    }

    @Test
    void anOrderInWhoseLifeTheClockWentBackIsToldAgainVersionByVersion() {
        Order order = order();
        books.execute(
                "insert into order_state_snapshot (order_id, state_version, state, prev_state, event_id, occurred_at)"
                        + " values (?, 2, 'PAYING', 'PENDING_PAYMENT', gen_random_uuid(), now() - interval '1 minute')",
                order.id());
        books.execute("update orders set state = 'PAYING', state_version = 2 where id = ?", order.id());
        awaitDrained();
        shop.redis().del(STREAM);
        books.execute("select tell_again(now() - interval '1 hour')");
        awaitDrained();
        assertThat(consumer.eventsOf(order.id()))
                .extracting(event -> event.get("stateVersion"))
                .containsExactly("1", "2");
    }

    @Test
    void onlyWhatIsOldEnoughIsForgotten() {
        OrderStream old = stream(settings(200).with(Duration.ZERO, Duration.ofHours(1)));
        OrderStream young = stream(settings(200).with(Duration.ofHours(1), Duration.ofHours(1)));
        for (int i = 0; i < 20; i++) {
            assertThat(young.publish(Long.MAX_VALUE >> 12, events(10)).block(Shop.PATIENCE))
                    .isInstanceOf(OrderStream.Published.Taken.class);
        }
        assertThat(young.publish(Long.MAX_VALUE >> 12, events(1)).block(Shop.PATIENCE))
                .as("full of events too young to go")
                .isEqualTo(new OrderStream.Published.Full(200));
        pause(Duration.ofMillis(5));
        assertThat(old.publish(Long.MAX_VALUE >> 12, events(1)).block(Shop.PATIENCE))
                .isInstanceOf(OrderStream.Published.Taken.class);
        assertThat(shop.redis().xlen("trimmed")).isLessThanOrEqualTo(101);
    }

    @Test
    void aFullStreamLeavesEventsInTheOutbox() {
        Servers own = Servers.fresh();
        try (Shop small =
                Shop.start(own, Map.of("flash-sale.outbox.every", "10ms", "flash-sale.outbox.most-kept", "5"))) {
            Stages stages = new Stages(small);
            long sale = small.open(10, 1);
            Crowd.buy(
                    small,
                    small.buyers(7).stream()
                            .map(user -> Crowd.tap(sale, user, 1))
                            .toList());
            for (int i = 0; i < 5; i++) {
                pause(Duration.ofMillis(20));
            }
            assertThat(stages.bound(Stage.ORDER_EVENTS)).isEqualTo(5);
            assertThat(stages.depth(Stage.ORDER_EVENTS)).isLessThanOrEqualTo(5);
            assertThat(small.redis().xlen(STREAM) + small.books().number("select count(*) from outbox"))
                    .as("all are somewhere")
                    .isGreaterThanOrEqualTo(7);
            assertThat(small.books().number("select count(*) from outbox"))
                    .as("those that wait")
                    .isPositive();
            small.redis().xtrim(STREAM, 0);
            Eventually.holds("the rest is told", () -> small.redis().xlen(STREAM) > 0);
        }
    }

    private static OrderStream stream(Settings settings) {
        return new OrderStream(shop.bean(StockRedis.class), settings.toSettings());
    }

    private static Settings settings(int mostKept) {
        return new Settings(mostKept, mostKept == 200 ? "trimmed" : STREAM, Duration.ofHours(1), Duration.ofHours(24));
    }

    private record Settings(int mostKept, String stream, Duration kept, Duration forgotten) {
        Settings with(Duration newKept, Duration newForgotten) {
            return new Settings(mostKept, stream, newKept, newForgotten);
        }

        OutboxSettings toSettings() {
            return new OutboxSettings(
                    stream,
                    Duration.ofMillis(10),
                    500,
                    Duration.ofSeconds(5),
                    3,
                    Duration.ofMillis(50),
                    Duration.ofMinutes(5),
                    kept,
                    forgotten,
                    mostKept,
                    Duration.ofSeconds(10));
        }
    }

    private static List<OrderEvent> events(int count) {
        List<OrderEvent> events = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            UUID id = UUID.randomUUID();
            events.add(new OrderEvent(
                    id, id, 1, flashsale.order.OrderState.PENDING_PAYMENT, null, 1, Instant.now(), 1, 100, "CNY", 1));
        }
        return events;
    }

    private static Order order() {
        long sale = shop.open(5, 1);
        return ((Ordered) Crowd.buy(shop, Crowd.tap(sale, shop.buyer(), 1))).order();
    }

    private static void move(Order order, Move move) {
        Objects.requireNonNull(shop.bean(Moves.class)
                .make(new Step(order.id(), move, UUID.randomUUID(), Map.of()))
                .block(Shop.PATIENCE));
    }

    private static DeadLetter awaitDead(Order order) {
        List<DeadLetter> found = new ArrayList<>();
        Eventually.holds("an event of order " + order.id() + " is given up", () -> {
            found.clear();
            found.addAll(Objects.requireNonNull(shop.bean(DeadLetters.class)
                    .newest(100)
                    .filter(letter -> letter.orderId().equals(order.id()))
                    .collectList()
                    .block(Shop.PATIENCE)));
            return !found.isEmpty();
        });
        return found.getFirst();
    }

    private static double relayed(Shop node) {
        return node.bean(MeterRegistry.class)
                .get("flashsale.outbox.relayed")
                .functionCounter()
                .count();
    }

    private static void awaitDrained() {
        Eventually.holds(
                "the outbox is empty but for what another test broke",
                () -> books.number("select count(*) from outbox x where not exists"
                                + " (select from outbox d where d.order_id = x.order_id and d.attempts > 0)")
                        == 0);
    }

    private static void pause(Duration time) {
        Flux.never().take(time).blockLast();
    }
}
