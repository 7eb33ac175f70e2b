package flashsale.order.payment;

import flashsale.order.task.Task;
import flashsale.order.task.TaskEnd;
import flashsale.order.task.TaskKind;
import flashsale.order.task.TaskWork;
import reactor.core.publisher.Mono;

/** An order that is PAYING for too long: the provider says how it stands, or is asked to charge once more. */
final class AskProvider implements TaskWork {

    private final Payments payments;

    AskProvider(Payments payments) {
        this.payments = payments;
    }

    @Override
    public TaskKind kind() {
        return TaskKind.PAYMENT;
    }

    @Override
    public boolean isPossible() {
        return payments.isPossible();
    }

    @Override
    public boolean asksTheProvider() {
        return true;
    }

    @Override
    public Mono<TaskEnd> work(Task task) {
        return payments.settle(task.orderId()).map(heard -> switch (heard) {
            case SETTLED -> new TaskEnd.Done();
            case CHARGE_AGAIN -> new TaskEnd.Failed("the provider was asked to charge and says it was not");
            case ASK_AGAIN -> new TaskEnd.Failed("the provider has not said what became of the charge");
        });
    }
}
