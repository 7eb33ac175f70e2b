package flashsale.sale.degradation;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.redis.BareRedis;
import flashsale.redis.DegradationKeys;
import flashsale.servers.Servers;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Both scripts, called as the application does, under keys of this test's own. */
class DegradationScriptsTest {

    private static final List<String> BEAT = List.of("nodes:{degradation-test}", "state:{degradation-test}");
    private static final List<String> AGREE = List.of("state:{degradation-test}", "changes:{degradation-test}");

    private static BareRedis redis;

    @BeforeAll
    static void start() {
        redis = BareRedis.on(Servers.shared().redis());
    }

    @AfterAll
    static void stop() {
        redis.close();
    }

    @BeforeEach
    void forget() {
        redis.commands().del(BEAT.getFirst(), BEAT.getLast(), AGREE.getLast());
    }

    private static List<Object> beat(String node, String report) {
        return redis.run("degradation/beat", BEAT, node, report, 60_000, 0, "");
    }

    private static List<Object> agree(long seq, int rank, String text) {
        return redis.run("degradation/agree", AGREE, seq, rank, text, 3, "");
    }

    private static List<Object> look() {
        return agree(0, 0, "");
    }

    @Test
    void aNodeHearsOfAllWhoReported() {
        assertThat(beat("a", "well |x")).hasSize(4).startsWith("", "a").endsWith("well |x");
        List<Object> two = beat("b", "sick");
        assertThat(two).hasSize(7).contains("a", "well |x", "b", "sick");
        assertThat((Long) two.get(2)).isBetween(0L, 60_000L);
        assertThat(beat("b", "well"))
                .as("a report replaces the one before")
                .hasSize(7)
                .doesNotContain("sick");
    }

    @Test
    void whoOnlyLooksLeavesNothing() {
        assertThat(beat("", "")).containsExactly("");
        assertThat(redis.commands().exists(BEAT.getFirst())).isZero();
    }

    @Test
    void whoLeavesSaysSoUntilHeIsForgottenForHisSilence() {
        beat("leaves", "well");
        assertThat(beat("leaves", "")).hasSize(4).startsWith("", "leaves").endsWith("");
        assertThat(beat("stays", "well")).contains("leaves");
        long now = System.currentTimeMillis();
        redis.commands().hset(BEAT.getFirst(), "leaves", (now - 61_000) + "|");
        assertThat(beat("stays", "well")).doesNotContain("leaves");
    }

    @Test
    void whoIsSilentOrSpeaksFromTheFutureIsForgotten() {
        long now = System.currentTimeMillis();
        redis.commands().hset(BEAT.getFirst(), "silent", (now - 61_000) + "|well");
        redis.commands().hset(BEAT.getFirst(), "future", (now + 3_600_000) + "|well");
        redis.commands().hset(BEAT.getFirst(), "damaged", "well");
        assertThat(beat("stays", "well")).contains("stays").doesNotContain("silent", "future", "damaged");
        assertThat(redis.commands().hkeys(BEAT.getFirst())).containsExactly("stays");
    }

    @Test
    void theNewestVersionsStand() {
        redis.run("degradation/beat", BEAT, "a", "well", 60_000, 2_000, "1:5");
        redis.run("degradation/beat", BEAT, "b", "well", 60_000, 1_000, "1:4");
        redis.run("degradation/beat", BEAT, "c", "well", 60_000, 0, "");
        assertThat(redis.commands().hget(BEAT.getLast(), DegradationKeys.VERSIONS))
                .isEqualTo("1:5");
        redis.run("degradation/beat", BEAT, "b", "well", 60_000, 2_001, "1:6");
        assertThat(redis.commands().hget(BEAT.getLast(), DegradationKeys.VERSIONS))
                .isEqualTo("1:6");
    }

    /** Next to it nothing would be newer: forged versions would stand for ever, and have every node that does not read taken for late. */
    @ParameterizedTest
    @ValueSource(strings = {"nan", "-nan", "inf", "-inf", "1e300", "0x10", "-5", "", "then"})
    void aTimeThatNoNodeWroteGivesWay(String forged) {
        redis.commands().hset(BEAT.getLast(), Map.of("asOf", forged, DegradationKeys.VERSIONS, "1:999999"));
        redis.run("degradation/beat", BEAT, "a", "well", 60_000, 2_000, "1:5");
        assertThat(redis.commands().hget(BEAT.getLast(), DegradationKeys.VERSIONS))
                .isEqualTo("1:5");
    }

