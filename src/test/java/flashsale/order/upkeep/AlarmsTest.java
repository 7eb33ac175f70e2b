package flashsale.order.upkeep;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.redis.BareRedis;
import flashsale.redis.OrderKeys;
import flashsale.servers.Servers;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The script alone, on a Redis of its own: the nodes of other tests would take the alarms. */
class AlarmsTest {

    private static final long NOW = System.currentTimeMillis() / 1_000;

    private static Servers servers;
    private static BareRedis redis;

    @BeforeAll
    static void start() {
        servers = Servers.fresh();
        redis = BareRedis.on(servers.redis());
    }

    @AfterAll
    static void stop() {
        redis.close();
    }

    @BeforeEach
    void forget() {
        redis.commands().del(OrderKeys.ALARMS);
    }

    private static List<Object> call(int most, Object... seconds) {
        Object[] arguments = new Object[seconds.length + 1];
        arguments[0] = most;
        System.arraycopy(seconds, 0, arguments, 1, seconds.length);
        return redis.run("order/alarms", List.of(OrderKeys.ALARMS), arguments);
    }

    @Test
    void anAlarmIsTakenOnceWhenItIsDue() {
        assertThat(call(10, NOW + 3_600, NOW - 2, NOW - 1)).containsExactly("" + (NOW - 2), "" + (NOW - 1));
        assertThat(call(10)).isEmpty();
        assertThat(redis.commands().zrange(OrderKeys.ALARMS, 0, -1)).containsExactly("" + (NOW + 3_600));
    }

    @Test
    void settingItTwiceIsSettingItOnce() {
        call(10, NOW + 3_600);
        redis.commands().scriptFlush();
        call(10, NOW + 3_600);
        assertThat(redis.commands().zcard(OrderKeys.ALARMS)).isEqualTo(1);
    }

    @Test
    void whereThereAreNoneNothingIsWritten() {
        assertThat(call(10)).isEmpty();
        assertThat(redis.commands().exists(OrderKeys.ALARMS)).isZero();
    }

    @Test
    void ofManyTheOldestAreTakenFirstAndTheRestNextTime() {
        Object[] many = LongStream.range(0, 3_600).map(i -> NOW - i).boxed().toArray();
        assertThat(call(100, many)).hasSize(100).first().isEqualTo("" + (NOW - 3_599));
        assertThat(call(5_000)).hasSize(3_500);
    }
}
