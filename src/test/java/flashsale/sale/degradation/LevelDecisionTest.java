package flashsale.sale.degradation;

import static flashsale.sale.degradation.Given.NOW;
import static flashsale.sale.degradation.Given.SETTINGS;
import static flashsale.sale.degradation.Given.agreed;
import static flashsale.sale.degradation.Given.behind;
import static flashsale.sale.degradation.Given.sick;
import static flashsale.sale.degradation.Given.well;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which level the reports call for. */
class LevelDecisionTest {

    private static @Nullable Level next(Level now, List<Beat> beats) {
        Agreed next = LevelDecision.next(agreed(now), beats, true, SETTINGS, NOW);
        return next == null ? null : next.level();
    }

    private static List<Beat> fleet(int nodes, int sick) {
        return Stream.concat(
                        IntStream.range(0, sick).mapToObj(i -> sick("sick" + i)),
                        IntStream.range(sick, nodes).mapToObj(i -> well("well" + i)))
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "10, 0, ",
        "10, 1, L1",
        "10, 2, L1",
        "10, 3, L2",
        "11, 3, L1",
        "20, 6, L2",
        "20, 5, L1",
        "3, 1, L1",
        "3, 2, L2",
        "1, 1, L1",
        "2, 1, L1",
        "2, 2, L2",
        "100, 29, L1",
        "100, 30, L2"
    })
    void thirtyPercentOfTheNodesAndAtLeastTwoMakeL2(int nodes, int sick, @Nullable Level expected) {
        assertThat(next(Level.NONE, fleet(nodes, sick))).isEqualTo(expected);
    }

    @Test
    void l1EndsByItselfWhenAllAreWell() {
        assertThat(next(Level.L1, fleet(3, 1))).isNull();
        assertThat(next(Level.L1, fleet(3, 0))).isEqualTo(Level.NONE);
        assertThat(next(Level.L1, fleet(3, 2))).isEqualTo(Level.L2);
    }

    @ParameterizedTest
    @EnumSource(names = {"L2", "L3"})
    void l2AndL3DoNotEndByThemselves(Level held) {
        assertThat(next(held, fleet(3, 0))).isNull();
        assertThat(next(held, fleet(3, 1))).isNull();
        assertThat(next(held, List.of())).isNull();
    }

    @ParameterizedTest
    @EnumSource(names = {"NONE", "L1", "L2"})
    void moreThanFiveMinutesBehindMakeL3(Level now) {
        Duration five = Duration.ofMinutes(5);
        assertThat(next(now, List.of(well("a"), well("b"), behind("c", five)))).isNotEqualTo(Level.L3);
        assertThat(next(now, List.of(well("a"), well("b"), behind("c", five.plusMillis(1)))))
                .isEqualTo(Level.L3);
    }

    @Test
    void whoDoesNotReadPostgresRaisesL1AtMost() {
        Duration hour = Duration.ofHours(1);
        List<Beat> all = List.of(behind("a", hour), behind("b", hour), behind("c", hour));
        assertThat(LevelDecision.next(agreed(Level.NONE), all, false, SETTINGS, NOW))
                .returns(Level.L1, Agreed::level);
        assertThat(LevelDecision.next(agreed(Level.L1), all, false, SETTINGS, NOW))
                .isNull();
        assertThat(LevelDecision.next(agreed(Level.L1), all, true, SETTINGS, NOW))
                .returns(Level.L3, Agreed::level);
    }

    @Test
    void aChangeCountsOnSaysWhyAndSinceWhen() {
        Agreed next = LevelDecision.next(agreed(Level.L1), fleet(4, 4), true, SETTINGS, NOW);
        assertThat(next)
                .isEqualTo(new Agreed(8, Level.L2, "4 of 4 nodes are sick: sick0, sick1, sick2 and 1 more", NOW, 3));
    }

    @Test
    void ofTwoStatesTheLaterCountsAndOfTwoAtOnceTheGraver() {
        Agreed l1 = new Agreed(5, Level.L1, "", NOW, 0);
        Agreed l2 = new Agreed(5, Level.L2, "", NOW, 0);
        Agreed later = new Agreed(6, Level.NONE, "", NOW, 0);
        assertThat(l2.isNewerThan(l1)).isTrue();
        assertThat(l1.isNewerThan(l2)).isFalse();
        assertThat(l1.isNewerThan(l1)).isFalse();
        assertThat(later.isNewerThan(l2)).isTrue();
        assertThat(l1.isNewerThan(null)).isTrue();
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        Agreed state = new Agreed(12, Level.L3, "a | in the reason", NOW, 9);
        assertThat(Agreed.parse(state.text())).isEqualTo(state);
        assertThat(Stream.of("", "x", "1|9|0|0|r", "1|1|x|0|r").map(Agreed::parse))
                .containsOnlyNulls();
        Beat beat = new Beat(
                "n",
                Duration.ofMillis(3),
                true,
                false,
                4,
                0.5,
                Duration.ofSeconds(1),
                Duration.ofSeconds(2),
                true,
                6,
                java.util.EnumSet.of(Rule.TTL_SKEW, Rule.VERSION_BEHIND));
        assertThat(Beat.parse("n", 3, beat.text())).isEqualTo(beat);
        assertThat(Beat.parse("n", 3, well("n").text()))
                .isEqualTo(new Beat(
                        "n",
                        Duration.ofMillis(3),
                        false,
                        true,
                        0,
                        -1,
                        Duration.ZERO,
                        Duration.ZERO,
                        true,
                        0,
                        java.util.Set.of()));
        assertThat(Beat.parse("n", 3, "of another version")).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "well 1 -1 0.9 0 0 1 0  .",
                "well 1 0 NaN 0 0 1 0  .",
                "well 1 0 -Infinity 0 0 1 0  .",
                "well 1 0 1.01 0 0 1 0  .",
                "well 1 0 0.9 -1 0 1 0  .",
                "well 1 0 0.9 0 -1 1 0  .",
                "well 1 0 0.9 0 0 1 -1  .",
                "well 1 0 0.9 0 9223372036854775808 1 0  ."
            })
    void aReportThatNoNodeWouldMakeIsNone(String text) {
        assertThat(Beat.parse("n", 3, "well 1 0 0.9 0 0 1 0  .")).isNotNull();
        assertThat(Beat.parse("n", 3, text)).isNull();
    }
}
