package flashsale.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Answers that a row is not about must not become its figures. */
class WrkTest {

    private static Wrk printed(String statuses, long lost) {
        return Wrk.read("""
                Running 1s test @ http://localhost
                %s
                lost %d
                spent false
                seconds 1.000
                ms 0.500 1.250 9.000
                """.formatted(statuses, lost));
    }

    private static Answers soldOut(Wrk wrk) {
        return wrk.only("sold out", 409, List.of(429, 503), 1);
    }

    @Test
    void theRightAnswersCount() {
        assertThat(soldOut(printed("status 409 1000", 0))).isEqualTo(new Answers(1000, 1, 0.5, 1.25, 9));
    }

    @Test
    void aFewRefusedForOverloadDoNotCountAsAnswers() {
        assertThat(soldOut(printed("status 409 995\nstatus 503 5", 0)).count()).isEqualTo(995);
    }

    @Test
    void manyRefusedForOverloadFailTheRow() {
        assertThatThrownBy(() -> soldOut(printed("status 409 900\nstatus 429 100", 0)))
                .hasMessageContaining("{409=900, 429=100}");
    }

    @Test
    void oneWrongAnswerFailsTheRow() {
        assertThatThrownBy(() -> soldOut(printed("status 409 999999\nstatus 500 1", 0)))
                .hasMessageContaining("sold out");
    }

    @Test
    void aLostAnswerFailsTheRow() {
        assertThatThrownBy(() -> printed("status 409 1000", 1)).hasMessageContaining("lost");
    }
}
