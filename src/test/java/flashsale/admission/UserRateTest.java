package flashsale.admission;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.shop.Eventually;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class UserRateTest {

    private static UserRate rate(long users) {
        return new UserRate(Gates.settings(Map.of("flash-sale.admission.users", Long.toString(users))));
    }

    private static void exhaust(UserRate rate, long user) {
        for (int i = 0; i < 5; i++) {
            assertThat(rate.take(user)).isNull();
        }
    }

    @Test
    void afterABurstOfFiveAUserWaitsHalfASecondForTheNext() {
        UserRate rate = rate(100);
        long began = System.nanoTime();
        exhaust(rate, 7);
        int more = 0;
        UserRate.Exceeded first = rate.take(7);
        while (first == null) {
            more++;
            first = rate.take(7);
        }
        assertThat((long) more)
                .as("no more than came back meanwhile")
                .isLessThanOrEqualTo(2 * (System.nanoTime() - began) / 1_000_000_000);
        assertThat(first).satisfies(exceeded -> {
            assertThat(exceeded.perSecond()).isEqualTo(2);
            assertThat(exceeded.burst()).isEqualTo(5);
            assertThat(exceeded.retryAfter()).isBetween(Duration.ofMillis(1), Duration.ofMillis(500));
        });
        assertThat(rate.take(8)).as("somebody else").isNull();
    }

    @Test
    void tokensComeBackTwoASecond() {
        UserRate rate = rate(100);
        long began = System.nanoTime();
        exhaust(rate, 7);
        var taken = new AtomicInteger();
        Eventually.holds("three tokens came back", () -> {
            if (rate.take(7) == null) {
                taken.incrementAndGet();
            }
            return taken.get() == 3;
        });
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofMillis(1_400));
    }

    @Test
    void ofManyUsersOnlyAsManyAreRememberedAsAllowed() {
        UserRate rate = rate(10);
        LongStream.range(0, 1_000).forEach(user -> exhaust(rate, user));
        Eventually.holds(
                "the least active are forgotten",
                () -> LongStream.range(0, 1_000)
                                .filter(user -> rate.take(user) != null)
                                .count()
                        <= 20);
    }
}
