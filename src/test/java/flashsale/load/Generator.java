package flashsale.load;

import flashsale.load.Client.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Sends each request when it is due, whatever became of those before it (an open model): the buyers of a sale do not
 * wait for each other. One thread does everything, so that nothing here needs a lock and how late it was can be said.
 */
final class Generator implements AutoCloseable {

    /** What refused clients do. */
    enum Patience {
        /** Goes away. */
        NONE,
        /** Tries again at once, with the same key. */
        AT_ONCE,
        /** Tries again, with the same key, when it was told to. */
        AS_TOLD
    }

    /** Beyond it a client gives up, so that a service that stays down does not keep the test going. */
    private static final Duration LONGEST_RETRYING = Duration.ofSeconds(60);

    /** Between two tries "at once": what a round trip over a network takes at least. */
    private static final long ROUND_TRIP_MILLIS = 50;

    private final Client client;
    private final List<Answer> answers = new ArrayList<>();
    private int outstanding;

    Generator(Client client) {
        this.client = client;
    }

    /** Some requests of one kind, evenly spread. */
    record Flow(String kind, double perSecond, Duration lasting, Patience patience, Supplier<byte[]> next) {

        Flow(String kind, double perSecond, Duration lasting, Supplier<byte[]> next) {
            this(kind, perSecond, lasting, Patience.NONE, next);
        }
    }

    /** All at the same time; returns their answers, by when they were due, when the last has come. */
    List<Answer> run(Flow... flows) {
        return run((answer, reply) -> {}, flows);
    }

    List<Answer> run(BiConsumer<Answer, Reply> told, Flow... flows) {
        List<CompletableFuture<Void>> ends =
                Stream.of(flows).map(flow -> start(flow, told)).toList();
        ends.forEach(CompletableFuture::join);
        var all = new CompletableFuture<List<Answer>>();
        client.loop().execute(() -> whenQuiet(all));
        return all.join();
    }

    private void whenQuiet(CompletableFuture<List<Answer>> all) {
        if (outstanding > 0) {
            client.loop().schedule(() -> whenQuiet(all), 10, TimeUnit.MILLISECONDS);
            return;
        }
        List<Answer> sorted = new ArrayList<>(answers);
        sorted.sort(java.util.Comparator.comparingLong(Answer::dueNanos));
        answers.clear();
        all.complete(sorted);
    }

    private CompletableFuture<Void> start(Flow flow, BiConsumer<Answer, Reply> told) {
        var end = new CompletableFuture<Void>();
        client.loop().execute(() -> {
            long begun = System.nanoTime();
            long total = Math.round(flow.perSecond() * flow.lasting().toNanos() / 1e9);
            sendDue(flow, begun, 0, total, told, end);
        });
        return end;
    }

    private void sendDue(
            Flow flow, long begun, long sent, long total, BiConsumer<Answer, Reply> told, CompletableFuture<Void> end) {
        long next = sent;
        long due;
        while (next < total && (due = begun + (long) (next * 1e9 / flow.perSecond())) <= System.nanoTime()) {
            one(flow, due, due, flow.next().get(), told);
            next++;
        }
        if (next >= total) {
            end.complete(null);
            return;
        }
        long reached = next;
        client.loop().schedule(() -> sendDue(flow, begun, reached, total, told, end), 1, TimeUnit.MILLISECONDS);
    }

    private void one(Flow flow, long firstDue, long due, byte[] request, BiConsumer<Answer, Reply> told) {
        long sent = System.nanoTime();
        outstanding++;
        client.send(request, reply -> {
            outstanding--;
            long now = System.nanoTime();
            String kind = due == firstDue ? flow.kind() : flow.kind() + " again";
            var answer = new Answer(kind, due, sent, now, reply.status(), reply.problem(), reply.retryAfter());
            answers.add(answer);
            told.accept(answer, reply);
            if (flow.patience() != Patience.NONE
                    && !isDefinitive(reply)
                    && now - firstDue < LONGEST_RETRYING.toNanos()) {
                again(flow, firstDue, request, reply, told);
            }
        });
    }

    private static boolean isDefinitive(Reply reply) {
        return reply.status() == 201 || reply.status() == 409;
    }

    private void again(Flow flow, long firstDue, byte[] request, Reply reply, BiConsumer<Answer, Reply> told) {
        long wait = flow.patience() == Patience.AS_TOLD && reply.retryAfter() > 0
                ? reply.retryAfter() * 1_000L
                : ROUND_TRIP_MILLIS;
        outstanding++;
        client.loop()
                .schedule(
                        () -> {
                            outstanding--;
                            one(flow, firstDue, System.nanoTime(), request, told);
                        },
                        wait,
                        TimeUnit.MILLISECONDS);
    }

    int mostConnections() {
        return client.mostOpen();
    }

    @Override
    public void close() {
        client.close();
    }
}
