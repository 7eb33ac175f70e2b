package flashsale.sale.degradation;

import static flashsale.sale.degradation.Given.SETTINGS;
import static flashsale.sale.degradation.Given.figures;
import static flashsale.sale.degradation.Given.hits;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What figures mean, at and beside each limit. */
class NodeCheckTest {

    private static NodeCheck check(Figures figures) {
        return NodeCheck.of(figures, Set.of(), SETTINGS);
    }

    private static Figures behind(long versions) {
        return figures(versions, 0, 0, Duration.ZERO);
    }

    private static Figures skewed(Duration skew) {
        return figures(0, 0, 0, skew);
    }

    @Test
    void oneVersionBehindIsConsistentTwoAreNot() {
        assertThat(check(behind(1)).consistent()).isTrue();
        assertThat(check(behind(1)).rules()).isEmpty();
        assertThat(check(behind(2)).consistent()).isFalse();
        assertThat(check(behind(2)).rules()).containsExactly(Rule.VERSION_BEHIND);
        assertThat(check(behind(2)).complaint()).contains("2 versions behind");
    }

    @Test
    void eightyFivePercentOfTheReadsInTimeAreEnough() {
        assertThat(check(hits(100, 85)).consistent()).isTrue();
        assertThat(check(hits(10_000, 8_499)).consistent()).isFalse();
        assertThat(check(hits(10_000, 8_499)).complaint()).contains("84 %");
    }

    @Test
    void belowSeventyPercentTheSnapshotAnswers() {
        assertThat(check(hits(100, 70)).rules()).isEmpty();
        assertThat(check(hits(100, 69)).rules()).containsExactly(Rule.HIT_RATE_LOW);
    }

    @Test
    void fewReadsSayNothing() {
        assertThat(check(hits(99, 0)).consistent()).isTrue();
        assertThat(check(hits(99, 0)).rules()).isEmpty();
        assertThat(check(hits(100, 0)).consistent()).isFalse();
    }

    @Test
    void beyondASkewOfAMinuteNothingIsSoldThoughTheNodeIsConsistent() {
        assertThat(check(skewed(Duration.ofSeconds(60))).rules()).isEmpty();
        NodeCheck beyond = check(skewed(Duration.ofMillis(60_001)));
        assertThat(beyond.rules()).containsExactly(Rule.TTL_SKEW);
        assertThat(beyond.consistent()).isTrue();
    }

    @Test
    void whileNobodyCanReadPostgresNoNodeIsToBlameForOldPages() {
        NodeCheck check = check(new Figures(0, 1_000, 0, false, false, Duration.ZERO));
        assertThat(check.consistent()).isTrue();
        assertThat(check.fit()).isTrue();
        assertThat(check.rules()).isEmpty();
    }

    @Test
    void aNodeWithoutReadersIsFitOnlyWhenItsPagesAreFresh() {
        assertThat(check(new Figures(0, 0, 0, true, false, Duration.ZERO)).fit())
                .isFalse();
        assertThat(check(new Figures(0, 0, 0, true, true, Duration.ZERO)).fit()).isTrue();
    }

    @Test
    void theSnapshotGoesOnAnsweringANodeWithoutReadersUntilItsPagesAreFresh() {
        Set<Rule> before = Set.of(Rule.HIT_RATE_LOW);
        var old = new Figures(0, 5, 0, true, false, Duration.ZERO);
        assertThat(NodeCheck.of(old, before, SETTINGS).rules()).containsExactly(Rule.HIT_RATE_LOW);
        assertThat(NodeCheck.of(hits(5, 0), before, SETTINGS).rules()).isEmpty();
    }

    @Test
    void eachRuleHasTheRemedyOperationsKnow() {
        assertThat(List.of(Rule.values()))
                .extracting(rule -> rule + " " + rule.remedy)
                .containsExactly("VERSION_BEHIND SYNC", "TTL_SKEW READ_ONLY", "HIT_RATE_LOW LOCAL_SNAPSHOT");
    }

    @Test
    void itTakesTwoFailedChecksInARowToBeSickAndThreeGoodOnesToBeWell() {
        assertThat(after(Condition.WELL, "-").sick()).isFalse();
        assertThat(after(Condition.WELL, "--").sick()).isTrue();
        assertThat(after(Condition.WELL, "--++").sick()).isTrue();
        assertThat(after(Condition.WELL, "--+++").sick()).isFalse();
    }

    @Test
    void whoIsSickEveryOtherTimeNeverLeavesAndNeverComesBack() {
        assertThat(after(Condition.WELL, "-+".repeat(50)).sick()).isFalse();
        assertThat(after(after(Condition.WELL, "--"), "++-".repeat(50)).sick()).isTrue();
    }

    private static Condition after(Condition start, String checks) {
        Condition condition = start;
        for (char one : checks.toCharArray()) {
            condition = condition.after(check(behind(one == '-' ? 2 : 0)), SETTINGS);
        }
        return condition;
    }
}
