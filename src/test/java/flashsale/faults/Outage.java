package flashsale.faults;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A store is lost while buyers come, and comes back while they still do; then the rest is sold, and every promise is
 * looked at.
 */
final class Outage {

    /**
     * How much is sold, and how fast they come.
     *
     * @param soldBefore orders before the fault: enough to notice it if they were forgotten
     */
    record Size(int stock, Duration between, int soldBefore) {}

    /**
     * What came of it.
     *
     * @param during who came between the first blow and the moment the store was back
     * @param away when it was gone for good, of {@link System#nanoTime}
     * @param returning likewise, before it was brought back
     */
    record Result(Sale sale, long epochBefore, long epochAfter, List<Rush.Visit> during, long away, long returning) {}

    /** Twenty a second for longer than the longest outage. They come to every sale anew. */
    private static final int BUYERS = 1_500;

    static final Size USUAL = new Size(120, Duration.ofMillis(50), 12);

    /** How soon it must sell again after a store that lost nothing is back: what was promised, where anything was. */
    static final Duration AFTER_A_RESTART = Duration.ofSeconds(5);

    /** Likewise, after one that is empty, or of an older time. */
    static final Duration AFTER_A_LOSS = Duration.ofSeconds(30);

    /** For what has no promised time, and for all that is waited for on the way: a busy machine is not a broken promise. */
    static final Duration SOME_TIME = Duration.ofMinutes(1);

    private final Stores stores;
    private final Nodes nodes;
    private final List<Buyer> buyers;
    private @Nullable Rush rush;
    private long away;
    private long returning;

    Outage(Stores stores, Nodes nodes) {
        this.stores = stores;
        this.nodes = nodes;
        this.buyers = nodes.first().buyers("outage", BUYERS);
    }

    /**
     * @param within for the first sale to somebody who came after the store was back; the time it took is printed either way
     * @param fault what is done to the store; returns when it is back: from then on, recovery is measured
     */
    Result of(String name, Duration within, Runnable fault) {
        return of(name, within, USUAL, () -> {}, fault);
    }

    /** @param beforehand done when half of what is sold before the fault is sold */
    Result of(String name, Duration within, Size size, Runnable beforehand, Runnable fault) {
        var sale = nodes.openSale(size.stock());
        long epochBefore = nodes.epoch(sale);
        var coming = Rush.begin(nodes, sale, buyers, size.between());
        rush = coming;
        coming.awaitSold(size.soldBefore() / 2);
        beforehand.run();
        coming.awaitSold(size.soldBefore());
        long lost = System.nanoTime();
        away = lost;
        fault.run();
        long back = System.nanoTime();
        if (returning < lost) {
            returning = back;
        }
        var first = coming.firstTo("a sale to somebody who came after the fault", back, SOME_TIME, Rush.Visit::sold);
        var recovery = Duration.ofNanos(first.endedAt() - back);
        System.out.println("recovery: " + name + " " + recovery.toMillis() + " ms");
        assertThat(recovery).as("until it sold again").isLessThanOrEqualTo(within);
        var visits = coming.end();
        long epochAfter = nodes.epoch(sale);
        assertThat(visits).as("sessions have a Redis of their own").noneMatch(visit -> visit.tap()
                .was(401));
        if (epochAfter > epochBefore) {
            nothingIsSoldBeforeTheReseed(sale, epochBefore, visits, back);
        }

        nodes.awaitOpen(sale);
        var rest = Tap.ended(Tap.burst(coming.stillWaiting().subList(0, 2 * size.stock()), sale, nodes::of));
        var told = Tap.told(rest, sale, nodes::of);
        assertThat(told).as("the rest").allMatch(tap -> tap.was(201) || tap.refused(409, "sold-out"));
        var taps = new ArrayList<Tap>();
        Stream.concat(visits.stream().map(Rush.Visit::tap), told.stream()).forEach(taps::add);
        assertThat(Promises.areKept(stores, nodes.first(), sale, taps))
                .as("orders in the end")
                .hasSize(size.stock());
        return new Result(sale, epochBefore, epochAfter, sentBetween(visits, lost, back), away, returning);
    }

    /** Said by a fault that takes its time to begin: from now on the store is away. */
    void isAway() {
        away = System.nanoTime();
    }

    /** Said by a fault that takes its time to end: nobody reaches the store until now. */
    void isReturning() {
        returning = System.nanoTime();
    }

    /** During a fault: until somebody who came since it {@link #isAway}, or else began, is answered so. */
    void awaitSomebody(String what, Predicate<Rush.Visit> wanted) {
        requireNonNull(rush).firstTo(what, away, SOME_TIME, wanted);
    }

    /** Whoever came when Redis was back has no unit of what it held then. */
    private void nothingIsSoldBeforeTheReseed(Sale sale, long epochBefore, List<Rush.Visit> visits, long back) {
        var cameAfter = visits.stream()
                .filter(visit -> visit.sentAt() > back)
                .map(visit -> visit.tap().buyer().userId())
                .collect(Collectors.toSet());
        long early = stores.orders(sale).values().stream()
                .filter(order -> cameAfter.contains(order.userId()))
                .filter(order -> holdEpoch(order.id()) <= epochBefore)
                .count();
        assertThat(early).as("units sold before the reseed").isZero();
    }

    private long holdEpoch(UUID order) {
        return stores.count("select hold_epoch from orders where id = '" + order + "'");
    }

    private static List<Rush.Visit> sentBetween(List<Rush.Visit> visits, long from, long until) {
        return visits.stream()
                .filter(visit -> visit.sentAt() > from && visit.sentAt() < until)
                .toList();
    }

    /** For the output: what those were told who came while the store was away. */
    static String told(List<Rush.Visit> visits) {
        return visits.stream()
                .collect(Collectors.groupingBy(
                        visit -> visit.tap().answer() == null
                                ? "no answer"
                                : visit.tap().answer().status() + " "
                                        + visit.tap().answer().problem(),
                        Collectors.counting()))
                .toString();
    }

    static void pause(Duration time) {
        try {
            TimeUnit.NANOSECONDS.sleep(time.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
