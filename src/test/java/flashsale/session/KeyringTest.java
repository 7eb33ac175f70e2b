package flashsale.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.RSAKeyGenParameterSpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which keys a node starts with, and which it refuses to. */
class KeyringTest {

    private static final String SIGNING = "flash-sale.session.signing-key.private-key";
    private static final String ACCEPTED = "flash-sale.session.accepted-keys[0]";

    private static Keyring keyring(String... settings) {
        return Keyring.of(TestKeys.settings(settings), true);
    }

    private static String[] accepting(String property, String value) {
        return new String[] {"accepted-keys[0].id", "other", "accepted-keys[0]." + property, value};
    }

    private static void assertRefused(String property, String why, String... settings) {
        assertThatThrownBy(() -> keyring(settings))
                .isInstanceOf(SecretRefused.class)
                .hasMessageStartingWith(property + " (environment variable FLASH_SALE_SESSION_")
                .hasMessageContaining(why);
    }

    @Test
    void theSecretSignsUnlessAPrivateKeyIsSet() {
        assertThat(keyring().signing()).hasToString("TokenKey[hs256-1, HS256]");
        assertThat(keyring("signing-key.id", "", "signing-key.private-key", " ").signing())
                .hasToString("TokenKey[hs256-1, HS256]");
        assertThat(keyring(TestKeys.signingWith(TestKeys.RSA)).signing()).hasToString("TokenKey[rs256-1, RS256]");
        assertThat(keyring(TestKeys.signingWith(TestKeys.EC)).signing()).hasToString("TokenKey[es256-1, ES256]");
    }

    @RepeatedTest(20)
    void thePublicHalfIsTheOneThatBelongsToThePrivateKey() throws Exception {
        KeyPair ec = TestKeys.ec("secp256r1");
        assertThat(PublicHalf.of((ECPrivateKey) ec.getPrivate())).isEqualTo(ec.getPublic());
        assertThat(PublicHalf.of((RSAPrivateCrtKey) TestKeys.RSA.getPrivate())).isEqualTo(TestKeys.RSA.getPublic());
    }

    static Stream<KeyPair> tooWeakOrUnheardOf() {
        return Stream.of(
                TestKeys.rsa(1_024),
                TestKeys.rsa(2_040),
                TestKeys.ec("secp384r1"),
                TestKeys.ec("secp521r1"),
                of("Ed25519"),
                of("RSASSA-PSS"),
                of("DH"),
                of("ML-DSA-65"));
    }

