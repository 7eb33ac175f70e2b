package flashsale.order;

import flashsale.bench.Answers;
import flashsale.bench.Figures;
import flashsale.bench.Options;
import flashsale.bench.PlanFigures;
import flashsale.bench.Processes;
import flashsale.bench.RealStores;
import flashsale.bench.Report;
import flashsale.bench.Rounds;
import flashsale.bench.Row;
import flashsale.bench.Setting;
import flashsale.bench.Table;
import flashsale.bench.Target;
import flashsale.observability.Meters;
import flashsale.shop.Shop;
import flashsale.stock.Hold;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What it brings that orders share a transaction: the same callers, each with an order under way, through the group
 * commit; through the same code with one order a transaction, one after the other, because side by side they would only
 * wait for the lock of the counter row; and as bare INSERTs side by side without any guard, which nobody could sell by,
 * but is the least that "one at a time" can cost. PostgreSQL syncs every commit.
 */
class GroupCommitBenchmark {

    private static final int CALLERS = 256;

    private static final String GROUP = "group commit";
    private static final String SINGLE = "one order a transaction, same guards";
    private static final String BARE = "one bare INSERT an order, no guards";

    /** Users written at once, within the patience of a busy machine. */
    private static final int USERS_A_CALL = 10_000;

    /** Waiting for one of the pool's connections is part of the alternative; being refused one is not. */
    private static final Map<String, String> PATIENT = Map.of("spring.r2dbc.pool.max-acquire-time", "30s");

    private static final Map<String, String> ONE_A_COMMIT =
            Map.of("flash-sale.order.largest-commit", "1", "flash-sale.order.commit-every", "0ms");

    private final AtomicLong sequence = new AtomicLong();

    @Test
    void measure() throws IOException {
        Options options = Options.read().warmUpAtMost(20);
        try (var stores = RealStores.start();
                var shop = Shop.start(stores.servers(), PATIENT);
                var one = Shop.start(stores.servers(), ONE_A_COMMIT)) {
            var database = shop.bean(DatabaseClient.class);
            List<Long> users = users(shop, options.buyers());
            List<Row> rows = List.of(
                    row(shop, GROUP, users, hold -> committed(shop, hold)),
                    row(shop, SINGLE, users, hold -> committed(one, hold)),
                    row(shop, BARE, users, hold -> BareInserts.insert(database, hold)));
            var measured = Rounds.run(options, rows);
            DistributionSummary sizes = shop.bean(MeterRegistry.class)
                    .get(Meters.COMMIT_BATCH.meterName())
                    .summary();

            List<Target> targets = new ArrayList<>();
            for (String other : List.of(SINGLE, BARE)) {
                targets.add(Target.atLeast(
                        "orders/s, group commit to " + other, 4, 7, measured.ratio(GROUP, other, Figures::perSecond)));
                targets.add(Target.atMost(
                        "PostgreSQL CPU, group commit to " + other,
                        1 / 4.0,
                        1 / 7.0,
                        measured.ratio(GROUP, other, Figures::postgres)));
            }
            List<String> text = new ArrayList<>(List.of("## Orders in PostgreSQL", ""));
            text.add(String.format(
                    Locale.ROOT,
                    "%s. %d callers, each with one order under way, over the pool of the application; %.0f orders in a group"
                            + " commit on average. %s",
                    Setting.when(),
                    CALLERS,
                    sizes.mean(),
                    measured.conditions()));
            text.add("");
            text.addAll(Table.ofStore(measured, "orders", "PostgreSQL", Figures::postgres));
            Report.add(options, Report.Section.ORDERS, targets, text);
            PlanFigures.publish(options, PlanFigures.ofOrders(measured, GROUP, CALLERS));
        }
    }

    private static List<Long> users(Shop shop, int count) {
        List<Long> users = new ArrayList<>(count);
        while (users.size() < count) {
            users.addAll(shop.buyers(Math.min(USERS_A_CALL, count - users.size())));
        }
        return users;
    }

    private static Mono<CommitResult> committed(Shop node, Hold hold) {
        return node.bean(GroupCommit.class).commit(hold).doOnNext(result -> {
            if (!(result instanceof CommitResult.Committed)) {
                throw new IllegalStateException("Not committed: " + result);
            }
        });
    }

    /** Each user buys once, in a sale of its own; ends when all have. */
    private Row row(Shop shop, String name, List<Long> users, Function<Hold, Mono<?>> order) {
        AtomicLong saleId = new AtomicLong();
        Runnable open = () -> saleId.set(shop.open(users.size(), 1));
        return new Row(name, Processes.inThisJvm(), open, seconds -> {
            long sale = saleId.get();
            AtomicInteger next = new AtomicInteger();
            long start = System.nanoTime();
            long end = start + Duration.ofSeconds(seconds).toNanos();
            Flux.range(0, CALLERS)
                    .flatMap(
                            caller -> Mono.defer(() -> {
                                        int user = next.getAndIncrement();
                                        return user < users.size()
                                                ? order.apply(hold(sale, users.get(user)))
                                                        .then()
                                                : Mono.<Void>empty();
                                    })
                                    .repeat(() -> System.nanoTime() < end && next.get() < users.size()),
                            CALLERS)
                    .blockLast(Duration.ofSeconds(seconds + 60L));
            double took = (System.nanoTime() - start) / 1e9;
            long sold = shop.books().sold(sale);
            if (sold != Math.min(next.get(), users.size())) {
                throw new IllegalStateException(next + " orders were placed, " + sold + " are there");
            }
            return Answers.counted(sold, took);
        });
    }

    /** As Redis would have given it; PostgreSQL does not ask Redis. */
    private Hold hold(long sale, long user) {
        long seq = sequence.incrementAndGet();
        UUID id = UUID.randomUUID();
        String key = String.format(Locale.ROOT, "%064x", seq);
        return new Hold(id, sale, 1, seq, user, 1, System.currentTimeMillis(), "00".repeat(32), key);
    }
}
