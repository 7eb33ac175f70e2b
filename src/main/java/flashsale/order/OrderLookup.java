package flashsale.order;

import flashsale.observability.SharedCall;
import flashsale.observability.Trace;
import flashsale.observability.Tracing;
import flashsale.stock.Batcher;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/** Orders asked for one by one and read many in a query: in a burst it is retries that ask. */
final class OrderLookup {

    private static final String THESE = "select " + OrderRow.COLUMNS + " from orders where id = any ($1)";

    /** Whoever asks has a permit, of which there are fewer: this bound is for whoever should forget one. */
    private static final int WAITING = 16_384;

    private static final Batcher.Shape SHAPE = new Batcher.Shape("questions for orders", WAITING, 256, Duration.ZERO);

    private record Question(
            UUID orderId,
            long userId,
            Sinks.One<Order> answer,
            @Nullable Trace trace) {}

    private final DatabaseClient database;
    private final Tracing tracing;
    private final Batcher<Question> batcher;

    OrderLookup(DatabaseClient database, Tracing tracing) {
        this.database = database;
        this.tracing = tracing;
        this.batcher = new Batcher<>(SHAPE, Schedulers.parallel(), size -> {}, this::read);
    }

    /** The order, if it exists and belongs to the user; else empty. Asked when subscribed. */
    Mono<Order> find(UUID orderId, long userId) {
        return Mono.deferContextual(asking -> {
            Question question = new Question(orderId, userId, Sinks.one(), tracing.request(asking));
            return batcher.offer(question)
                    ? question.answer().asMono()
                    : Mono.error(new IllegalStateException("Too many ask for orders: " + WAITING));
        });
    }

    private Mono<Void> read(List<Question> questions) {
        SharedCall shared = new SharedCall(
                "select orders",
                "postgresql",
                questions.size(),
                questions.getFirst().orderId());
        List<Trace> traces = shared.begin(questions, Question::trace);
        return database.sql(THESE)
                .bind(0, questions.stream().map(Question::orderId).toArray(UUID[]::new))
                .map(OrderRow::read)
                .all()
                .collect(HashMap<UUID, Order>::new, (found, order) -> found.put(order.id(), order))
                .doOnTerminate(() -> traces.forEach(Trace::end))
                .doOnNext(found -> questions.forEach(question -> answer(question, found)))
                .onErrorResume(fault -> {
                    questions.forEach(question -> question.answer().tryEmitError(fault));
                    return Mono.empty();
                })
                .then();
    }

    private static void answer(Question question, Map<UUID, Order> found) {
        Order order = found.get(question.orderId());
        if (order != null && order.userId() == question.userId()) {
            question.answer().tryEmitValue(order);
        } else {
            question.answer().tryEmitEmpty();
        }
    }
}
