package flashsale.sale;

import flashsale.loops.BackgroundWork;
import flashsale.observability.Meters;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/** The figures of each open sale, as this node sees it; they go with the sale. */
final class SaleMeters extends BackgroundWork {

    /** Sales told apart: each is a time series a meter and node, for as long as the metrics are kept. */
    static final int MOST = 100;

    /** Metrics are read every few seconds. */
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

    private final SaleBoard board;
    private final Map<MultiGauge, ToDoubleFunction<Listed>> figures = new LinkedHashMap<>();

    /** By id; written by the one loop, read by meters. */
    private volatile Map<Long, Listed> shown = Map.of();

    SaleMeters(SaleBoard board, MeterRegistry registry) {
        this.board = board;
        figures.put(gauge(Meters.SALE_STOCK, registry), Listed::stock);
        figures.put(gauge(Meters.SALE_AVAILABLE, registry), this::available);
        figures.put(gauge(Meters.SALE_SOLD, registry), Listed::sold);
        figures.put(gauge(Meters.SALE_EPOCH, registry), Listed::epoch);
    }

    private static MultiGauge gauge(Meters meter, MeterRegistry registry) {
        return MultiGauge.builder(meter.meterName())
                .description(meter.description())
                .register(registry);
    }

    private double available(Listed sale) {
        SaleView view = board.known(sale.id());
        return view == null || !view.reachable() ? Double.NaN : view.available();
    }

    private void look() {
        shown = open(board.openSales());
        List<Long> ids = List.copyOf(shown.keySet());
        figures.forEach((gauge, figure) -> gauge.register(
                ids.stream()
                        .map(id -> MultiGauge.Row.of(Tags.of("sale", Long.toString(id)), () -> value(id, figure)))
                        .collect(Collectors.toList()),
                false));
    }

    private double value(long id, ToDoubleFunction<Listed> figure) {
        Listed sale = shown.get(id);
        return sale == null ? Double.NaN : figure.applyAsDouble(sale);
    }

    /** Of more than there is room for, those that began last. */
    static Map<Long, Listed> open(Collection<Listed> sales) {
        return sales.stream()
                .sorted(Listed.SOONEST_FIRST.reversed())
                .limit(MOST)
                .collect(Collectors.toMap(Listed::id, sale -> sale));
    }

    @Override
    protected Disposable beginWork() {
        return Flux.interval(LOOK_EVERY).onBackpressureDrop().subscribe(tick -> look());
    }
}
