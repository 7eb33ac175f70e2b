package flashsale.shop;

import flashsale.FlashSaleApplication;
import flashsale.database.DatabaseReady;
import flashsale.idempotency.Operation;
import flashsale.idempotency.Operations;
import flashsale.order.OrderBook;
import flashsale.order.PostgresWatch;
import flashsale.purchase.Purchase;
import flashsale.purchase.Tap;
import flashsale.sale.NewSale;
import flashsale.sale.SaleBoard;
import flashsale.sale.SaleDesk;
import flashsale.sale.SaleView;
import flashsale.sale.degradation.Degradation;
import flashsale.servers.Servers;
import flashsale.stock.Hold;
import flashsale.stock.HoldReply;
import flashsale.stock.HoldRequest;
import flashsale.stock.Holds;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.r2dbc.core.DatabaseClient;

/** One node of the real application on real servers. Several nodes may share their servers. */
public final class Shop implements AutoCloseable {

    /** Longer than anything here takes by itself; a test that waits so long has failed. */
    public static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final class Shared {
        static final Shop SHOP = start(Servers.shared(), Map.of());
    }

    private static final class Second {
        static final Shop SHOP = start(
                Servers.shared(),
                // Its view may be as old as it likes.
                Map.of("flash-sale.sale.refresh-every", "1h", "flash-sale.degradation.page-ttl", "2h"));
    }

    private final ConfigurableApplicationContext context;
    private final RedisClient client;
    private final RedisCommands<String, String> redis;
    private final Books books;

    private Shop(ConfigurableApplicationContext context, Servers servers) {
        this.context = context;
        this.client = RedisClient.create(servers.redis().url());
        this.redis = client.connect().sync();
        this.books = new Books(this, servers.database());
    }

    /**
     * One a JVM, with the settings it ships with, but for the gate and the rate over all nodes: a crowd here is let in however
     * slow the machine is, and one buyer may be a crowd. A test sells a sale of its own and breaks nothing here.
     */
    public static Shop shared() {
        return Shared.SHOP;
    }

    /** Another node on the same servers. It does not look after sales by itself: what it knows it was told. */
    public static Shop second() {
        return Second.SHOP;
    }

    /** A node; returns once it reaches both stores. Properties given here win. */
    public static Shop start(Servers servers, Map<String, String> properties) {
        return start(servers, properties, new ApplicationContextInitializer<?>[0]);
    }

    /** A node whose time is what that clock says; its servers have their own. */
    public static Shop withClock(Servers servers, Clock clock) {
        ApplicationContextInitializer<GenericApplicationContext> set = context -> context.registerBean(
                "clockOfTheTest", Clock.class, () -> clock, definition -> definition.setPrimary(true));
        return start(servers, Map.of(), set);
    }

    private static Shop start(
            Servers servers, Map<String, String> properties, ApplicationContextInitializer<?>... initializers) {
        Map<String, Object> all = new HashMap<>();
        servers.wire((name, value) -> all.put(name, Objects.requireNonNull(value.get())));
        all.put("server.port", "0");
        all.put("management.server.port", "0");
        all.put("flash-sale.session.jwt-secret", "a-secret-of-the-tests-that-is-long-enough");
        all.put("flash-sale.session.hashing.cost", "4");
        all.put("flash-sale.purchase.one-rate-over-all-nodes", "false");
        all.put("flash-sale.admission.gate.least-limit", "4096");
        all.put("flash-sale.admission.gate.burst", "4096");
        all.putAll(properties);
        String[] arguments = all.entrySet().stream()
                .map(property -> "--" + property.getKey() + "=" + property.getValue())
                .toArray(String[]::new);
        var shop = new Shop(
                new SpringApplicationBuilder(FlashSaleApplication.class)
                        .initializers(initializers)
                        .run(arguments),
                servers);
        shop.awaitHealthy();
        return shop;
    }

    /** Until both stores answer this node, and it knows whether it may sell. */
    public void awaitHealthy() {
        Eventually.holds(
                "both stores answer",
                () -> bean(DatabaseReady.class).isReady()
                        && bean(PostgresWatch.class).up()
                        && bean(Holds.class).reachable()
                        && bean(Degradation.class).isKnown());
    }

    public <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    public Purchase purchase() {
        return bean(Purchase.class);
    }

    public SaleDesk desk() {
        return bean(SaleDesk.class);
    }

    public OrderBook orders() {
        return bean(OrderBook.class);
    }

    /** Redis, by hand. */
    public RedisCommands<String, String> redis() {
        return redis;
    }

    public Books books() {
        return books;
    }

    /** A sale that began a minute ago, not in Redis yet. */
    public SaleView listed(long stock, int limit) {
        Instant now = Instant.now();
        return listed(stock, limit, now.minusSeconds(60), now.plusSeconds(3600));
    }

    public SaleView listed(long stock, int limit, Instant startsAt, Instant endsAt) {
        var sale = new NewSale("A thing", 9_900, "CNY", stock, startsAt, endsAt, limit);
        return Objects.requireNonNull(desk().create(sale).block(PATIENCE));
    }

    /** A sale that can be bought from. */
    public long open(long stock, int limit) {
        long sale = listed(stock, limit).id();
        desk().preheat(sale).block(PATIENCE);
        awaitSellable(sale);
        return sale;
    }

    /**
     * From now on nothing looks after this sale by itself, no sweep and no warm-up: in PostgreSQL it was over long ago.
     * Redis sells it as before.
     */
    public void leaveAlone(long sale) {
        books().execute(
                        "update sale set starts_at = now() - interval '3 days', ends_at = now() - interval '2 days'"
                                + " where id = ?",
                        sale);
    }

    /** Until this node sells it. */
    public void awaitSellable(long sale) {
        awaitSellable(sale, 1);
    }

    /** Until this node sells it under this epoch, or a later one: what it saw before may be over. */
    public void awaitSellable(long sale, long epoch) {
        Eventually.holds("sale " + sale + " sells in epoch " + epoch, () -> {
            SaleView view = bean(SaleBoard.class).find(sale).block(PATIENCE);
            return view != null && view.sellable() && view.epoch() >= epoch;
        });
    }

    /** Units held by the script and then forgotten, as by a node that crashed at that moment. */
    public Hold hold(Tap tap) {
        SaleView sale =
                Objects.requireNonNull(bean(SaleBoard.class).find(tap.saleId()).block(PATIENCE));
        Operation operation = bean(Operations.class).named(tap.userId(), tap.saleId(), tap.quantity(), tap.key());
        var request = new HoldRequest(
                operation.orderId(),
                sale.id(),
                sale.epoch(),
                Objects.requireNonNull(sale.redisRunId()),
                tap.userId(),
                tap.quantity(),
                Instant.now().plusSeconds(60).toEpochMilli(),
                operation.bodyHash(),
                operation.keyHash(),
                operation.fingerprint(),
                false);
        if (bean(Holds.class).hold(request).block(PATIENCE) instanceof HoldReply.Held held) {
            return held.hold();
        }
        throw new AssertionError("nothing was held for " + tap);
    }

    /** New users. */
    public List<Long> buyers(int count) {
        return Objects.requireNonNull(bean(DatabaseClient.class)
                .sql(
                        "insert into users (username) select 'b-' || gen_random_uuid() from generate_series(1, $1) returning id")
                .bind(0, count)
                .mapValue(Long.class)
                .all()
                .collectList()
                .block(PATIENCE));
    }

    public long buyer() {
        return buyers(1).getFirst();
    }

    @Override
    public void close() {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
        context.close();
    }
}
