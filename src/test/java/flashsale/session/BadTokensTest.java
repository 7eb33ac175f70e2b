package flashsale.session;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.session.Tokens.Verdict;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What tokens that are no good may cost. */
class BadTokensTest {

    private static final Instant NOW = SettableClock.START;

    private final SettableClock clock = new SettableClock();
    private final Tokens tokens = tokens("bad-tokens.per-second", "10", "bad-tokens.remembered", "100");
    private final Tokens elsewhere = tokens();

    private Tokens tokens(String... settings) {
        SessionSettings all = TestKeys.settings(settings);
        return new Tokens(Keyring.of(all, true), all, clock);
    }

    @AfterEach
    void close() {
        tokens.close();
        elsewhere.close();
    }

    private String good(int user, int seconds) {
        return elsewhere.issue(new Principal(user, Role.USER, "s" + user), NOW.plusSeconds(seconds));
    }

    private static String forged(int user) {
        return Forgery.token(
                "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"hs256-1\"}",
                "{\"sub\":\"" + user + "\"}",
                "a-secret-that-an-attacker-has-thought-up".getBytes(StandardCharsets.UTF_8));
    }

    private int looksAtForged(int from, int count) {
        int looked = 0;
        for (int i = from; i < from + count; i++) {
            looked += tokens.verify(forged(i)) instanceof Verdict.Bad ? 1 : 0;
        }
        return looked;
    }

    @Test
    void ofFiftyThousandForgedTokensOnlySoManyAreVerified() {
        assertThat(looksAtForged(0, 50_000)).isEqualTo(10);
        clock.now = NOW.plusSeconds(1);
        assertThat(looksAtForged(50_000, 1_000)).isEqualTo(10);
        assertThat(tokens.bad()).as("all are counted").isEqualTo(51_000);
    }

    @Test
    void whomTheNodeKnowsIsNotTouched() {
        String known = good(7, 60);
        assertThat(tokens.verify(known)).isInstanceOf(Verdict.Good.class);
        looksAtForged(0, 100);
        assertThat(tokens.verify(known)).isInstanceOf(Verdict.Good.class);
        String fresh = good(8, 60);
        assertThat(tokens.verify(fresh)).as("may be good, is not looked at").isEqualTo(new Verdict.Unread());
        clock.now = NOW.plusSeconds(1);
        assertThat(tokens.verify(fresh)).isInstanceOf(Verdict.Good.class);
    }

    @Test
    void crowdsOfNewAndOfExpiredTokensAreNotInTheirOwnWay() {
        for (int user = 0; user < 1_000; user++) {
            assertThat(tokens.verify(good(user, 60))).isInstanceOf(Verdict.Good.class);
        }
        for (int user = 0; user < 1_000; user++) {
            assertThat(tokens.verify(good(user, -1))).isEqualTo(new Verdict.Bad("token expired"));
        }
        assertThat(looksAtForged(0, 10)).as("nothing was charged").isEqualTo(10);
    }

    @Test
    void aBadTokenThatComesAgainIsKnownAndNotCharged() {
        Verdict first = tokens.verify(forged(0));
        for (int i = 0; i < 100; i++) {
            assertThat(tokens.verify(forged(0))).isEqualTo(first);
        }
        assertThat(looksAtForged(1, 20)).isEqualTo(9);
        assertThat(tokens.verify(forged(0)))
                .as("also when nothing new is looked at")
                .isEqualTo(first);
    }

    @Test
    void aTokenThatWasTooEarlyIsGoodSomeSecondsLater() {
        clock.now = NOW.plusSeconds(100);
        String early = elsewhere.issue(new Principal(7, Role.USER, "s7"), NOW.plusSeconds(900));
        clock.now = NOW;
        assertThat(tokens.verify(early)).isEqualTo(new Verdict.Bad("token of the future"));
        clock.now = NOW.plusSeconds(50);
        assertThat(tokens.verify(early)).isInstanceOf(Verdict.Good.class);
    }

    @Test
    void whatIsRememberedOfBadTokensIsBounded() {
        Tokens patient = tokens("bad-tokens.remembered", "100");
        for (int i = 0; i < 5_000; i++) {
            patient.verify(forged(i));
        }
        assertThat(patient.badRemembered()).isBetween(1L, 100L);
        patient.close();
    }
}
