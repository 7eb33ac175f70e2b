package flashsale.sale;

import flashsale.database.DatabaseReady;
import flashsale.database.Duty;
import flashsale.observability.Meters;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Audits the open sales, one after the other, on one node at a time; says which one does not add up and what to do. An
 * audit reads every order of its sale, so after each it rests for many times as long as that took, and keeps its duty
 * meanwhile. A round that was broken off goes on where it was.
 */
final class AuditWatch implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(AuditWatch.class);

    /** Audits take no more than a fiftieth of the time, however many orders there are. */
    static final int RESTS = 49;

    /** A sale that sells so fast that it cannot be read at one moment is read when it does not. */
    private static final int TRIES = 2;

    /** Sales whose units can still move: open ones, and those that ended within a day. */
    private static final String SALES = """
            select c.sale_id from sale_counter c join sale s on s.id = c.sale_id
             where c.phase = 'OPEN' and c.history = (select postgres_history()) and s.ends_at > now() - interval '1 day'
             order by s.ends_at < now(), s.ends_at limit 1000
            """;

    private final DatabaseClient database;
    private final Audit audit;
    private final Repair repair;
    private final Duty duty;
    private final DatabaseReady schema;
    private final SaleSettings settings;
    private final int rests;

    /** The sale audited last, 0 before the first. */
    private volatile long last;

    /** By sale, those with a drift other than 0; written by the one loop, read by meters. */
    private volatile Map<Long, Long> drifts = Map.of();

    private volatile Set<Long> miscounted = Set.of();
    private volatile @Nullable Disposable watching;

    /** @param rests how many times as long as an audit took is rested after it */
    AuditWatch(
            DatabaseClient database,
            Audit audit,
            Repair repair,
            Duty duty,
            DatabaseReady schema,
            SaleSettings settings,
            int rests) {
        this.database = database;
        this.audit = audit;
        this.repair = repair;
        this.duty = duty;
        this.schema = schema;
        this.settings = settings;
        this.rests = rests;
    }

    void watch(MeterRegistry registry) {
        Gauge.builder(Meters.DRIFT.meterName(), this, self -> self.drifts.values().stream()
                        .mapToLong(Math::abs)
                        .sum())
                .description(Meters.DRIFT.description())
                .register(registry);
        Gauge.builder(Meters.DRIFTING.meterName(), this, self -> self.drifts.size())
                .description(Meters.DRIFTING.description())
                .register(registry);
        Gauge.builder(Meters.MISCOUNTED.meterName(), this, self -> self.miscounted.size())
                .description(Meters.MISCOUNTED.description())
                .register(registry);
    }

    /** One round over all sales, as long as this node is on duty. */
    Mono<Void> round() {
        return duty.take().flatMap(mine -> mine ? auditAll() : forget());
    }

    /** Whoever has the duty now has the figures. */
    private Mono<Void> forget() {
        drifts = Map.of();
        miscounted = Set.of();
        return Mono.empty();
    }

    private Mono<Void> auditAll() {
        return database.sql(SALES)
                .map(row -> Listed.value(row, "sale_id", Long.class))
                .all()
                .collectList()
                .doOnNext(this::keepOnly)
                .flatMapIterable(sales -> after(last, sales))
                .concatMap(sale -> audit(sale).flatMap(this::rest), 1)
                .takeWhile(mine -> mine)
                .then();
    }

    /** The same sales, those behind the given one first: a node that is on duty for one audit at a time gets to all. */
    private static List<Long> after(long sale, List<Long> sales) {
        List<Long> turned = new ArrayList<>(sales);
        Collections.rotate(turned, -(sales.indexOf(sale) + 1));
        return turned;
    }

    /** Whether this node still has the duty afterwards; ends as soon as it has not. */
    private Mono<Boolean> rest(Duration left) {
        Duration pause = left.compareTo(duty.longestPause()) < 0 ? left : duty.longestPause();
        return Mono.delay(pause)
                .then(duty.take())
                .flatMap(mine -> mine && left.compareTo(pause) > 0 ? rest(left.minus(pause)) : Mono.just(mine));
    }

    /** What is open no more is not looked at any more either. */
    private void keepOnly(List<Long> open) {
        Map<Long, Long> kept = new HashMap<>(drifts);
        kept.keySet().retainAll(open);
        drifts = kept;
        Set<Long> keptMiscounted = new HashSet<>(miscounted);
        keptMiscounted.retainAll(open);
        miscounted = keptMiscounted;
    }

    /** How long to rest now. */
    private Mono<Duration> audit(long sale) {
        last = sale;
        return audit.read(sale, TRIES)
                .elapsed()
                .flatMap(timed -> {
                    Duration took = Duration.ofMillis(timed.getT1());
                    boolean drifts = saw(timed.getT2());
                    Mono<Void> repaired = drifts && settings.repairByItself()
                            ? repair.sync(sale, null).then()
                            : Mono.empty();
                    return repaired.thenReturn(took.multipliedBy(rests));
                })
                .onErrorResume(fault -> {
                    log.warn("Sale {} was not audited: {}", sale, fault.toString());
                    return Mono.empty();
                })
                .defaultIfEmpty(Duration.ZERO);
    }

    /** Says each trouble once. A sale that moved too fast to be read is as it was before. */
    private boolean saw(Reading reading) {
        if (!reading.report().consistent()) {
            return false;
        }
        long sale = reading.report().saleId();
        Map<Long, Long> known = new HashMap<>(drifts);
        Long before = reading.drift() == 0 ? known.remove(sale) : known.put(sale, reading.drift());
        drifts = known;
        if (reading.drift() != 0 && (before == null || before != reading.drift())) {
            log.error(
                    "Sale {}: Redis has {} units {} than the orders explain ({}). Find out who wrote to it by hand; if it"
                            + " stays, POST /api/ops/sales/{}/sync puts it right",
                    sale,
                    Math.abs(reading.drift()),
                    reading.drift() > 0 ? "more" : "fewer",
                    reading.report(),
                    sale);
        }
        Set<Long> wrong = new HashSet<>(miscounted);
        boolean news = reading.countsAgree() ? wrong.remove(sale) : wrong.add(sale);
        miscounted = wrong;
        if (news && !reading.countsAgree()) {
            log.error(
                    "Sale {}: its orders say {} sold, the counter row {}, the rows of its buyers {}. PostgreSQL was written"
                            + " to by hand, or restored in part; the orders are right",
                    sale,
                    reading.report().sold(),
                    reading.counted(),
                    reading.bought());
        }
        return reading.drift() != 0;
    }

    @Override
    public void start() {
        watching = Flux.interval(settings.auditEvery(), settings.auditEvery())
                .onBackpressureDrop()
                .filter(tick -> schema.isReady())
                .concatMap(
                        tick -> round().onErrorResume(fault -> {
                            log.warn("Audits broke off, again in {}: {}", settings.auditEvery(), fault.toString());
                            return Mono.empty();
                        }),
                        1)
                .subscribe();
    }

    @Override
    public void stop() {
        Disposable running = watching;
        if (running != null) {
            running.dispose();
            watching = null;
        }
    }

    @Override
    public boolean isRunning() {
        return watching != null;
    }
}
