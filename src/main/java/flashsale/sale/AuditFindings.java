package flashsale.sale;

import flashsale.observability.Meters;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which sales do not add up, as their last audits saw them: each trouble is said once, and counted as long as it stands. */
final class AuditFindings {

    private static final Logger log = LoggerFactory.getLogger(AuditFindings.class);

    /** By sale, those with a drift other than 0; written by the one loop, read by meters. */
    private volatile Map<Long, Long> drifts = Map.of();

    private volatile Set<Long> miscounted = Set.of();

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

    /** Somebody else audits: whoever has the duty has the figures. */
    void forget() {
        drifts = Map.of();
        miscounted = Set.of();
    }

    /** What is open no more is not looked at any more either. */
    void keepOnly(List<Long> open) {
        Map<Long, Long> kept = new HashMap<>(drifts);
        kept.keySet().retainAll(open);
        drifts = kept;
        Set<Long> keptMiscounted = new HashSet<>(miscounted);
        keptMiscounted.retainAll(open);
        miscounted = keptMiscounted;
    }

    /** Whether units are missing or too many. A sale that moved too fast to be read is as it was before. */
    boolean saw(Reading reading) {
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
}
