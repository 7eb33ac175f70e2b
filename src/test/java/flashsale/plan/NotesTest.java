package flashsale.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A minute of sixty times as many buyers as purchases a second are wanted, and nothing else that costs. */
class NotesTest {

    private static final Connections PLENTY = new Connections(16, 1_000);

    private static final Orders ORDERS = new Orders(8_000, 16_000);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "8000  | none",
                "8001  | ONE SALE MAY BE TOO SLOW: 8,001 purchases",
                "16000 | ONE SALE MAY BE TOO SLOW: 16,000 purchases",
                "16001 | ONE SALE IS TOO SLOW: 16,001 purchases"
            })
    void betweenTheTwoFiguresOneSaleMayBeTooSlowAndAboveBothItIs(double purchases, String begins) {
        Optional<String> note = note("ONE SALE", plan(purchases, 0, 1, PLENTY));
        if (begins == null) {
            assertThat(note).isEmpty();
        } else {
            assertThat(note.orElseThrow()).startsWith(begins);
        }
    }

    @Test
    void bothFiguresAndTheRangeBetweenThemAreSaid() {
        // 60 * 9,600 = 576,000 orders: 36 s at 16,000/s, 72 at 8,000; 60 * 19,200: 72 and 144
        assertThat(note("ONE SALE MAY BE", plan(9_600, 0, 1, PLENTY)).orElseThrow())
                .contains("answer 8,000", "commit 16,000", "at least 36.0 to 72.0 s");
        assertThat(note("ONE SALE IS", plan(19_200, 0, 1, PLENTY)).orElseThrow())
                .contains("commit 16,000", "8,000 with the service", "at least 72.0 to 144.0 s");
    }

    @Test
    void tooManyConnectionsAreCountedWithWhatToDo() {
        // 1,000 purchases of 12 ms are 12 cores; 12 / (2 * 0.6) = 10 and what the peak is above, and one spare: 12
        Plan plan = plan(1_000, 0, 1, new Connections(16, 100));
        assertThat(plan.replicas().total()).isEqualTo(12);
        assertThat(note("TOO MANY CONNECTIONS", plan).orElseThrow())
                .startsWith("TOO MANY CONNECTIONS: 210 to PostgreSQL are needed and 97 are there")
                .contains(
                        "max_connections to 213 (with a restart)",
                        "SPRING_R2DBC_POOL_MAX_SIZE=7 fits",
                        "--cores; 4 fit");
        assertThat(note("TOO MANY", plan(1_000, 0, 1, new Connections(16, 212))))
                .isPresent();
        assertThat(note("TOO MANY", plan(1_000, 0, 1, new Connections(16, 213))))
                .isEmpty();
    }

    @Test
    void aPoolSmallerThanWhatIsOpenedAtTheStartIsNotAdvised() {
        // (30 - 3 - 2) / 13 = 1.9, (31 - 3 - 2) / 13 = 2
        assertThat(note("TOO MANY", plan(1_000, 0, 1, new Connections(16, 30))).orElseThrow())
                .doesNotContain("POOL_MAX_SIZE");
        assertThat(note("TOO MANY", plan(1_000, 0, 1, new Connections(16, 31))).orElseThrow())
                .contains("POOL_MAX_SIZE=2 fits");
    }

    @Test
    void fewerReplicasAreNotAdvisedWhereSpareOnesAndLoginsNeedThem() {
        // 4 fit: one and three spare do, one and four do not
        assertThat(note("TOO MANY", plan(1_000, 0, 3, new Connections(16, 100))).orElseThrow())
                .contains("4 fit");
        assertThat(note("TOO MANY", plan(1_000, 0, 4, new Connections(16, 100))).orElseThrow())
                .doesNotContain("larger replicas");
        // 50 logins/s and more at the peak, 20 a replica: four, and one spare
        assertThat(note("TOO MANY", plan(1_000, 0.05, 1, new Connections(16, 100)))
                        .orElseThrow())
                .doesNotContain("larger replicas");
    }

    private static Optional<String> note(String begins, Plan plan) {
        List<String> notes = plan.notes();
        return notes.stream().filter(note -> note.startsWith(begins)).findFirst();
    }

    private static Plan plan(double purchases, double logins, int spare, Connections connections) {
        var funnel = new Funnel(purchases * 60, 1, 1, 1, 1e10, 0, logins, 1);
        var question = new Question(funnel, 60, new Arrivals(0.999, 1, 1), 2, 0.6, spare, connections);
        return Plan.of(question, new Capacity(Map.of(Tier.APP, Map.of(Call.PURCHASE, 12_000.0)), ORDERS, 20));
    }
}
