package flashsale.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.sync.RedisCommands;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.core.script.RedisScript;

/** Each script directly on a real Redis. */
class SessionScriptsTest {

    private static final long SOON = System.currentTimeMillis() + 60_000;
    private static final long LATER = SOON + 60_000;

    private final SessionScripts scripts = SessionScripts.load();
    private final String key = "script-test:" + System.nanoTime();

    private static RedisClient client;
    private static RedisCommands<String, String> redis;

    @BeforeAll
    static void start() {
        client = Node.redisClient();
        redis = client.connect().sync();
    }

    @AfterAll
    static void stop() {
        client.shutdown();
    }

    @Test
    void displacingNobodyReturnsNobody() {
        assertThat(displace("APP", "one", SOON)).isEmpty();
        assertThat(redis.hgetall(key)).isEqualTo(Map.of("APP", "one"));
    }

    @Test
    void theDisplacedIsReturnedUntilItsEndIsConfirmed() {
        displace("APP", "one", SOON);
        assertThat(displace("APP", "two", SOON)).containsExactly("one");
        assertThat(displace("WEB", "three", SOON)).containsExactly("one");
        redis.hdel(key, "ending:one");
        assertThat(displace("WEB", "three", SOON)).as("a repeated call").isEmpty();
        assertThat(redis.hgetall(key)).isEqualTo(Map.of("APP", "two", "WEB", "three"));
    }

    @Test
    void theDevicesLiveAsLongAsTheLongestSessionInThem() {
        displace("APP", "one", LATER);
        assertThat(redis.pexpiretime(key)).isEqualTo(LATER);
        displace("WEB", "two", SOON);
        assertThat(redis.pexpiretime(key)).isEqualTo(LATER);
        displace("WEB", "three", LATER + 5);
        assertThat(redis.pexpiretime(key)).isEqualTo(LATER + 5);
    }

    @Test
    void anOldSessionsEndLeavesTheNewOneInItsPlace() {
        displace("APP", "one", SOON);
        displace("APP", "two", SOON);
        redis.hdel(key, "ending:one");
        assertThat(run(scripts.retire(), ScriptOutputType.INTEGER, "one")).isEqualTo(0L);
        assertThat(redis.hgetall(key)).isEqualTo(Map.of("APP", "two"));
    }

    @Test
    void retiringTwiceFindsTheSessionUntilItsEndIsConfirmed() {
        displace("APP", "one", SOON);
        assertThat(run(scripts.retire(), ScriptOutputType.INTEGER, "one")).isEqualTo(1L);
        assertThat(run(scripts.retire(), ScriptOutputType.INTEGER, "one")).isEqualTo(1L);
        assertThat(redis.hgetall(key)).isEqualTo(Map.of("ending:one", "1"));
        redis.hdel(key, "ending:one");
        assertThat(run(scripts.retire(), ScriptOutputType.INTEGER, "one")).isEqualTo(0L);
    }

    @Test
    void retiringTheOthersNamesEveryOneThatIsNotKept() {
        displace("APP", "one", SOON);
        displace("WEB", "two", SOON);
        displace("APP", "three", SOON);
        List<String> ended = run(scripts.retireOthers(), ScriptOutputType.MULTI, "three");
        assertThat(ended).containsExactlyInAnyOrder("one", "two");
        assertThat(redis.hkeys(key)).containsExactlyInAnyOrder("APP", "ending:one", "ending:two");
    }

    @Test
    void onMissingKeysNothingIsRetiredEndedOrCreated() {
        assertThat(run(scripts.retire(), ScriptOutputType.INTEGER, "one")).isEqualTo(0L);
        assertThat(this.<List<String>>run(scripts.retireOthers(), ScriptOutputType.MULTI, "one"))
                .isEmpty();
        assertThat(run(scripts.end(), ScriptOutputType.INTEGER, "channel", "one"))
                .isEqualTo(0L);
        assertThat(run(scripts.change(), ScriptOutputType.INTEGER, "field", "1", "channel", "one"))
                .isEqualTo(0L);
        assertThat(redis.exists(key)).isZero();
    }

    @Test
    void aRecordIsWrittenWithItsEndAndChangedWithoutLosingIt() {
        run(scripts.open(), ScriptOutputType.INTEGER, "" + SOON, "a", "1", "b", "2");
        assertThat(redis.hgetall(key)).isEqualTo(Map.of("a", "1", "b", "2"));
        run(scripts.change(), ScriptOutputType.INTEGER, "b", "3", "channel", "one");
        assertThat(redis.hget(key, "b")).isEqualTo("3");
        assertThat(redis.pexpiretime(key)).isEqualTo(SOON);
        assertThat(run(scripts.end(), ScriptOutputType.INTEGER, "channel", "one"))
                .isEqualTo(1L);
        assertThat(redis.exists(key)).isZero();
    }

    private List<String> displace(String clientType, String id, long endsAt) {
        return run(scripts.displace(), ScriptOutputType.MULTI, clientType, id, "" + endsAt);
    }

    private <T> T run(RedisScript<T> script, ScriptOutputType type, String... arguments) {
        return redis.eval(script.getScriptAsString(), type, new String[] {key}, arguments);
    }
}
