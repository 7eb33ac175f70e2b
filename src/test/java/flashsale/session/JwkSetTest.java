package flashsale.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a gateway gets to verify our tokens with: read as it would, with nothing of the library that wrote it. */
class JwkSetTest {

    private static JsonNode keys(String... settings) {
        return JsonMapper.shared()
                .readTree(Keyring.of(TestKeys.settings(settings), true).jwkSet())
                .path("keys");
    }

    @Test
    void aSecretIsNotInIt() {
        assertThat(Keyring.of(TestKeys.settings(), true).jwkSet()).isEqualTo("{\"keys\":[]}");
        assertThat(keys("accepted-keys[0].id", "old", "accepted-keys[0].secret", Node.SECRET))
                .isEmpty();
    }

    static Stream<KeyPair> pairs() {
        return Stream.of(TestKeys.RSA, TestKeys.EC);
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void anybodyVerifiesOurTokensFromIt(KeyPair pair) throws GeneralSecurityException {
        SessionSettings settings = TestKeys.settings(TestKeys.signingWith(pair));
        try (Tokens tokens = new Tokens(Keyring.of(settings, true), settings, new SettableClock())) {
            var principal = new Principal(7, Role.USER, "s1");
            String[] token =
                    tokens.issue(principal, SettableClock.START.plusSeconds(60)).split("\\.");
            JsonNode header =
                    JsonMapper.shared().readTree(Base64.getUrlDecoder().decode(token[0]));
            JsonNode key = keys(TestKeys.signingWith(pair)).path(0);
            assertThat(header.path("kid")).isEqualTo(key.path("kid"));
            assertThat(header.path("alg")).isEqualTo(key.path("alg"));

            Signature verifier = Signature.getInstance(
                    key.path("kty").asString().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSAinP1363Format");
            verifier.initVerify(publicKey(key));
            verifier.update((token[0] + "." + token[1]).getBytes(StandardCharsets.US_ASCII));
            assertThat(verifier.verify(Base64.getUrlDecoder().decode(token[2]))).isTrue();
        }
    }

    private static PublicKey publicKey(JsonNode key) throws GeneralSecurityException {
        if (key.path("kty").asString().equals("RSA")) {
            return KeyFactory.getInstance("RSA")
                    .generatePublic(new RSAPublicKeySpec(number(key, "n"), number(key, "e")));
        }
        var p256 = AlgorithmParameters.getInstance("EC");
        p256.init(new ECGenParameterSpec("secp256r1"));
        return KeyFactory.getInstance("EC")
                .generatePublic(new ECPublicKeySpec(
                        new ECPoint(number(key, "x"), number(key, "y")), p256.getParameterSpec(ECParameterSpec.class)));
    }

    private static BigInteger number(JsonNode key, String name) {
        return new BigInteger(1, Base64.getUrlDecoder().decode(key.path(name).asString()));
    }

    @Test
    void itHoldsThePublicPartsOfTheKeysThatSignAndThatAreAcceptedAndNothingElse() {
        List<String> settings = new ArrayList<>(List.of(TestKeys.signingWith(TestKeys.RSA)));
        settings.addAll(List.of(
                "accepted-keys[0].id",
                "old-secret",
                "accepted-keys[0].secret",
                Node.SECRET,
                "accepted-keys[1].id",
                "es256-1",
                "accepted-keys[1].public-key",
                TestKeys.publicPem(TestKeys.EC)));
        JsonNode keys = keys(settings.toArray(String[]::new));

        assertThat(keys.valueStream().map(key -> key.path("kid").asString()))
                .containsExactlyInAnyOrder("rs256-1", "es256-1");
        keys.valueStream().forEach(key -> {
            boolean rsa = key.path("kty").asString().equals("RSA");
            assertThat(key.propertyNames())
                    .containsExactlyInAnyOrder(
                            rsa
                                    ? new String[] {"kty", "kid", "use", "alg", "n", "e"}
                                    : new String[] {"kty", "kid", "use", "alg", "crv", "x", "y"});
            assertThat(key.path("use").asString()).isEqualTo("sig");
            assertThat(key.path("alg").asString()).isEqualTo(rsa ? "RS256" : "ES256");
        });
    }

    @Test
    void noPrivateMemberIsEverInIt() {
        for (KeyPair pair : pairs().toList()) {
            JsonNode key = keys(TestKeys.signingWith(pair)).path(0);
            assertThat(key.propertyNames())
                    .doesNotContain("d", "p", "q", "dp", "dq", "qi", "oth", "k")
                    .isNotEmpty();
        }
    }
}
