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
    void theFirstSessionIsAdmittedAndEndsNobody() {
        assertThat(admit("one", "APP", "a", SOON)).isEqualTo(List.of(1L));
        assertThat(redis.hgetall(key)).isEqualTo(Map.of("session:one", "APP 1 " + SOON + " a"));
    }

    @Test
    void theOldestGivesWayAndIsNamedUntilItsEndIsConfirmed() {
        admit("one", "APP", "a", SOON);
        assertThat(admit("two", "APP", "b", SOON)).isEqualTo(List.of(1L, "one", SOON + " why"));
        assertThat(admit("three", "WEB", "c", SOON)).isEqualTo(List.of(1L, "one", SOON + " why"));
        redis.hdel(key, "ending:one");
        assertThat(admit("three", "WEB", "c", SOON)).as("a repeated call").isEqualTo(List.of(1L));
        assertThat(redis.hkeys(key)).containsExactlyInAnyOrder("session:two", "session:three");
    }

    @Test
    void asManyLiveAsTheLimitSaysAndTheOldestOfThemGoesFirst() {
        for (String id : List.of("one", "two", "three")) {
            assertThat(admit(id, "APP", id, SOON, 3, "END_OLDEST")).isEqualTo(List.of(1L));
        }
        assertThat(admit("four", "APP", "four", SOON, 3, "END_OLDEST")).isEqualTo(List.of(1L, "one", SOON + " why"));
        assertThat(admit("five", "APP", "five", SOON, 3, "END_OLDEST"))
                .containsExactlyInAnyOrder(1L, "one", SOON + " why", "two", SOON + " why");
        assertThat(redis.hkeys(key))
                .containsExactlyInAnyOrder("session:three", "session:four", "session:five", "ending:one", "ending:two");
    }

    @Test
    void aLowerLimitEndsAsManyAsItTakes() {
        admit("one", "APP", "a", SOON, 3, "END_OLDEST");
        admit("two", "APP", "b", SOON, 3, "END_OLDEST");
        admit("three", "APP", "c", SOON, 3, "END_OLDEST");
        admit("four", "APP", "d", SOON, 1, "END_OLDEST");
        assertThat(redis.hkeys(key)).contains("session:four").doesNotContain("session:two", "session:three");
    }

    @Test
    void theSameDeviceGivesWayBeforeTheOldest() {
        admit("one", "APP", "a phone", SOON, 2, "END_OLDEST");
        admit("two", "APP", "b phone", SOON, 2, "END_OLDEST");
        assertThat(admit("three", "APP", "b phone", SOON, 2, "END_OLDEST"))
                .isEqualTo(List.of(1L, "two", SOON + " why"));
    }

    @Test
    void whereRefusingIsThePolicyAnotherDeviceIsRefusedAndNothingIsChanged() {
        admit("one", "APP", "a phone", SOON, 1, "REFUSE");
        Map<String, String> before = redis.hgetall(key);
        assertThat(admit("two", "APP", "b phone", SOON, 1, "REFUSE")).isEqualTo(List.of(0L));
        assertThat(redis.hgetall(key)).isEqualTo(before);
        assertThat(admit("three", "WEB", "b phone", SOON, 1, "REFUSE")).isEqualTo(List.of(1L));
        assertThat(admit("four", "APP", "a phone", SOON, 1, "REFUSE")).isEqualTo(List.of(1L, "one", SOON + " why"));
    }

    @Test
    void whereRefusingIsThePolicyADeviceNeverTakesASecondPlace() {
        admit("one", "APP", "a phone", SOON, 2, "REFUSE");
        assertThat(admit("two", "APP", "a phone", SOON, 2, "REFUSE")).isEqualTo(List.of(1L, "one", SOON + " why"));
        assertThat(admit("three", "APP", "b phone", SOON, 2, "REFUSE")).startsWith(1L);
        assertThat(redis.hkeys(key)).contains("session:two", "session:three");
    }

    @Test
    void aRefusalChangesNothingEvenWhereTheLimitWasLowered() {
        admit("one", "APP", "a phone", SOON, 2, "REFUSE");
        admit("two", "APP", "b phone", SOON, 2, "REFUSE");
        Map<String, String> before = redis.hgetall(key);
        assertThat(admit("three", "APP", "a phone", SOON, 1, "REFUSE")).isEqualTo(List.of(0L));
        assertThat(redis.hgetall(key)).isEqualTo(before);
    }

    @Test
    void aSessionThatIsOverTakesNoPlace() {
        admit("long", "APP", "a", SOON, 2, "REFUSE");
        admit("over", "APP", "b", System.currentTimeMillis() - 1, 2, "REFUSE");
        assertThat(admit("new", "APP", "c", SOON, 2, "REFUSE")).isEqualTo(List.of(1L));
        assertThat(redis.hkeys(key)).containsExactlyInAnyOrder("session:long", "session:new");
    }

    @Test
    void anyDeviceIdIsTakenAsItIs() {
        for (String device : List.of("", " ", "a b  c", "line\nbreak", "%d ^[%w]", "电话", "\u0000")) {
            redis.del(key);
            admit("one", "APP", device, SOON, 1, "REFUSE");
            assertThat(admit("two", "APP", device, SOON, 1, "REFUSE"))
                    .as(device)
                    .isEqualTo(List.of(1L, "one", SOON + " why"));
        }
    }

    @Test
    void theDevicesLiveAsLongAsTheLongestSessionInThem() {
        admit("one", "APP", "a", LATER);
        assertThat(redis.pexpiretime(key)).isEqualTo(LATER);
        admit("two", "WEB", "a", SOON);
        assertThat(redis.pexpiretime(key)).isEqualTo(LATER);
        admit("three", "WEB", "a", LATER + 5);
        assertThat(redis.pexpiretime(key)).isEqualTo(LATER + 5);
    }

    @Test
    void onlyTheSessionThatIsStillThereIsRetired() {
        admit("one", "APP", "a", SOON);
        admit("two", "APP", "a", SOON);
        redis.hdel(key, "ending:one");
        assertThat(retire("one", "late")).isEmpty();
        assertThat(redis.hkeys(key)).containsExactly("session:two");
    }

    @Test
    void retiringTwiceFindsTheSessionUntilItsEndIsConfirmedAndKeepsTheFirstReason() {
        admit("one", "APP", "a", SOON);
        assertThat(retire("one", "first")).isEqualTo(List.of("one", SOON + " first"));
        assertThat(retire("one", "second")).isEqualTo(List.of("one", SOON + " first"));
        redis.hdel(key, "ending:one");
        assertThat(retire("one", "third")).isEmpty();
        assertThat(redis.exists(key)).isZero();
    }

    @Test
    void retiringTheOthersNamesEveryOneThatIsNotKept() {
        admit("one", "APP", "a", SOON);
        admit("two", "WEB", "a", SOON);
        admit("three", "APP", "a", SOON);
        List<Object> ended = run(scripts.retireOthers(), ScriptOutputType.MULTI, "three", "others");
        assertThat(ended).containsExactlyInAnyOrder("one", SOON + " why", "two", SOON + " others");
        assertThat(redis.hkeys(key)).containsExactlyInAnyOrder("session:three", "ending:one", "ending:two");
        ended = run(scripts.retireOthers(), ScriptOutputType.MULTI, "", "all");
        assertThat(ended).contains("three", SOON + " all");
    }

    @Test
    void aPlaceIsLengthenedNeverShortened() {
        admit("one", "APP", "a phone", SOON);
        assertThat(extend("one", LATER)).isEqualTo(1L);
        assertThat(redis.hget(key, "session:one")).isEqualTo("APP 1 " + LATER + " a phone");
        assertThat(redis.pexpiretime(key)).isEqualTo(LATER);
        assertThat(extend("one", SOON)).isEqualTo(1L);
        assertThat(redis.hget(key, "session:one")).isEqualTo("APP 1 " + LATER + " a phone");
        retire("one", "gone");
        assertThat(extend("one", LATER + 9)).as("who has lost the place").isEqualTo(0L);
    }

    @Test
    void onMissingKeysNothingIsRetiredRenewedEndedOrCreated() {
        assertThat(retire("one", "why")).isEmpty();
        assertThat(this.<List<Object>>run(scripts.retireOthers(), ScriptOutputType.MULTI, "one", "why"))
                .isEmpty();
        assertThat(extend("one", SOON)).isEqualTo(0L);
        assertThat(this.<Long>run(scripts.renew(), ScriptOutputType.INTEGER, "" + SOON, "a", "1"))
                .isEqualTo(0L);
        assertThat(this.<Long>run(scripts.end(), ScriptOutputType.INTEGER, "channel", "one"))
                .isEqualTo(0L);
        assertThat(this.<Long>run(scripts.change(), ScriptOutputType.INTEGER, "field", "1", "channel", "one"))
                .isEqualTo(0L);
        assertThat(redis.exists(key)).isZero();
    }

    @Test
    void aRecordIsWrittenWithItsEndRenewedAndChangedWithoutLosingIt() {
        run(scripts.open(), ScriptOutputType.INTEGER, "" + SOON, "a", "1", "b", "2");
        assertThat(redis.hgetall(key)).isEqualTo(Map.of("a", "1", "b", "2"));
        run(scripts.change(), ScriptOutputType.INTEGER, "b", "3", "channel", "one");
        assertThat(redis.hget(key, "b")).isEqualTo("3");
        assertThat(redis.pexpiretime(key)).isEqualTo(SOON);
        assertThat(this.<Long>run(scripts.renew(), ScriptOutputType.INTEGER, "" + LATER, "a", "9"))
                .isEqualTo(1L);
        assertThat(redis.pexpiretime(key)).isEqualTo(LATER);
        assertThat(this.<Long>run(scripts.renew(), ScriptOutputType.INTEGER, "" + SOON, "a", "7"))
                .as("an older renewal that comes late")
                .isEqualTo(1L);
        assertThat(redis.pexpiretime(key)).isEqualTo(LATER);
        assertThat(redis.hget(key, "a")).isEqualTo("9");
        assertThat(this.<Long>run(scripts.end(), ScriptOutputType.INTEGER, "channel", "one"))
                .isEqualTo(1L);
        assertThat(redis.exists(key)).isZero();
    }

    private List<Object> admit(String id, String clientType, String deviceId, long endsAt) {
        return admit(id, clientType, deviceId, endsAt, 1, "END_OLDEST");
    }

    private List<Object> admit(String id, String clientType, String deviceId, long endsAt, int limit, String whenFull) {
        return run(
                scripts.admit(),
                ScriptOutputType.MULTI,
                id,
                clientType,
                deviceId,
                "" + endsAt,
                "" + limit,
                whenFull,
                "why");
    }

    private List<Object> retire(String id, String why) {
        return run(scripts.retire(), ScriptOutputType.MULTI, id, why);
    }

    private Long extend(String id, long endsAt) {
        return run(scripts.extend(), ScriptOutputType.INTEGER, id, "" + endsAt);
    }

    private <T> T run(RedisScript<?> script, ScriptOutputType type, String... arguments) {
        return redis.eval(script.getScriptAsString(), type, new String[] {key}, arguments);
    }
}
