package flashsale.order.task;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.database.DatabaseReady;
import flashsale.observability.Stage;
import flashsale.order.Order;
import flashsale.servers.Servers;
import flashsale.shop.Eventually;
import flashsale.shop.OrderMoves;
import flashsale.shop.RowLock;
import flashsale.shop.Shop;
import flashsale.shop.Stages;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Runners as of several nodes, on stores where nobody else does tasks. */
class TaskRunnerTest {

    private static Shop shop;

    private final List<TaskRunner> runners = new ArrayList<>();
    private final Tasks tasks = shop.bean(Tasks.class);

    @BeforeAll
    static void start() {
        shop = Shop.start(Servers.fresh(), Map.of("flash-sale.task.poll-every", "1h"));
    }

    @AfterAll
    static void stop() {
        shop.close();
    }

    @AfterEach
    void stopRunners() {
        runners.forEach(TaskRunner::stop);
        shop.books().execute("delete from order_task");
    }

    private TaskRunner runner(Duration lease, int attempts, Function<Task, Mono<TaskEnd>> work) {
        return runner(lease, attempts, EnumSet.allOf(TaskKind.class), work);
    }

    /** @param possible kinds this node has what it takes for */
    private TaskRunner runner(
            Duration lease, int attempts, Set<TaskKind> possible, Function<Task, Mono<TaskEnd>> work) {
        var settings = new TaskSettings(
                Duration.ofMillis(20),
                4,
                lease,
                attempts,
                Duration.ofMillis(20),
                Duration.ofMillis(100),
                Duration.ofMinutes(5));
        List<TaskWork> works = Stream.of(TaskKind.values())
                .<TaskWork>map(kind -> new TaskWork() {
                    @Override
                    public TaskKind kind() {
                        return kind;
                    }

                    @Override
                    public boolean isPossible() {
                        return possible.contains(kind);
                    }

                    @Override
                    public boolean asksTheProvider() {
                        return kind == TaskKind.PAYMENT || kind == TaskKind.REFUND;
                    }

                    @Override
                    public Mono<TaskEnd> work(Task task) {
                        return work.apply(task);
                    }
                })
                .toList();
        var backOff = new BackOff(settings.backOff(), settings.longestBackOff(), new Random(1));
        var runner = new TaskRunner(tasks, shop.bean(DatabaseReady.class), works, backOff, settings);
        runners.add(runner);
        runner.start();
        return runner;
    }

    private void add(Order order, TaskKind kind) {
        tasks.add(order.id(), kind, Duration.ZERO).block(Shop.PATIENCE);
    }

    private long left(String where) {
        return shop.books().number("select count(*) from order_task where " + where);
    }

    @Test
    void twoNodesDoEachTaskOnce() {
        List<Order> orders = OrderMoves.orders(shop, shop.open(40, 1), 40);
        Map<UUID, Integer> times = new ConcurrentHashMap<>();
        Function<Task, Mono<TaskEnd>> work =
                task -> Mono.delay(Duration.ofMillis(30)).map(then -> {
                    times.merge(task.orderId(), 1, Integer::sum);
                    return new TaskEnd.Done();
                });
        orders.forEach(order -> add(order, TaskKind.PAYMENT));
        runner(Duration.ofMinutes(1), 5, work);
        runner(Duration.ofMinutes(1), 5, work);
        Eventually.holds("nothing is left", () -> left("true") == 0);
        assertThat(times).hasSize(40).allSatisfy((order, done) -> assertThat(done)
                .isEqualTo(1));
    }

    @Test
    void whatAnotherNodeIsTakingIsPassedOver() {
        Order order = OrderMoves.order(shop, shop.open(1, 1));
        add(order, TaskKind.PAYMENT);
        try (var other = RowLock.on(shop, order.saleId())) {
            other.execute(
                    "update order_task set due_at = now() + interval '1 minute', attempts = 1 where order_id = ?",
                    order.id());
            assertThat(tasks.claim(1, Duration.ofMinutes(1), List.of(TaskKind.values()))
                            .collectList()
                            .block(Duration.ofSeconds(5)))
                    .isEmpty();
            other.release();
        }
        assertThat(left("attempts = 1")).isEqualTo(1);
    }

