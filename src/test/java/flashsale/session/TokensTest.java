package flashsale.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Base64;
import java.util.Date;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class TokensTest {

    private static final byte[] KEY = Node.SECRET.getBytes(StandardCharsets.UTF_8);
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private final SettableClock clock = new SettableClock();
    private final Tokens tokens = tokens(settings(1_000));
    private final Tokens anotherNode = tokens(settings(10));

    @Test
    void aTokenOfOursSaysWhoseSessionItIs() {
        assertThat(tokens.verify(issued("s1", 7)))
                .isEqualTo(new Tokens.Verdict.Good("s1", 7, NOW.plusSeconds(60).toEpochMilli()));
    }

    @Test
    void theSameTokenMadeByHandIsGoodSoThatTheRefusalsBelowHaveOneReasonEach() {
        assertThat(tokens.verify(forged(header -> header, claims -> claims, KEY)))
                .isInstanceOf(Tokens.Verdict.Good.class);
    }

    @Test
    void algorithmNoneIsRefused() {
        assertRefused(new PlainJWT(claims().build()).serialize());
        String[] parts = issued("s1", 7).split("\\.");
        String none = base64("{\"alg\":\"none\",\"typ\":\"at+jwt\",\"kid\":\"hs256-1\"}");
        assertRefused(none + "." + parts[1] + ".");
        assertRefused(none + "." + parts[1] + "." + parts[2]);
    }

    @Test
    void anotherAlgorithmWithTheRightKeyIsRefused() throws JOSEException {
        byte[] longKey = (Node.SECRET + Node.SECRET).getBytes(StandardCharsets.UTF_8);
        var token = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.HS512)
                        .type(new JOSEObjectType("at+jwt"))
                        .keyID("hs256-1")
                        .build(),
                claims().build());
        token.sign(new MACSigner(longKey));
        assertThat(new Tokens(longKey, settings(10), clock).verify(token.serialize()))
                .isEqualTo(new Tokens.Verdict.Bad("token of a foreign kind"));
    }

    @Test
    void aWrongKeyIsRefused() {
        byte[] other = "another-secret-that-is-also-long-enough!".getBytes(StandardCharsets.UTF_8);
        assertThat(tokens.verify(forged(header -> header, claims -> claims, other)))
                .isEqualTo(new Tokens.Verdict.Bad("bad signature"));
    }

    @Test
    void aChangedPayloadIsRefused() {
        String[] parts = issued("s1", 7).split("\\.");
        String[] others = issued("s2", 8).split("\\.");
        assertThat(tokens.verify(parts[0] + "." + others[1] + "." + parts[2]))
                .isEqualTo(new Tokens.Verdict.Bad("bad signature"));
    }

    @Test
    void aWrongOrMissingAudienceIsRefused() {
        assertRefused(forged(header -> header, claims -> claims.audience("somebody-else"), KEY));
        assertRefused(forged(header -> header, claims -> claims.audience((String) null), KEY));
        assertRefused(forged(
                header -> header, claims -> claims.audience(java.util.List.of("flash-sale-api", "another")), KEY));
    }

    @Test
    void aWrongOrMissingIssuerIsRefused() {
        assertRefused(forged(header -> header, claims -> claims.issuer("somebody-else"), KEY));
        assertRefused(forged(header -> header, claims -> claims.issuer(null), KEY));
    }

    @Test
    void aWrongOrMissingTypeIsRefused() {
        assertRefused(forged(header -> header.type(JOSEObjectType.JWT), claims -> claims, KEY));
        assertRefused(forged(header -> header.type(null), claims -> claims, KEY));
    }

    @Test
    void anUnknownOrMissingKeyIdIsRefused() {
        assertRefused(forged(header -> header.keyID("../../dev/null"), claims -> claims, KEY));
        assertRefused(forged(header -> header.keyID(null), claims -> claims, KEY));
    }

    @Test
    void aTokenWithoutJtiSubjectOrEndIsRefused() {
        assertRefused(forged(header -> header, claims -> claims.jwtID(null), KEY));
        assertRefused(forged(header -> header, claims -> claims.subject(null), KEY));
        assertRefused(forged(header -> header, claims -> claims.subject("not a number"), KEY));
        assertRefused(forged(header -> header, claims -> claims.expirationTime(null), KEY));
    }

    @Test
    void anExpiredTokenIsRefused() {
        assertRefused(forged(header -> header, claims -> claims.expirationTime(Date.from(NOW)), KEY));
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
    void whatThisNodeSignedItKnows() {
        var session = new Session("s1", 7, Role.USER, ClientType.APP, "a phone", NOW);
        String token = tokens.issue(session, NOW.plusSeconds(60));
        assertThat(tokens.known(token)).isEqualTo(anotherNode.verify(token)).isNotNull();
    }

    @Test
    void aRefusedTokenIsNotRemembered() {
        assertRefused(issued("s1", 7) + "x");
        assertThat(tokens.remembered()).isZero();
    }

    @Test
    void tenThousandVerifiedTokensKeepTheCacheWithinItsBound() {
        for (int i = 0; i < 10_000; i++) {
            assertThat(tokens.verify(issued("session-" + i, i))).isInstanceOf(Tokens.Verdict.Good.class);
        }
        assertThat(tokens.remembered()).isBetween(1L, 1_000L);
    }

    @Test
    void whateverIsSentIsRefusedAndNeverThrows() {
        long seed = System.nanoTime();
        var random = new Random(seed);
        String good = issued("s1", 7);
        for (String text : new String[] {"", ".", "..", "...", "a.b.c", "{}", "\u0000", "é.ü.ß", "x".repeat(100_000)}) {
            assertRefused(text);
        }
        assertRefused(base64("{\"alg\":\"HS256\",\"crit\":[\"exp\"]}") + ".e30.AA");
        assertRefused(base64("{\"alg\":".repeat(200)) + ".e30.AA");
        for (int i = 0; i < 5_000; i++) {
            var text = new StringBuilder(good);
            text.setCharAt(random.nextInt(good.lastIndexOf('.')), (char) random.nextInt(33, 126));
            String changed = text.toString();
            if (!changed.equals(good)) {
                assertThat(tokens.verify(changed))
                        .as("seed %d: %s", seed, changed)
                        .isInstanceOf(Tokens.Verdict.Bad.class);
            }
        }
    }

    private String issued(String sessionId, long userId) {
        var session = new Session(sessionId, userId, Role.USER, ClientType.APP, "a phone", NOW);
        return anotherNode.issue(session, NOW.plusSeconds(60));
    }

    private void assertRefused(String token) {
        assertThat(tokens.verify(token)).as(token).isInstanceOf(Tokens.Verdict.Bad.class);
    }

    private static JWTClaimsSet.Builder claims() {
        return new JWTClaimsSet.Builder()
                .jwtID("s1")
                .subject("7")
                .issuer("flash-sale")
                .audience("flash-sale-api")
                .expirationTime(Date.from(NOW.plusSeconds(60)));
    }

    private static String forged(
            UnaryOperator<JWSHeader.Builder> header, UnaryOperator<JWTClaimsSet.Builder> claims, byte[] key) {
        try {
            var token = new SignedJWT(
                    header.apply(new JWSHeader.Builder(JWSAlgorithm.HS256)
                                    .type(new JOSEObjectType("at+jwt"))
                                    .keyID("hs256-1"))
                            .build(),
                    claims.apply(claims()).build());
            token.sign(new MACSigner(key));
            return token.serialize();
        } catch (JOSEException e) {
            throw new AssertionError(e);
        }
    }

    private static String base64(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static SessionSettings settings(int verifiedTokens) {
        var properties = new MapConfigurationPropertySource();
        properties.put("flash-sale.session.verified-tokens", verifiedTokens);
        return new Binder(properties).bindOrCreate("flash-sale.session", SessionSettings.class);
    }

    private static final class SettableClock extends Clock {

        private Instant now = NOW;

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneId.of("UTC");
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return Clock.offset(this, Duration.ZERO);
        }
    }
}
