package flashsale.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class UserRateTest {

    private static final long SECOND = 1_000_000_000;

    private long now = SECOND;

    private UserRate rate(long users) {
        return new UserRate(Gates.settings(Map.of("flash-sale.admission.users", Long.toString(users))), () -> now);
    }

    private static void exhaust(UserRate rate, long user) {
        for (int i = 0; i < 5; i++) {
            assertThat(rate.take(user)).isNull();
        }
    }

    @Test
    void afterABurstOfFiveAUserWaitsHalfASecondForTheNext() {
        UserRate rate = rate(100);
        exhaust(rate, 7);
        assertThat(rate.take(7)).isEqualTo(new UserRate.Exceeded(2, 5, Duration.ofMillis(500)));
        assertThat(rate.take(8)).as("somebody else").isNull();
        now += SECOND / 2 - 1;
        assertThat(rate.take(7)).isEqualTo(new UserRate.Exceeded(2, 5, Duration.ofNanos(1)));
        now += 1;
        assertThat(rate.take(7)).isNull();
        assertThat(rate.take(7)).isNotNull();
    }

    @Test
    void whoTapsOnWhileRefusedIsNotKeptOutForIt() {
        UserRate rate = rate(100);
        exhaust(rate, 7);
        int allowed = 0;
        for (int i = 0; i < 1_000; i++) {
            now += SECOND / 100;
            allowed += rate.take(7) == null ? 1 : 0;
        }
        assertThat(allowed).as("two a second for ten seconds").isEqualTo(20);
    }

    @Test
    void aPauseBringsBackABurstAndNoMore() {
        UserRate rate = rate(100);
        for (int sale = 0; sale < 3; sale++) {
            exhaust(rate, 7);
            assertThat(rate.take(7)).isNotNull();
            now += 100 * SECOND;
        }
    }

    @Test
    void ofManyUsersOnlyAsManyAreRememberedAsAllowed() {
        UserRate rate = rate(10);
        LongStream.range(0, 1_000).forEach(user -> exhaust(rate, user));
        assertThat(LongStream.range(0, 1_000)
                        .filter(user -> rate.take(user) != null)
                        .count())
                .as("the others are forgotten, and start anew")
                .isLessThanOrEqualTo(10);
    }
}