    @Test
    void whatADeadNodeLeftIsTakenWhenItsLeaseIsOver() {
        Order order = OrderMoves.order(shop, shop.open(1, 1));
        add(order, TaskKind.REFUND);
        TaskRunner dead = runner(Duration.ofMillis(400), 5, task -> Mono.never());
        Eventually.holds("it is taken", () -> dead.underWay() == 1);
        AtomicInteger taken = new AtomicInteger();
        runner(Duration.ofMinutes(1), 5, task -> {
            taken.incrementAndGet();
            return Mono.just(new TaskEnd.Done());
        });
        assertThat(taken).hasValue(0);
        Eventually.holds("another node takes it", () -> left("true") == 0);
        assertThat(taken).hasValue(1);
    }

    @Test
    void whatANodeCannotDoIsLeftToThoseThatCan() {
        Order order = OrderMoves.order(shop, shop.open(1, 1));
        AtomicInteger elsewhere = new AtomicInteger();
        add(order, TaskKind.REFUND);
        add(order, TaskKind.TRACKING);
        runner(Duration.ofMinutes(1), 5, EnumSet.of(TaskKind.TRACKING), task -> {
            assertThat(task.kind()).isEqualTo(TaskKind.TRACKING);
            return Mono.just(new TaskEnd.Done());
        });
        Eventually.holds("what it can do is done", () -> left("kind = 'TRACKING'") == 0);
        assertThat(left("kind = 'REFUND' and attempts = 0")).isEqualTo(1);
        runner(Duration.ofMinutes(1), 5, task -> {
            elsewhere.incrementAndGet();
            return Mono.just(new TaskEnd.Done());
        });
        Eventually.holds("another node does the rest", () -> left("true") == 0);
        assertThat(elsewhere).hasValue(1);
    }

    @Test
    void aRunnerThatWasStoppedWithTasksUnderWayHasAllItsRoomAfterwards() {
        Order order = OrderMoves.order(shop, shop.open(1, 1));
        add(order, TaskKind.REFUND);
        TaskRunner stopped = runner(
                Duration.ofMillis(200), 5, task -> task.attempts() == 1 ? Mono.never() : Mono.just(new TaskEnd.Done()));
        Eventually.holds("it is taken", () -> stopped.underWay() == 1);
        stopped.stop();
        assertThat(stopped.underWay()).isZero();
        stopped.start();
        Eventually.holds("it is done", () -> left("true") == 0);
        Eventually.holds("nothing is under way", () -> stopped.underWay() == 0);
    }

    @Test
    void whatFailsTooOftenIsGivenUpAndKeepsItsReason() throws InterruptedException {
        Order order = OrderMoves.order(shop, shop.open(1, 1));
        AtomicInteger attempts = new AtomicInteger();
        add(order, TaskKind.PAYMENT);
        runner(Duration.ofMinutes(1), 3, task -> {
            assertThat(task.attempts()).isEqualTo(attempts.incrementAndGet());
            return task.attempts() == 2 ? Mono.error(new IllegalStateException("a fault")) : Mono.just(failed("no"));
        });
        Eventually.holds("it is given up", () -> left("dead_at is not null and last_error = 'no'") == 1);
        Thread.sleep(300);
        assertThat(attempts).hasValue(3);
        // Asked for again, it begins anew.
        attempts.set(0);
        add(order, TaskKind.PAYMENT);
        Eventually.holds("it is given up again", () -> attempts.get() == 3 && left("dead_at is not null") == 1);
    }

    private static TaskEnd failed(String why) {
        return new TaskEnd.Failed(why);
    }

    @Test
    void whatComesTooEarlyIsNoAttempt() {
        Order order = OrderMoves.order(shop, shop.open(1, 1));
        AtomicInteger looks = new AtomicInteger();
        add(order, TaskKind.TRACKING);
        runner(Duration.ofMinutes(1), 2, task -> {
            assertThat(task.attempts()).isEqualTo(1);
            return Mono.just(
                    looks.incrementAndGet() < 5 ? new TaskEnd.Later(Duration.ofMillis(10)) : new TaskEnd.Done());
        });
        Eventually.holds("nothing is left", () -> left("true") == 0);
        assertThat(looks).hasValue(5);
    }

    @Test
    void whoOutlivesItsLeaseDoesNotEndWhatIsAnothers() {
        Order order = OrderMoves.order(shop, shop.open(1, 1));
        add(order, TaskKind.PAYMENT);
        Task lost = tasks.claim(1, Duration.ofMillis(-1), List.of(TaskKind.values()))
                .blockLast(Shop.PATIENCE);
        Task taken = tasks.claim(1, Duration.ofMinutes(1), List.of(TaskKind.values()))
                .blockLast(Shop.PATIENCE);
        assertThat(taken.id()).isEqualTo(lost.id());
        tasks.done(lost).block(Shop.PATIENCE);
        tasks.failed(lost, Duration.ofHours(9), "late").block(Shop.PATIENCE);
        assertThat(left("last_error is null and due_at < now() + interval '1 hour'"))
                .isEqualTo(1);
        tasks.done(taken).block(Shop.PATIENCE);
        assertThat(left("true")).isZero();
    }

