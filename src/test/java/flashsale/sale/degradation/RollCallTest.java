package flashsale.sale.degradation;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.sale.degradation.RollCall.Heard;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who is counted, whatever a store has forgotten. */
class RollCallTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final RollCall rollCall = new RollCall(Duration.ofMinutes(1));

    private static Heard heard(Beat beat, Duration age) {
        return new Heard(beat.node(), beat, age);
    }

    private static Heard hasLeft(String node) {
        return new Heard(node, null, Duration.ZERO);
    }

    @Test
    void whomAStoreForgotIsCountedOn() {
        rollCall.after(List.of(heard(Given.well("a"), SECOND), heard(Given.sick("b"), SECOND)), true);
        assertThat(rollCall.after(List.of(heard(Given.sick("b"), Duration.ZERO)), true))
                .extracting(Beat::node)
                .containsExactly("a", "b");
        assertThat(rollCall.after(List.of(), false)).hasSize(2).first().satisfies(forgotten -> assertThat(
                        forgotten.age())
                .isGreaterThanOrEqualTo(SECOND));
    }

    @Test
    void ofTwoReportsTheYoungerCounts() {
        rollCall.after(List.of(heard(Given.well("a"), SECOND)), true);
        assertThat(rollCall.after(List.of(heard(Given.sick("a"), Duration.ofSeconds(30))), false))
                .singleElement()
                .returns(false, Beat::sick);
        assertThat(rollCall.after(List.of(heard(Given.sick("a"), Duration.ZERO)), false))
                .singleElement()
                .returns(true, Beat::sick);
    }

    @Test
    void whoHasLeftIsNotCountedUntilHeIsBack() {
        rollCall.after(List.of(heard(Given.well("a"), SECOND)), true);
        assertThat(rollCall.after(List.of(hasLeft("a")), true)).isEmpty();
        assertThat(rollCall.after(List.of(heard(Given.well("a"), SECOND)), false))
                .as("what it said before")
                .isEmpty();
        assertThat(rollCall.after(List.of(heard(Given.well("a"), Duration.ZERO)), true))
                .hasSize(1);
    }

    @Test
    void whoIsSilentIsForgottenWhereAllReportAndNowhereElse() {
        RollCall strict = new RollCall(Duration.ZERO);
        strict.after(List.of(heard(Given.well("a"), Duration.ZERO)), true);
        assertThat(strict.after(List.of(), false))
                .as("it may report there still")
                .hasSize(1);
        strict.after(List.of(heard(Given.well("b"), Duration.ZERO)), false);
        assertThat(strict.after(List.of(), false)).extracting(Beat::node).containsExactly("a");
        assertThat(strict.after(List.of(), true)).isEmpty();
    }

    @Test
    void itKnowsForHowLongItHasListened() {
        assertThat(rollCall.hasLasted(Duration.ZERO)).isFalse();
        rollCall.after(List.of(), true);
        assertThat(rollCall.hasLasted(Duration.ZERO)).isTrue();
        assertThat(rollCall.hasLasted(Duration.ofHours(1))).isFalse();
    }
}
