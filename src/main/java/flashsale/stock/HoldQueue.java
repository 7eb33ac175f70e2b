package flashsale.stock;

import flashsale.observability.SharedCall;
import flashsale.observability.Trace;
import flashsale.redis.RedisLink;
import flashsale.redis.StockRedis;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisReadOnlyException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/** The buyers of one sale on their way through {@code stock/hold.lua}, many in one call. */
final class HoldQueue {

    private static final Logger log = LoggerFactory.getLogger(HoldQueue.class);

    /** @param trace of the wait and what came of it; null where it is not recorded */
    private record Waiting(
            HoldRequest request,
            Sinks.One<HoldReply> reply,
            @Nullable Trace trace) {

        void tell(HoldReply answer) {
            if (trace != null) {
                trace.tag("flashsale.reply", answer.getClass().getSimpleName()).end();
            }
            reply.tryEmitValue(answer);
        }
    }

    private final long saleId;
    private final StockRedis redis;
    private final HoldScript script;
    private final StockLevels levels;
    private final Clock clock;
    private final Batcher<Waiting> batcher;

    HoldQueue(
            long saleId,
            StockRedis redis,
            HoldScript script,
            StockLevels levels,
            Clock clock,
            StockSettings settings,
            IntConsumer sizes) {
        this.saleId = saleId;
        this.redis = redis;
        this.script = script;
        this.levels = levels;
        this.clock = clock;
        Batcher.Shape shape = new Batcher.Shape(
                "holds of sale " + saleId, settings.waiting(), settings.largestBatch(), settings.batchEvery());
        this.batcher = new Batcher<>(shape, Schedulers.parallel(), sizes, this::send);
    }

    int depth() {
        return batcher.depth();
    }

    /** Enqueued at once; cancelling the answer does not take it back. */
    Mono<HoldReply> add(HoldRequest request, @Nullable Trace parent) {
        Waiting waiting = new Waiting(request, Sinks.one(), parent == null ? null : parent.child("hold"));
        if (!batcher.offer(waiting)) {
            waiting.tell(new HoldReply.Full());
        }
        return waiting.reply().asMono();
    }

    /** One call for each run of buyers who believe in the same epoch; whoever is wrong is told so by the script. */
    private Mono<Void> send(List<Waiting> batch) {
        List<Mono<Void>> calls = new ArrayList<>(1);
        List<Waiting> sameEpoch = new ArrayList<>(batch.size());
        for (Waiting waiting : batch) {
            if (!sameEpoch.isEmpty() && !alike(sameEpoch.getFirst().request(), waiting.request())) {
                calls.add(call(List.copyOf(sameEpoch)));
                sameEpoch.clear();
            }
            sameEpoch.add(waiting);
        }
        Mono<Void> last = call(sameEpoch);
        return calls.isEmpty() ? last : Mono.when(calls).then(last);
    }

    private static boolean alike(HoldRequest one, HoldRequest other) {
        return one.epoch() == other.epoch() && one.redisRunId().equals(other.redisRunId());
    }

    private Mono<Void> call(List<Waiting> batch) {
        HoldRequest first = batch.getFirst().request();
        RedisLink link = redis.link();
        if (link == null || !link.runId().equals(first.redisRunId())) {
            return Mono.fromRunnable(() -> batch.forEach(this::nothingHappened));
        }
        SharedCall shared = new SharedCall("EVALSHA stock/hold", "redis", batch.size(), first.orderId());
        List<Trace> traces = shared.begin(batch, Waiting::trace);
        return script.call(link, batch.stream().map(Waiting::request).toList(), link.clockOffset())
                .doOnTerminate(() -> traces.forEach(Trace::end))
                .doOnNext(answer -> answered(link, batch, answer))
                .onErrorResume(fault -> {
                    if (isRefusal(fault)) {
                        refused(batch, fault);
                    } else {
                        unanswered(link, batch, fault);
                    }
                    return Mono.empty();
                })
                .then();
    }

    private void answered(RedisLink link, List<Waiting> batch, HoldScript.Answer answer) {
        link.redisTimeWas(answer.now(), clock.millis());
        levels.was(saleId, batch.getFirst().request().epoch(), answer.version(), answer.stock());
        for (int i = 0; i < batch.size(); i++) {
            batch.get(i).tell(answer.replies().get(i));
        }
    }

    private void nothingHappened(Waiting waiting) {
        waiting.tell(new HoldReply.Closed());
    }

    /**
     * An error Redis answered with: out of memory, a key of another type, busy. The script reads everything before it
     * writes, so nothing happened, and the connection is in step. A read-only replica is no place to stay.
     */
    private static boolean isRefusal(Throwable fault) {
        return fault instanceof RedisCommandExecutionException && !(fault instanceof RedisReadOnlyException);
    }

    private void refused(List<Waiting> batch, Throwable fault) {
        log.warn("Redis refused {} purchases of sale {}: {}", batch.size(), saleId, fault.toString());
        batch.forEach(this::nothingHappened);
    }

    /** A connection that left a call unanswered is out of step or dead: it is given up, and another is opened. */
    private void unanswered(RedisLink link, List<Waiting> batch, Throwable fault) {
        log.warn("Redis left {} purchases of sale {} unanswered: {}", batch.size(), saleId, fault.toString());
        link.close();
        batch.forEach(waiting -> waiting.tell(new HoldReply.Unanswered()));
    }
}