    @Test
    void aNodeTakesNoMoreThanItCanBegin() {
        var registry = new SimpleMeterRegistry();
        OrderMoves.orders(shop, shop.open(9, 1), 9).forEach(order -> add(order, TaskKind.LATE_PAYMENT));
        TaskRunner runner = runner(Duration.ofMinutes(1), 5, task -> Mono.never());
        Stage.ORDER_TASKS.watch(registry, runner::underWay, 4);
        new Stages(registry).awaitDepth(Stage.ORDER_TASKS, 4);
        assertThat(left("due_at <= now()")).isEqualTo(5);
    }

    @Test
    void aProviderThatDoesNotAnswerLeavesRoomForWhatNeedsNone() {
        List<Order> orders = OrderMoves.orders(shop, shop.open(9, 1), 9);
        Sinks.Empty<TaskEnd> answer = Sinks.empty();
        orders.forEach(order -> add(order, order == orders.getFirst() ? TaskKind.REFUND : TaskKind.PAYMENT));
        TaskRunner runner = runner(
                Duration.ofMinutes(1),
                5,
                task -> task.kind() == TaskKind.TRACKING
                        ? Mono.just(new TaskEnd.Done())
                        : answer.asMono().defaultIfEmpty(new TaskEnd.Done()));
        Eventually.holds("three of four wait for the provider", () -> runner.underWay() == 3);
        orders.forEach(order -> add(order, TaskKind.TRACKING));

        Eventually.holds("what needs no provider is done", () -> left("kind = 'TRACKING'") == 0);

        Eventually.holds("three still wait", () -> runner.underWay() == 3);
        assertThat(left("due_at <= now()")).as("what waits for a place there").isEqualTo(6);
        answer.tryEmitEmpty();
        Eventually.holds("nothing is left", () -> left("true") == 0 && runner.underWay() == 0);
    }

    @Test
    void onlyWhatWasGivenUpIsRevived() {
        Order order = OrderMoves.order(shop, shop.open(1, 1));
        tasks.revive(order.id(), TaskKind.PAYMENT).block(Shop.PATIENCE);
        assertThat(left("due_at <= now()"))
                .as("where there is none, one begins")
                .isEqualTo(1);
        Task taken = claim();
        tasks.revive(order.id(), TaskKind.PAYMENT).block(Shop.PATIENCE);
        assertThat(left("due_at > now() and attempts = 1"))
                .as("his, who is at it")
                .isEqualTo(1);
        tasks.giveUp(taken, "no").block(Shop.PATIENCE);
        tasks.revive(order.id(), TaskKind.PAYMENT).block(Shop.PATIENCE);
        assertThat(left("due_at <= now() and attempts = 0 and dead_at is null")).isEqualTo(1);
    }

    @Test
    void onlyWhatWaitsAfterAFailureIsHurried() {
        Order order = OrderMoves.order(shop, shop.open(1, 1));
        tasks.add(order.id(), TaskKind.PAYMENT, Duration.ofHours(1)).block(Shop.PATIENCE);
        hurry(order);
        assertThat(left("due_at > now()")).as("not begun yet").isEqualTo(1);
        add(order, TaskKind.PAYMENT);
        Task taken = claim();
        hurry(order);
        assertThat(left("due_at > now()")).as("his, who is at it").isEqualTo(1);
        tasks.failed(taken, Duration.ofHours(1), "no").block(Shop.PATIENCE);
        hurry(order);
        assertThat(left("due_at <= now() and attempts = 1 and last_error = 'no'"))
                .isEqualTo(1);
        Task again = claim();
        assertThat(again.attempts()).isEqualTo(2);
        hurry(order);
        assertThat(left("due_at > now()")).as("his, who is at it again").isEqualTo(1);
        tasks.giveUp(again, "no").block(Shop.PATIENCE);
        hurry(order);
        assertThat(left("dead_at is not null")).as("given up").isEqualTo(1);
    }

    private void hurry(Order order) {
        tasks.hurry(order.id(), TaskKind.PAYMENT).block(Shop.PATIENCE);
    }

    private Task claim() {
        return Objects.requireNonNull(tasks.claim(1, Duration.ofMinutes(1), List.of(TaskKind.values()))
                .blockLast(Shop.PATIENCE));
    }
}
