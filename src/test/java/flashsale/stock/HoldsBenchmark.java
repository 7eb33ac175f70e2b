package flashsale.stock;

import flashsale.bench.Answers;
import flashsale.bench.Figures;
import flashsale.bench.Options;
import flashsale.bench.Processes;
import flashsale.bench.RealStores;
import flashsale.bench.Report;
import flashsale.bench.Rounds;
import flashsale.bench.Row;
import flashsale.bench.Setting;
import flashsale.bench.Table;
import flashsale.bench.Target;
import flashsale.redis.BareRedis;
import flashsale.redis.SaleKeys;
import flashsale.redis.StockRedis;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.core.env.MapPropertySource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What it brings that buyers share a script call: the same callers, each with a hold under way, once through one queue
 * with our settings, once each with a queue of its own, which makes it one EVALSHA a hold, sent at once over the
 * connections we have. In this package, because how holds are gathered is nobody else's business.
 */
class HoldsBenchmark {

    private static final List<Integer> CALLERS = List.of(64, 256);
    private static final long PLENTY = 1_000_000_000;

    private static final Map<String, Object> ONE_A_CALL =
            Map.of("flash-sale.stock.largest-batch", "1", "flash-sale.stock.batch-every", "0ms");

    private final AtomicLong users = new AtomicLong();
    private final List<AnnotationConfigApplicationContext> rooms = new ArrayList<>();

    @Test
    void measure() throws IOException {
        Options options = Options.read().warmUpAtMost(20);
        try (var server = RealStores.redis();
                var redis = BareRedis.on(server)) {
            List<Row> rows = new ArrayList<>();
            for (int callers : CALLERS) {
                Holds shared = holds(redis, Map.of());
                List<Holds> own = Flux.range(0, callers)
                        .map(caller -> holds(redis, ONE_A_CALL))
                        .collectList()
                        .block();
                rows.add(row(redis, batched(callers), callers, caller -> shared));
                rows.add(row(redis, single(callers), callers, own::get));
            }
            var measured = Rounds.run(options, rows);
            List<Target> targets = new ArrayList<>();
            for (int callers : CALLERS) {
                String which = ", %d callers: batched to one EVALSHA a hold".formatted(callers);
                targets.add(Target.atLeast(
                        "holds/s" + which,
                        1.7,
                        2.2,
                        measured.ratio(batched(callers), single(callers), Figures::perSecond)));
                targets.add(Target.atMost(
                        "Redis CPU" + which,
                        0.6,
                        0.5,
                        measured.ratio(batched(callers), single(callers), Figures::redis)));
            }
            List<String> text = new ArrayList<>(
                    List.of("## Holds in Redis", "", Setting.when() + ". " + measured.conditions(), ""));
            text.addAll(Table.ofStore(measured, "holds", "Redis", Figures::redis));
            Report.add(options, Report.Section.HOLDS, targets, text);
        } finally {
            rooms.forEach(AnnotationConfigApplicationContext::close);
        }
    }

    private static String batched(int callers) {
        return callers + " callers, batched";
    }

    private static String single(int callers) {
        return callers + " callers, one EVALSHA a hold";
    }

    /** As the application makes them, whatever they are made of by then. */
    private Holds holds(BareRedis redis, Map<String, Object> settings) {
        var room = new AnnotationConfigApplicationContext();
        room.getEnvironment().getPropertySources().addFirst(new MapPropertySource("benchmark", settings));
        room.registerBean(StockRedis.class, redis::redis, definition -> definition.setDestroyMethodName(""));
        // Those of production.
        room.registerBean(AttemptRate.class, () -> new AttemptRate(2, 5));
        room.registerBean(Clock.class, Clock::systemUTC);
        room.registerBean(SimpleMeterRegistry.class, SimpleMeterRegistry::new);
        room.register(StockConfiguration.class);
        room.refresh();
        rooms.add(room);
        return room.getBean(Holds.class);
    }

    private Row row(BareRedis redis, String name, int callers, IntFunction<Holds> holds) {
        return new Row(name, Processes.inThisJvm(), seconds -> {
            long sale = redis.openSale(PLENTY, 1);
            String runId = redis.awaitLink().runId();
            AtomicLong held = new AtomicLong();
            long start = System.nanoTime();
            long end = start + Duration.ofSeconds(seconds).toNanos();
            Flux.range(0, callers)
                    .flatMap(
                            caller -> Mono.defer(() -> holds.apply(caller).hold(request(sale, runId)))
                                    .doOnNext(reply -> count(held, reply))
                                    .repeat(() -> System.nanoTime() < end),
                            callers)
                    .blockLast(Duration.ofSeconds(seconds + 30L));
            double took = (System.nanoTime() - start) / 1e9;
            // Not left for the next row to carry.
            SaleKeys keys = SaleKeys.of(sale);
            redis.commands().unlink(keys.sale(), keys.journal());
            return Answers.counted(held.get(), took);
        });
    }

    /** A new buyer each time: nothing is replayed, and the sale's hash grows as in a sale. */
    private HoldRequest request(long sale, String runId) {
        return new HoldRequest(
                UUID.randomUUID(),
                sale,
                1,
                runId,
                users.incrementAndGet(),
                1,
                Long.MAX_VALUE / 2,
                "00".repeat(16),
                "11".repeat(16),
                null,
                false);
    }

    private static void count(AtomicLong held, HoldReply reply) {
        if (!(reply instanceof HoldReply.Held)) {
            throw new IllegalStateException("Nothing was held: " + reply);
        }
        held.incrementAndGet();
    }
}
