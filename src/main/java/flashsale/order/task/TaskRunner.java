package flashsale.order.task;

import flashsale.database.DatabaseReady;
import flashsale.loops.BackgroundWork;
import flashsale.observability.Detached;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Takes what is due and does it, on every node. A task is leased to one node at a time; what a node leaves behind when it
 * dies is taken by another when the lease is over.
 */
public final class TaskRunner extends BackgroundWork {

    private static final Logger log = LoggerFactory.getLogger(TaskRunner.class);

    /** Enough of a reason for operations, and nothing that could fill the table. */
    private static final int LONGEST_REASON = 500;

    private final Tasks tasks;
    private final DatabaseReady schema;
    private final Map<TaskKind, TaskWork> works = new EnumMap<>(TaskKind.class);
    private final BackOff backOff;
    private final TaskSettings settings;
    private final int mostAtProvider;
    private final AtomicInteger underWay = new AtomicInteger();
    private final AtomicInteger atProvider = new AtomicInteger();
    private final Sinks.Many<Boolean> roomAgain = Sinks.many().multicast().directBestEffort();

    /** Whether there was no place for all that is due. */
    private volatile boolean full;

    TaskRunner(Tasks tasks, DatabaseReady schema, List<TaskWork> works, BackOff backOff, TaskSettings settings) {
        this.tasks = tasks;
        this.schema = schema;
        this.backOff = backOff;
        this.settings = settings;
        this.mostAtProvider = settings.atOnce() - settings.atOnce() / 4;
        works.forEach(work -> this.works.put(work.kind(), work));
        if (this.works.size() != TaskKind.values().length) {
            throw new IllegalStateException("Nobody does some of these: " + List.of(TaskKind.values()));
        }
    }

    @Override
    protected Disposable beginWork() {
        Flux<?> looks = Flux.merge(Flux.interval(settings.pollEvery(), settings.pollEvery()), roomAgain.asFlux());
        return looks.onBackpressureLatest()
                .filter(look -> schema.isReady())
                .concatMap(look -> claim(), 1)
                .flatMap(this::run, settings.atOnce(), 1)
                .subscribe();
    }

    /**
     * No more than can be begun at once: a lease must not run out in a queue. As what is due may all wait for the provider,
     * no more than have a place there, while there is one.
     */
    private Flux<Task> claim() {
        int room = settings.atOnce() - underWay.get();
        int roomAtProvider = mostAtProvider - atProvider.get();
        int most = roomAtProvider > 0 ? Math.min(room, roomAtProvider) : room;
        full = room <= 0;
        if (full) {
            return Flux.empty();
        }
        return tasks.claim(most, settings.lease(), possible(roomAtProvider > 0))
                .collectList()
                .doOnNext(claimed -> {
                    underWay.addAndGet(claimed.size());
                    atProvider.addAndGet(
                            (int) claimed.stream().filter(this::asksTheProvider).count());
                    full = claimed.size() == most || roomAtProvider <= 0;
                })
                .flatMapIterable(claimed -> claimed)
                .onErrorResume(fault -> {
                    log.warn(
                            "What is due cannot be read, the next look is in {}: {}",
                            settings.pollEvery(),
                            fault.toString());
                    return Flux.empty();
                });
    }

    /** What needs a provider is left to nodes that have one, and a place for it. */
    private List<TaskKind> possible(boolean withProvider) {
        return works.values().stream()
                .filter(work -> work.isPossible() && (withProvider || !work.asksTheProvider()))
                .map(TaskWork::kind)
                .toList();
    }

    private boolean asksTheProvider(Task task) {
        TaskWork work = works.get(task.kind());
        return work != null && work.asksTheProvider();
    }

    /** Detached, as stopping this node must not leave a statement half-way. */
    private Mono<Void> run(Task task) {
        TaskWork work = works.get(task.kind());
        return Detached.run(Mono.defer(() -> work == null ? Mono.empty() : work.work(task))
                        .onErrorResume(fault -> {
                            log.warn("{} of order {} broke off, it is tried again", task.kind(), task.orderId(), fault);
                            return Mono.just(new TaskEnd.Failed(fault.toString()));
                        })
                        .flatMap(end -> note(task, end))
                        .onErrorResume(fault -> {
                            // The lease will be over, and somebody does it again.
                            log.warn("The end of {} of order {} was not noted", task.kind(), task.orderId(), fault);
                            return Mono.empty();
                        }))
                .doFinally(end -> {
                    underWay.decrementAndGet();
                    if (asksTheProvider(task)) {
                        atProvider.decrementAndGet();
                    }
                    if (full) {
                        roomAgain.tryEmitNext(true);
                    }
                });
    }

    private Mono<Void> note(Task task, TaskEnd end) {
        return switch (end) {
            case TaskEnd.Done done -> tasks.done(task);
            case TaskEnd.Later later -> tasks.later(task, later.in());
            case TaskEnd.Failed failed -> failed(task, shortened(failed.why()));
        };
    }

    private Mono<Void> failed(Task task, String why) {
        if (task.attempts() < settings.attempts()) {
            log.debug("{} of order {} failed: {}", task.kind(), task.orderId(), why);
            return tasks.failed(task, backOff.after(task.attempts()), why);
        }
        log.error(
                "{} of order {} is given up after {} attempts: {}", task.kind(), task.orderId(), task.attempts(), why);
        return tasks.giveUp(task, why);
    }

    private static String shortened(String why) {
        return why.length() <= LONGEST_REASON ? why : why.substring(0, LONGEST_REASON);
    }

    int underWay() {
        return underWay.get();
    }

    @Override
    public void stop() {
        if (isRunning()) {
            super.stop();
            // Those that were claimed and not begun are taken by whoever finds their lease over.
            underWay.set(0);
            atProvider.set(0);
        }
    }
}
