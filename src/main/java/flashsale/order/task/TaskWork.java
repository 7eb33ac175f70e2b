package flashsale.order.task;

import reactor.core.publisher.Mono;

/**
 * What is done about one kind of task. It may be done more than once, by two nodes even where one of them outlived its
 * lease: whatever it does must be harmless the second time.
 */
public interface TaskWork {

    TaskKind kind();

    /** Whether this node has what it takes. */
    default boolean isPossible() {
        return true;
    }

    /** Whether it waits for the provider: such work never takes all the places of a node. */
    default boolean asksTheProvider() {
        return false;
    }

    /** Lazy. A failure counts like {@link TaskEnd.Failed}. */
    Mono<TaskEnd> work(Task task);
}
