package flashsale.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A million visitors in a minute, 5,000 units; every number here was calculated by hand. */
class PlanTest {

    private static final Arrivals POISSON = new Arrivals(0.999, 1, 1);

    /** 300,000 click, 150,000 want to buy; each clicks for three looks and taps twice. */
    private static final Funnel FUNNEL = new Funnel(1_000_000, 0.3, 0.5, 1, 5_000, 3, 0, 2);

    private static final Connections PLENTY = new Connections(16, 1_000);

    /** µs: a look 100, a login 50,000, a purchase 100, a replay 50, a refusal 20; stores a tenth, orders 1,000 to 2,000/s. */
    private static final Capacity CAPACITY = capacity(new Orders(1_000, 2_000));

    @Test
    void peopleBecomeRequests() {
        assertThat(FUNNEL.clicks()).isEqualTo(300_000);
        assertThat(FUNNEL.buyers()).isEqualTo(150_000);
        assertThat(FUNNEL.winners()).isEqualTo(5_000);
        Mix mean = FUNNEL.mean(60);
        assertThat(mean.of(Call.LOOK)).isEqualTo(15_000);
        assertThat(mean.of(Call.PURCHASE)).isCloseTo(83.333, within(0.001));
        assertThat(mean.of(Call.REPLAY)).isCloseTo(83.333, within(0.001));
        // 145,000 losers, two taps each, in 60 s
        assertThat(mean.of(Call.REFUSAL)).isCloseTo(4_833.333, within(0.001));
        assertThat(mean.total()).isCloseTo(20_000, within(1e-6));
    }

    @Test
    void whileStockLastsEveryBuyerOfTheBusiestSecondIsSoldTo() {
        // 2,500 buyers a second, and 5,000 units
        Mix busiest = FUNNEL.busiest(60, 1);
        assertThat(busiest.of(Call.PURCHASE)).isEqualTo(2_500);
        assertThat(busiest.of(Call.REPLAY)).isEqualTo(2_500);
        assertThat(busiest.of(Call.REFUSAL)).isZero();
    }

    @Test
    void inABurstThatTakesMoreThanThereIsTheRestIsRefused() {
        // ten times as many: 25,000 buyers, 5,000 units, 20,000 losers with two taps
        Mix busiest = FUNNEL.busiest(60, 10);
        assertThat(busiest.of(Call.LOOK)).isEqualTo(150_000);
        assertThat(busiest.of(Call.PURCHASE)).isEqualTo(5_000);
        assertThat(busiest.of(Call.REFUSAL)).isEqualTo(40_000);
        assertThat(busiest.total()).isEqualTo(200_000);
    }

    @Test
    void theSoldRateBoundsWhatIsSoldWhereThereIsStockEnough() {
        assertThat(new Funnel(1_000_000, 0.3, 0.5, 0.02, 5_000, 3, 0, 2).winners())
                .isEqualTo(3_000);
    }

    @Test
    void loadsAreRatesTimesCosts() {
        Plan plan = Plan.of(new Question(FUNNEL, 60, POISSON, 2, 0.6, 1, PLENTY), CAPACITY);
        // 15,000 * 100 + 2,500 * 100 + 2,500 * 50 = 1,875,000 µs a second
        assertThat(plan.load(Tier.APP).busiest()).isCloseTo(1.875, within(1e-9));
        // variance 15,000 * 1e-8 + 2,500 * 1e-8 + 2,500 * 0.25e-8 = 1.8125e-4, its root 0.0134629
        assertThat(plan.load(Tier.APP).peak()).isCloseTo(1.875 + 3.0902323 * 0.0134629, within(1e-6));
        assertThat(plan.load(Tier.REDIS).busiest()).isCloseTo(0.1875, within(1e-9));
        assertThat(plan.load(Tier.POSTGRES).busiest()).isCloseTo(0.1875, within(1e-9));
    }

    @Test
    void replicasAreRoundedUpAndOneMoreIsSpare() {
        // 1.9166 cores at the peak / (2 * 0.6) = 1.597
        Replicas replicas = Plan.of(new Question(FUNNEL, 60, POISSON, 2, 0.6, 1, PLENTY), CAPACITY)
                .replicas();
        assertThat(replicas).isEqualTo(new Replicas(2, 0, 1));
        assertThat(replicas.total()).isEqualTo(3);
    }

    @Test
    void aWholeNumberOfReplicasIsNotRoundedFurther() {
        // 8.4 / (2 * 0.6) is 7.000000000000001 to a computer
        assertThat(Replicas.of(8.4, 2, 0.6, 0, 20, 0).total()).isEqualTo(7);
        assertThat(Replicas.of(8.41, 2, 0.6, 0, 20, 0).total()).isEqualTo(8);
        assertThat(Replicas.of(0, 2, 0.6, 0, 20, 0).total()).isEqualTo(1);
    }

    @Test
    void loginsMayNeedMoreReplicasThanCpu() {
        assertThat(Replicas.of(1, 2, 0.6, 41, 20, 1)).isEqualTo(new Replicas(1, 3, 1));
        assertThat(Replicas.of(1, 2, 0.6, 41, 20, 1).total()).isEqualTo(4);
    }

    @Test
    void purchasesCannotPeakAboveWhatIsSoldInAll() {
        Plan plan = Plan.of(new Question(FUNNEL, 60, new Arrivals(0.999, 10, 1), 2, 0.6, 1, PLENTY), CAPACITY);
        assertThat(plan.peak(Call.PURCHASE)).isEqualTo(5_000);
    }

    @Test
    void whatTheStoresCannotDoIsSaidFirst() {
        Plan plan = Plan.of(new Question(FUNNEL, 60, new Arrivals(0.999, 10, 1), 2, 0.6, 1, PLENTY), CAPACITY);
        // 150,000 * 10 + 5,000 * 10 + 5,000 * 5 + 40,000 * 2 = 1.655 cores of Redis; 5,000 orders take 2.5 s at
        // 2,000/s, 5 at 1,000
        assertThat(plan.notes().get(0)).startsWith("REDIS IS TOO SMALL: 1.6").contains("0.60 are planned");
        assertThat(plan.notes().get(1))
                .startsWith("ONE SALE IS TOO SLOW: 5,000 purchases")
                .contains("at least 2.5 to 5.0 s");
        assertThat(plan.notes().get(2)).startsWith("Burstier than Poisson");
        Plan calm = Plan.of(new Question(FUNNEL, 60, POISSON, 2, 0.6, 1, PLENTY), capacity(new Orders(10_000, 20_000)));
        assertThat(calm.notes().getFirst()).startsWith("Poisson:");
    }

    private static Capacity capacity(Orders orders) {
        var app = Map.of(
                Call.LOOK, 100.0, Call.LOGIN, 50_000.0, Call.PURCHASE, 100.0, Call.REPLAY, 50.0, Call.REFUSAL, 20.0);
        var store = new HashMap<Call, Double>();
        app.forEach((call, micros) -> store.put(call, micros / 10));
        return new Capacity(Map.of(Tier.APP, app, Tier.REDIS, store, Tier.POSTGRES, store), orders, 20);
    }
}
