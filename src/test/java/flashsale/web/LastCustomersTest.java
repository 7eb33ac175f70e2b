package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.shop.Eventually;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Sinks;

/** The stores must not be taken away from those who are being served. */
class LastCustomersTest {

    private final LastCustomers customers = new LastCustomers();

    @Test
    void whoIsBeingServedIsWaitedFor() throws InterruptedException {
        customers.start();
        Sinks.One<String> answer = Sinks.one();
        customers.counted(answer.asMono()).subscribe();
        var stopped = new CountDownLatch(1);
        customers.stop(stopped::countDown);
        assertThat(stopped.await(200, TimeUnit.MILLISECONDS)).isFalse();
        answer.tryEmitValue("served");
        Eventually.holds("it stops", () -> stopped.getCount() == 0);
        assertThat(customers.count()).isZero();
    }

    @Test
    void nobodyIsWaitedForInAnEmptyShop() {
        customers.start();
        var stopped = new CountDownLatch(1);
        customers.stop(stopped::countDown);
        Eventually.holds("it stops", () -> stopped.getCount() == 0);
        assertThat(customers.isRunning()).isFalse();
    }
}
