package flashsale.stock;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.shop.Eventually;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

class BatcherTest {

    private final List<List<Integer>> batches = new CopyOnWriteArrayList<>();
    private final List<Sinks.Empty<Void>> ends = new CopyOnWriteArrayList<>();
    private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();

    private static Batcher.Shape shape(int capacity, int largest, Duration spacing) {
        return new Batcher.Shape("of the test", capacity, largest, spacing);
    }

    /** Each batch is under way until the test ends it. */
    private Batcher<Integer> stepped(int capacity, int largest, Duration spacing) {
        return new Batcher<>(shape(capacity, largest, spacing), timer, size -> {}, batch -> {
            batches.add(batch);
            Sinks.Empty<Void> end = Sinks.empty();
            ends.add(end);
            return end.asMono();
        });
    }

    private void end(int batch) {
        ends.get(batch).tryEmitEmpty();
    }

    @Test
    void anItemAloneGoesAtOnceAndThoseWhoComeMeanwhileShareTheNextBatch() {
        Batcher<Integer> batcher = stepped(10, 10, Duration.ZERO);
        IntStream.range(0, 4).forEach(batcher::offer);
        assertThat(batches).containsExactly(List.of(0));
        end(0);
        assertThat(batches).containsExactly(List.of(0), List.of(1, 2, 3));
        end(1);
        batcher.offer(4);
        assertThat(batches).last().isEqualTo(List.of(4));
    }

    @Test
    void aBatchHasNoMoreItemsThanAllowed() {
        Batcher<Integer> batcher = stepped(10, 3, Duration.ZERO);
        IntStream.range(0, 8).forEach(batcher::offer);
        end(0);
        end(1);
        end(2);
        assertThat(batches).containsExactly(List.of(0), List.of(1, 2, 3), List.of(4, 5, 6), List.of(7));
    }

    @Test
    void beyondItsCapacityAnItemIsRefusedUntilOthersAreDone() {
        Batcher<Integer> batcher = stepped(3, 10, Duration.ZERO);
        assertThat(batcher.offer(0) && batcher.offer(1) && batcher.offer(2)).isTrue();
        assertThat(batcher.offer(3)).isFalse();
        assertThat(batcher.depth()).isEqualTo(3);
        end(0);
        assertThat(batcher.offer(4)).isTrue();
        assertThat(batcher.offer(5)).isFalse();
        end(1);
        end(2);
        assertThat(batcher.depth()).isZero();
        assertThat(batches.stream().flatMap(List::stream)).containsExactly(0, 1, 2, 4);
    }

    @Test
    void withinTheSpacingItemsGatherUnlessThereIsAFullBatch() {
        Batcher<Integer> batcher = stepped(100, 3, Duration.ofHours(1));
        batcher.offer(0);
        end(0);
        batcher.offer(1);
        assertThat(batches).as("too soon").hasSize(1);
        timer.advanceTimeBy(Duration.ofHours(1));
        // The spacing is counted by the machine's clock, which no hour has passed for: the timer alone must not loop.
        assertThat(batches).hasSize(1);
        batcher.offer(2);
        batcher.offer(3);
        timer.advanceTimeBy(Duration.ofHours(1));
        assertThat(batches).containsExactly(List.of(0), List.of(1, 2, 3));
    }

    @Test
    void afterTheSpacingWhatGatheredGoesByItself() {
        var seen = new ConcurrentLinkedQueue<Integer>();
        Batcher<Integer> batcher =
                new Batcher<>(shape(100, 10, Duration.ofMillis(30)), Schedulers.parallel(), size -> {}, batch -> {
                    seen.addAll(batch);
                    return Mono.empty();
                });
        batcher.offer(0);
        batcher.offer(1);
        Eventually.holds("the second goes by itself", () -> seen.size() == 2);
    }

    @Test
    void aBatchThatFailsOrThrowsDoesNotStopTheNext() {
        var seen = new ArrayList<Integer>();
        Batcher<Integer> batcher =
                new Batcher<>(shape(10, 1, Duration.ZERO), Schedulers.parallel(), size -> {}, batch -> {
                    seen.addAll(batch);
                    return switch (batch.getFirst()) {
                        case 0 -> Mono.error(new IllegalStateException("broken on purpose"));
                        case 1 -> throw new IllegalStateException("broken on purpose");
                        default -> Mono.empty();
                    };
                });
        IntStream.range(0, 4).forEach(batcher::offer);
        assertThat(seen).containsExactly(0, 1, 2, 3);
        assertThat(batcher.depth()).isZero();
    }

    @Test
    void aHundredThousandBatchesThatEndAtOnceDoNotOverflowTheStack() {
        var first = Sinks.<Void>empty();
        var seen = new AtomicInteger();
        Batcher<Integer> batcher = new Batcher<>(
                shape(200_000, 1, Duration.ZERO),
                Schedulers.parallel(),
                size -> {},
                batch -> seen.incrementAndGet() == 1 ? first.asMono() : Mono.empty());
        IntStream.range(0, 100_000).forEach(batcher::offer);
        assertThat(seen).hasValue(1);
        first.tryEmitEmpty();
        assertThat(seen).hasValue(100_000);
        assertThat(batcher.depth()).isZero();
    }

    @Test
    void offeredFromManyThreadsEveryItemIsInOneBatchAndNoTwoBatchesOverlap() throws InterruptedException {
        var seen = new ConcurrentLinkedQueue<Integer>();
        var underWay = new AtomicInteger();
        var overlaps = new AtomicInteger();
        Batcher<Integer> batcher = new Batcher<>(
                shape(100_000, 64, Duration.ofNanos(50_000)), Schedulers.parallel(), size -> {}, batch -> {
                    if (underWay.incrementAndGet() != 1) {
                        overlaps.incrementAndGet();
                    }
                    seen.addAll(batch);
                    return Mono.<Void>empty()
                            .subscribeOn(Schedulers.parallel())
                            .doOnTerminate(underWay::decrementAndGet);
                });
        List<Thread> threads = IntStream.range(0, 4)
                .mapToObj(thread -> Thread.ofPlatform()
                        .start(() -> IntStream.range(0, 5_000).forEach(i -> batcher.offer(thread * 5_000 + i))))
                .toList();
        for (Thread thread : threads) {
            thread.join();
        }
        Eventually.holds("all are done", () -> batcher.depth() == 0);
        assertThat(seen).hasSize(20_000).doesNotHaveDuplicates();
        assertThat(overlaps).hasValue(0);
    }
}