    @Test
    void aClockThatWasSetBackIsFollowed() {
        redis.run("degradation/beat", BEAT, "a", "well", 60_000, 3_600_000, "1:5");
        redis.run("degradation/beat", BEAT, "a", "well", 60_000, 3_540_000, "1:4");
        assertThat(redis.commands().hget(BEAT.getLast(), DegradationKeys.VERSIONS))
                .as("a minute late")
                .isEqualTo("1:5");
        redis.run("degradation/beat", BEAT, "a", "well", 60_000, 3_539_999, "1:6");
        assertThat(redis.commands().hget(BEAT.getLast(), DegradationKeys.VERSIONS))
                .isEqualTo("1:6");
        redis.run("degradation/beat", BEAT, "a", "well", 60_000, 0, "");
        assertThat(redis.commands().hget(BEAT.getLast(), DegradationKeys.VERSIONS))
                .as("who did not read")
                .isEqualTo("1:6");
    }

    @Test
    void whatWasAgreedOnComesWithTheReports() {
        agree(1, 2, "1|2|0|0|x");
        assertThat(beat("", "")).containsExactly("1|2|0|0|x");
    }

    @Test
    void aLaterStateIsTakenOnceAndAnEarlierNever() {
        assertThat(agree(0, 0, "")).containsExactly("");
        assertThat(agree(4, 1, "4|1|0|0|first")).containsExactly("4|1|0|0|first", "4|1|0|0|first");
        assertThat(agree(4, 1, "4|1|0|0|other"))
                .as("as new and as grave")
                .startsWith("4|1|0|0|first")
                .hasSize(2);
        assertThat(agree(3, 3, "3|3|0|0|late")).startsWith("4|1|0|0|first").hasSize(2);
        assertThat(agree(4, 3, "4|3|0|0|graver")).startsWith("4|3|0|0|graver").hasSize(3);
        assertThat(agree(10, 0, "10|0|0|0|after nine")).startsWith("10|0|0|0|after nine");
        assertThat(agree(0, 0, "")).as("only looks").startsWith("10|0|0|0|after nine");
    }

    @Test
    void itRemembersTheLastChangesOnly() {
        for (int seq = 1; seq <= 5; seq++) {
            agree(seq, 0, seq + "|0|0|0|x");
        }
        assertThat(agree(0, 0, "")).containsExactly("5|0|0|0|x", "3|0|0|0|x", "4|0|0|0|x", "5|0|0|0|x");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense",
                "7|1|x",
                "7|4|0|0|x",
                "07|1|0|0|x",
                "7|1|0|8|x",
                "7|1|0|0|a\0b",
                "7|1|9007199254740994|0|x",
                "9007199254740994|1|0|0|x",
                "9223372036854775807|1|0|0|x",
                "99999999999999999999|1|0|0|x"
            })
    void whatNobodyWouldWriteStandsForNothingHereAndInTheApplication(String text) {
        assertThat(Agreed.parse(text)).isNull();
        redis.commands().hset(AGREE.getFirst(), "agreed", text);
        assertThat(look()).containsExactly("");
        assertThat(agree(1, 1, "1|1|0|0|x")).startsWith("1|1|0|0|x");
    }

    @Test
    void theLargestNumberIsRead() {
        String largest = "9007199254740992|1|9007199254740992|9007199254740992|x";
        assertThat(Agreed.parse(largest)).returns(largest, Agreed::text);
        redis.commands().hset(AGREE.getFirst(), "agreed", largest);
        assertThat(look()).containsExactly(largest);
    }

    @Test
    void whatIsRefusedGoesAndNothingElse() {
        agree(9, 0, "9|0|5|2|x");
        assertThat(redis.run("degradation/agree", AGREE, 3, 3, "3|3|0|0|y", 3, "9|0|5|1|"))
                .as("another one")
                .startsWith("9|0|5|2|x");
        assertThat(redis.run("degradation/agree", AGREE, 3, 3, "3|3|0|0|y", 3, "9|0|5|2|"))
                .startsWith("3|3|0|0|y");
        assertThat(redis.run("degradation/agree", AGREE, 0, 0, "", 3, "3|3|0|0|"))
                .as("before anything was agreed on")
                .startsWith("");
        assertThat(redis.commands().hexists(AGREE.getFirst(), "agreed")).isFalse();
    }

    @Test
    void aKeyOfAnotherTypeIsMended() {
        BEAT.forEach(key -> redis.commands().set(key, "a string"));
        assertThat(beat("a", "well")).hasSize(4).contains("a", "well");
        redis.commands().set(AGREE.getFirst(), "a string");
        redis.commands().set(AGREE.getLast(), "a string");
        assertThat(agree(1, 1, "1|1|0|0|x")).containsExactly("1|1|0|0|x", "1|1|0|0|x");
        assertThat(beat("", "")).startsWith("1|1|0|0|x").hasSize(4);
    }
}
