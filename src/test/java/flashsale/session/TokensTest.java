package flashsale.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import flashsale.observability.Stage;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a node remembers of tokens, and that it survives whatever is sent. */
class TokensTest {

    private static final Instant NOW = SettableClock.START;

    private final SettableClock clock = new SettableClock();
    private final Tokens tokens = tokens("verified-tokens", "1000");
    private final Tokens anotherNode = tokens("verified-tokens", "10");

    @AfterEach
    void close() {
        tokens.close();
        anotherNode.close();
    }

    private Tokens tokens(String... settings) {
        SessionSettings all = TestKeys.settings(settings);
        return new Tokens(Keyring.of(all, true), all, clock);
    }

    @Test
    void aTokenOfOursSaysWhoseSessionItIs() {
        assertThat(tokens.verify(issued("s1", 7)))
                .isEqualTo(new Tokens.Verdict.Good("s1", 7, NOW.plusSeconds(60).toEpochMilli()));
    }

    @Test
    void aLifeThatNoTokenCanHaveIsRefusedAtStart() {
        assertThat(tokens("idle-timeout", "366d", "absolute-timeout", "999d")).isNotNull();
        assertThatThrownBy(() -> tokens("idle-timeout", "367d", "absolute-timeout", "999d"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("flash-sale.session.idle-timeout");
    }

    @Test
    void aRenewedTokenSaysWhenItWasIssuedAndNotWhenItsSessionBegan() {
        clock.now = NOW.plusSeconds(30);
        String payload = issued("s1", 7).split("\\.")[1];
        assertThat(new String(Base64.getUrlDecoder().decode(payload), StandardCharsets.UTF_8))
                .contains("\"iat\":" + NOW.plusSeconds(30).getEpochSecond());
    }

    @Test
    void aVerifiedTokenIsNotRememberedBeyondItsEnd() {
        String token = issued("s1", 7);
        assertThat(tokens.verify(token)).isInstanceOf(Tokens.Verdict.Good.class);
        assertThat(tokens.known(token)).isNotNull();
        clock.now = NOW.plusSeconds(60).minusMillis(1);
        assertThat(tokens.known(token)).isNotNull();
        clock.now = NOW.plusSeconds(60);
        assertThat(tokens.known(token)).isNull();
        assertThat(tokens.verify(token)).isEqualTo(new Tokens.Verdict.Bad("token expired"));
    }

    @Test
    void whatANodeSignedItDoesNotRememberBeyondTheSecondThatTheTokenSays() {
        var principal = new Principal(7, Role.USER, "s1");
        String token = tokens.issue(principal, NOW.plusSeconds(60).plusMillis(999));
        clock.now = NOW.plusSeconds(60);
        assertThat(tokens.known(token)).isNull();
        assertThat(anotherNode.verify(token)).isEqualTo(tokens.verify(token));
    }

    @Test
    void whatThisNodeSignedItKnows() {
        String token = tokens.issue(new Principal(7, Role.USER, "s1"), NOW.plusSeconds(60));
        assertThat(tokens.known(token)).isEqualTo(anotherNode.verify(token)).isNotNull();
    }

    @Test
    void aRefusedTokenIsNotRemembered() {
        assertRefused(issued("s1", 7) + "x");
        assertThat(tokens.remembered()).isZero();
    }

    @Test
    void aTokenHasOneSpellingSoThatItCannotPushOthersOut() {
        String token = issued("s1", 7);
        assertThat(tokens.verify(token)).isInstanceOf(Tokens.Verdict.Good.class);
        for (String other :
                new String[] {" " + token, token + " ", token + "=", token + "!", otherLastCharacter(token)}) {
            assertRefused(other);
        }
        assertThat(tokens.remembered()).isOne();
    }

    /** The last character of a signature of 32 bytes carries four bits; the two below them decode to nothing. */
    private static String otherLastCharacter(String token) {
        int last = token.length() - 1;
        return token.substring(0, last) + (char) (token.charAt(last) + 1);
    }

    @Test
    void tenThousandVerifiedTokensKeepTheCacheWithinItsBound() {
        for (int i = 0; i < 10_000; i++) {
            assertThat(tokens.verify(issued("session-" + i, i))).isInstanceOf(Tokens.Verdict.Good.class);
        }
        assertThat(tokens.remembered()).as(Stage.VERIFIED_TOKENS.tag()).isBetween(1L, 1_000L);
        assertThat(tokens.rememberedAbout()).isEqualTo(tokens.remembered());
    }

    @Test
    void tenThousandSignedTokensKeepTheCacheWithinItsBound() {
        for (int i = 0; i < 10_000; i++) {
            issued("session-" + i, i);
        }
        assertThat(anotherNode.remembered()).isBetween(1L, 10L);
    }

    @Test
    void whateverIsSentIsRefusedAndNeverThrows() {
        long seed = System.nanoTime();
        var random = new Random(seed);
        String good = issued("s1", 7);
        for (String text : new String[] {"", ".", "..", "...", "a.b.c", "{}", "\u0000", "é.ü.ß", "x".repeat(100_000)}) {
            assertRefused(text);
        }
        assertRefused(Forgery.base64("{\"alg\":\"HS256\",\"crit\":[\"exp\"]}") + ".e30.AA");
        assertRefused(Forgery.base64("{\"alg\":".repeat(200)) + ".e30.AA");
        assertRefused(Forgery.base64("[".repeat(1_400)) + ".e30.AA");
        for (int i = 0; i < 5_000; i++) {
            var text = new StringBuilder(good);
            text.setCharAt(random.nextInt(good.length()), (char) random.nextInt(33, 126));
            String changed = text.toString();
            if (!changed.equals(good)) {
                assertThat(tokens.verify(changed))
                        .as("seed %d: %s", seed, changed)
                        .isInstanceOf(Tokens.Verdict.Bad.class);
            }
        }
    }

    private String issued(String sessionId, long userId) {
        return anotherNode.issue(new Principal(userId, Role.USER, sessionId), NOW.plusSeconds(60));
    }

    private void assertRefused(String token) {
        assertThat(tokens.verify(token)).as(token).isInstanceOf(Tokens.Verdict.Bad.class);
    }
}