    private static KeyPair of(String algorithm) {
        try {
            return KeyPairGenerator.getInstance(algorithm).generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @MethodSource("tooWeakOrUnheardOf")
    void aKeyThatIsNeitherRsaOf2048BitsNorOnP256IsRefused(KeyPair pair) {
        assertRefused(SIGNING, "is ", "signing-key.id", "k", "signing-key.private-key", TestKeys.privatePem(pair));
        assertRefused(ACCEPTED + ".public-key", "is ", accepting("public-key", TestKeys.publicPem(pair)));
    }

    @Test
    void anRsaKeyTooLongToSignWithIsRefused() {
        assertRefused(ACCEPTED + ".public-key", "8192 bits", accepting("public-key", """
                        -----BEGIN PUBLIC KEY-----
                        %s
                        -----END PUBLIC KEY-----
                        """.formatted(
                        Base64.getEncoder().encodeToString(rsa8192()))));
    }

    /** Making a true one takes half a minute; its length is all that is looked at. */
    private static byte[] rsa8192() {
        var modulus = BigInteger.ONE.setBit(8_191);
        try {
            return KeyFactory.getInstance("RSA")
                    .generatePublic(new RSAPublicKeySpec(modulus, RSAKeyGenParameterSpec.F4))
                    .getEncoded();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatIsNoPemIsRefusedAndSaysWhatToDo() {
        String pem = TestKeys.privatePem(TestKeys.EC);
        assertRefused(SIGNING, "is missing", "signing-key.id", "k");
        assertRefused(SIGNING, "is not one PEM block", signing("file:/etc/key.pem"));
        assertRefused(SIGNING, "is not one PEM block", signing(pem.substring(0, pem.length() - 5)));
        assertRefused(SIGNING, "is not one PEM block", signing(pem + pem));
        assertRefused(SIGNING, "is not well-formed base64", signing(pem.replace("\n-----END", "A\n-----END")));
        assertRefused(SIGNING, "neither an RSA nor an EC key", signing(pem.replaceFirst("\nM", "\nN")));
        assertRefused(SIGNING, "openssl pkcs8 -topk8", signing(pem.replace("PRIVATE", "EC PRIVATE")));
        assertRefused(SIGNING, "openssl pkcs8 -topk8", signing(pem.replace("PRIVATE", "ENCRYPTED PRIVATE")));
        assertRefused(SIGNING, "holds a PUBLIC KEY", signing(TestKeys.publicPem(TestKeys.EC)));
        assertRefused(ACCEPTED + ".public-key", "holds a PRIVATE KEY", accepting("public-key", pem));
    }

    private static String[] signing(String pem) {
        return new String[] {"signing-key.id", "k", "signing-key.private-key", pem};
    }

    @Test
    void aPemOnOneLineOrWithOtherLineEndsIsAsGood() {
        String pem = TestKeys.privatePem(TestKeys.EC);
        assertThat(keyring(signing(pem.replace("\n", "\r\n"))).signing().id()).isEqualTo("k");
        assertThat(keyring(signing(pem.replace("\n", " "))).signing().id()).isEqualTo("k");
    }

    @Test
    void everySecretIsRefusedWhereJwtSecretWouldBe() {
        String secret = ACCEPTED + ".secret";
        assertRefused(secret, "31 bytes", accepting("secret", "0123456789012345678901234567890"));
        assertRefused(secret, "public default", accepting("secret", "local-only-secret-that-every-reader-knows"));
        assertRefused(secret, "is a PEM", accepting("secret", TestKeys.publicPem(TestKeys.EC)));
        assertRefused(JwtSecret.PROPERTY, "is a PEM", "jwt-secret", TestKeys.publicPem(TestKeys.EC));
        assertThat(Keyring.of(
                                TestKeys.settings(accepting("secret", "local-only-secret-that-every-reader-knows")),
                                false)
                        .of("other"))
                .isNotNull();
    }

    @Test
    void anAcceptedKeyHasAnIdAndOneOfTheTwo() {
        assertRefused(ACCEPTED, "either a secret or a public-key", "accepted-keys[0].id", "other");
        assertRefused(
                ACCEPTED,
                "either a secret or a public-key",
                "accepted-keys[0].id",
                "other",
                "accepted-keys[0].secret",
                Node.SECRET,
                "accepted-keys[0].public-key",
                TestKeys.publicPem(TestKeys.EC));
        assertRefused(ACCEPTED + ".id", "must be", "accepted-keys[0].secret", Node.SECRET);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "a/b", "a\"b", "é", "a\nb"})
    void aKeyIdIsPlain(String id) {
        assertRefused("flash-sale.session.key-id", "must be", "key-id", id);
        assertRefused(
                "flash-sale.session.signing-key.id",
                "must be",
                "signing-key.id",
                id,
                "signing-key.private-key",
                TestKeys.privatePem(TestKeys.EC));
    }

    @Test
    void twoKeysOfOneIdAreRefused() {
        assertRefused(
                "flash-sale.session.signing-key.id",
                "another key",
                "key-id",
                "same",
                "signing-key.id",
                "same",
                "signing-key.private-key",
                TestKeys.privatePem(TestKeys.EC));
        assertRefused(
                ACCEPTED + ".id",
                "another key",
                "accepted-keys[0].id",
                "hs256-1",
                "accepted-keys[0].secret",
                Node.SECRET);
        assertRefused(
                "flash-sale.session.accepted-keys[1].id",
                "another key",
                "accepted-keys[0].id",
                "same",
                "accepted-keys[0].secret",
                Node.SECRET,
                "accepted-keys[1].id",
                "same",
                "accepted-keys[1].public-key",
                TestKeys.publicPem(TestKeys.EC));
    }

    @Test
    void nothingSecretIsInAnyText() {
        List<String> settings = new ArrayList<>(List.of(TestKeys.signingWith(TestKeys.EC)));
        settings.addAll(List.of(accepting("secret", "another-secret-that-is-also-long-enough!")));
        SessionSettings all = TestKeys.settings(settings.toArray(String[]::new));
        Keyring keyring = Keyring.of(all, true);
        String texts = all + " " + all.signingKey() + " " + all.acceptedKeys() + " " + keyring + " " + keyring.signing()
                + " " + keyring.of("other") + keyring.jwkSet();
        assertThat(texts)
                .contains("es256-1", "other")
                .doesNotContain(Node.SECRET, "another-secret", "PRIVATE", middle(TestKeys.privatePem(TestKeys.EC)));
    }

    @Test
    void aRefusalDoesNotShowWhatItRefuses() {
        String damaged = TestKeys.privatePem(TestKeys.EC).replaceFirst("\nM", "\nN");
        for (String[] settings : List.of(
                signing(damaged),
                signing(middle(damaged)),
                accepting("secret", middle(damaged).substring(0, 20)),
                accepting("public-key", damaged))) {
            assertThatThrownBy(() -> keyring(settings))
                    .isInstanceOf(SecretRefused.class)
                    .hasNoCause()
                    .extracting(Throwable::getMessage)
                    .asString()
                    .doesNotContain(middle(damaged).substring(0, 20));
            assertThat(Arrays.toString(settings)).contains(middle(damaged).substring(0, 20));
        }
    }

    /** A line of the PEM that only this key has. */
    private static String middle(String pem) {
        return pem.lines().skip(1).findFirst().orElseThrow().substring(36);
    }
}
