package flashsale.sale;

import flashsale.database.Columns;
import flashsale.database.DatabaseReady;
import flashsale.database.Duty;
import flashsale.loops.BackgroundWork;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Audits the open sales, one after the other, on one node at a time. An
 * audit reads every order of its sale, so after each it rests for many times as long as that took, and keeps its duty
 * meanwhile. A round that was broken off goes on where it was.
 */
final class AuditWatch extends BackgroundWork {

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
    private final AuditFindings findings = new AuditFindings();

    /** The sale audited last, 0 before the first. */
    private volatile long last;

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
        findings.watch(registry);
    }

    /** One round over all sales, as long as this node is on duty. */
    Mono<Void> round() {
        return duty.take().flatMap(mine -> mine ? auditAll() : Mono.fromRunnable(findings::forget));
    }

    private Mono<Void> auditAll() {
        return database.sql(SALES)
                .map(row -> Columns.value(row, "sale_id", Long.class))
                .all()
                .collectList()
                .doOnNext(findings::keepOnly)
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

    /** How long to rest now. */
    private Mono<Duration> audit(long sale) {
        last = sale;
        return audit.read(sale, TRIES)
                .elapsed()
                .flatMap(timed -> {
                    Duration took = Duration.ofMillis(timed.getT1());
                    boolean drifts = findings.saw(timed.getT2());
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

    @Override
    protected Disposable beginWork() {
        return Flux.interval(settings.auditEvery(), settings.auditEvery())
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
}
