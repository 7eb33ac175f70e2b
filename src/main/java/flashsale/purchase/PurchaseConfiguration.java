package flashsale.purchase;

import flashsale.admission.ConcurrencyGate;
import flashsale.admission.UserRate;
import flashsale.idempotency.Operations;
import flashsale.observability.Stage;
import flashsale.order.GroupCommit;
import flashsale.order.OrderBook;
import flashsale.order.PostgresWatch;
import flashsale.order.Tombstones;
import flashsale.order.UnansweredTaps;
import flashsale.redis.StockRedis;
import flashsale.sale.SaleBoard;
import flashsale.sale.SoldOutWatch;
import flashsale.sale.degradation.Degradation;
import flashsale.stock.AttemptRate;
import flashsale.stock.Holds;
import flashsale.stock.SoldOutLatch;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Clock;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(PurchaseSettings.class)
class PurchaseConfiguration {

    /** Winners a node remembers at most, some 100 bytes each. */
    private static final long WINNERS = 200_000;

    @Bean
    Pipeline purchasePipeline(PurchaseSettings settings, ConcurrencyGate gate) {
        return new Pipeline(settings.underWay(), settings.joinedTaps(), gate);
    }

    /** The same on all nodes together as on each of them. */
    @Bean
    AttemptRate attemptRate(UserRate rate, PurchaseSettings settings) {
        return settings.oneRateOverAllNodes() ? new AttemptRate(rate.perSecond(), rate.burst()) : AttemptRate.UNLIMITED;
    }

    @Bean
    Winners winners() {
        return new Winners(WINNERS);
    }

    /** A timer of its own: deadlines must fire when every other thread is busy. */
    @Bean(destroyMethod = "dispose")
    Scheduler purchaseDeadlines() {
        return Schedulers.newSingle("purchase-deadlines", true);
    }

    @Bean
    PurchaseMeters purchaseMeters(MeterRegistry registry) {
        return new PurchaseMeters(registry);
    }

    @Bean
    MeterBinder purchaseStages(Pipeline pipeline, LookupBudget lookups, Winners winners, PurchaseSettings settings) {
        return registry -> {
            Stage.PURCHASES.watch(registry, pipeline::count, settings.underWay());
            Stage.PURCHASES.refusals(registry, pipeline, Pipeline::refused);
            Stage.JOINED_TAPS.watch(registry, pipeline::joined, settings.joinedTaps());
            Stage.JOINED_TAPS.refusals(registry, pipeline, Pipeline::notJoined);
            Stage.LOOKUPS.watch(registry, lookups::taken, settings.lookupsPerSecond());
            Stage.LOOKUPS.refusals(registry, lookups, LookupBudget::refused);
            Stage.WINNERS.watch(registry, winners::remembered, WINNERS);
        };
    }

    /** By Redis's clock, as far as this node knows it. */
    @Bean
    StateCheck stateCheck(
            SoldOutLatch latch,
            PostgresWatch postgres,
            Degradation degradation,
            StockRedis redis,
            PurchaseSettings settings) {
        return new StateCheck(latch, postgres, degradation, redis.time(), settings.windowMargin());
    }

    @Bean
    LookupBudget lookups(PurchaseSettings settings) {
        return new LookupBudget(settings.lookupsPerSecond());
    }

    @Bean
    FirstLook firstLook(
            UserRate rate,
            ConcurrencyGate gate,
            StateCheck state,
            SoldOutLatch latch,
            Winners winners,
            Pipeline pipeline,
            Operations operations,
            LookupBudget lookups,
            PurchaseMeters meters) {
        return new FirstLook(rate, gate, state, latch, winners, pipeline, operations, lookups, meters);
    }

    @Bean
    Purchase purchase(
            SaleBoard sales,
            SoldOutWatch soldOutWatch,
            Operations operations,
            Pipeline pipeline,
            Holds holds,
            GroupCommit commits,
            OrderBook orders,
            UnansweredTaps unanswered,
            PostgresWatch postgres,
            Degradation degradation,
            Winners winners,
            Clock clock,
            Scheduler purchaseDeadlines,
            PurchaseSettings settings,
            PurchaseMeters meters) {
        return new Purchase(
                sales,
                soldOutWatch,
                operations,
                pipeline,
                holds,
                commits,
                new Standing(holds, orders, unanswered, winners, purchaseDeadlines),
                postgres,
                degradation,
                winners,
                clock,
                RequestLoops.shared(purchaseDeadlines),
                settings,
                meters);
    }

    @Bean
    TapHistory tapHistory(
            OrderBook orders,
            Pipeline pipeline,
            Holds holds,
            Tombstones tombstones,
            UnansweredTaps unanswered,
            Clock clock) {
        return new TapHistory(orders, pipeline, holds, tombstones, unanswered, clock);
    }
}
