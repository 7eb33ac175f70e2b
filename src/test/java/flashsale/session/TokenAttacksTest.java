package flashsale.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each of these once opened somebody's door. The node here accepts a key of every kind. */
class TokenAttacksTest {

    private static final long NOW = SettableClock.START.getEpochSecond();
    private static final KeyPair STRANGER_RSA = TestKeys.rsa(2_048);
    private static final KeyPair STRANGER_EC = TestKeys.ec("secp256r1");

    private static final String HEADER = "{\"alg\":\"%s\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}";
    private static final String HS = HEADER.formatted("HS256", "hs256-1");
    private static final String PAYLOAD =
            "{\"iss\":\"flash-sale\",\"aud\":\"flash-sale-api\",\"sub\":\"7\",\"jti\":\"s1\"," + "\"iat\":" + NOW
                    + ",\"exp\":" + (NOW + 60) + "}";

    private static final Tokens.Verdict UNKNOWN_KEY = bad("token of an unknown key");
    private static final Tokens.Verdict FOREIGN_KIND = bad("token of a foreign kind");
    private static final Tokens.Verdict BAD_SIGNATURE = bad("bad signature");
    private static final Tokens.Verdict MALFORMED = bad("malformed token");

    private final Tokens tokens = everyKind();

    private static Tokens everyKind() {
        List<String> settings = new ArrayList<>(List.of(TestKeys.signingWith(TestKeys.EC)));
        settings.addAll(List.of(
                "accepted-keys[0].id", "rs256-1", "accepted-keys[0].public-key", TestKeys.publicPem(TestKeys.RSA)));
        SessionSettings all = TestKeys.settings(settings.toArray(String[]::new));
        return new Tokens(Keyring.of(all, true), all, new SettableClock());
    }

    @AfterEach
    void close() {
        tokens.close();
    }

    private static Tokens.Verdict bad(String reason) {
        return new Tokens.Verdict.Bad(reason);
    }

    /** Who holds which key, under its id and algorithm. */
    record Holder(String algorithm, String kid, Object key, Object strangersKey) {

        String header() {
            return HEADER.formatted(algorithm, kid);
        }

        String token(String payload) {
            return Forgery.token(header(), payload, key);
        }
    }

    static Stream<Holder> holders() {
        return Stream.of(
                new Holder(
                        "HS256",
                        "hs256-1",
                        Forgery.SECRET,
                        "another-secret-that-is-also-long-enough!".getBytes(StandardCharsets.UTF_8)),
                new Holder("RS256", "rs256-1", TestKeys.RSA.getPrivate(), STRANGER_RSA.getPrivate()),
                new Holder("ES256", "es256-1", TestKeys.EC.getPrivate(), STRANGER_EC.getPrivate()));
    }

    @ParameterizedTest
    @MethodSource("holders")
    void aTokenMadeByHandIsGoodSoThatTheRefusalsBelowHaveOneReasonEach(Holder holder) {
        assertThat(tokens.verify(holder.token(PAYLOAD)))
                .isEqualTo(new Tokens.Verdict.Good("s1", 7, (NOW + 60) * 1_000));
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "None", "NONE", "nOnE", ""})
    void noAlgorithmIsNoSignature(String none) {
        for (String kid : new String[] {"hs256-1", "rs256-1", "es256-1"}) {
            String unsigned = Forgery.base64(HEADER.formatted(none, kid)) + "." + Forgery.base64(PAYLOAD) + ".";
            assertRefused(unsigned);
            assertRefused(unsigned.substring(0, unsigned.length() - 1));
            assertRefused(unsigned + Forgery.base64(Forgery.signature(unsigned, Forgery.SECRET)));
        }
        assertRefused(Forgery.base64("{\"alg\":\"" + none + "\"}") + "." + Forgery.base64(PAYLOAD) + ".");
    }

    @ParameterizedTest
    @MethodSource("holders")
    void anEmptySignatureOrOneOfZerosIsRefused(Holder holder) {
        String input = Forgery.base64(holder.header()) + "." + Forgery.base64(PAYLOAD) + ".";
        assertRefused(input);
        assertThat(tokens.verify(input + Forgery.base64(new byte[32]))).isEqualTo(BAD_SIGNATURE);
        assertThat(tokens.verify(input + Forgery.base64(new byte[64]))).isEqualTo(BAD_SIGNATURE);
        assertThat(tokens.verify(input + Forgery.base64(new byte[256]))).isEqualTo(BAD_SIGNATURE);
    }

    /** The public key is known to everybody: it must never become the secret of an HMAC. */
    @Test
    void aPublicKeyIsNoSecret() {
        record Target(String kid, KeyPair pair) {}
        for (Target target : List.of(new Target("es256-1", TestKeys.EC), new Target("rs256-1", TestKeys.RSA))) {
            byte[] der = target.pair().getPublic().getEncoded();
            String pem = TestKeys.publicPem(target.pair());
            for (byte[] secret : new byte[][] {
                der, pem.getBytes(StandardCharsets.UTF_8), pem.strip().getBytes(StandardCharsets.UTF_8)
            }) {
                String hmacUnderItsId = HEADER.formatted("HS256", target.kid());
                assertThat(tokens.verify(Forgery.token(hmacUnderItsId, PAYLOAD, secret)))
                        .isEqualTo(FOREIGN_KIND);
                assertThat(tokens.verify(Forgery.token(HS, PAYLOAD, secret))).isEqualTo(BAD_SIGNATURE);
            }
        }
    }

    @Test
    void aKnownKeyIsUsedWithItsOwnAlgorithmOnly() {
        for (Holder holder : holders().toList()) {
            for (String algorithm : new String[] {
                "HS256",
                "HS384",
                "HS512",
                "RS256",
                "RS384",
                "RS512",
                "PS256",
                "PS512",
                "ES256",
                "ES384",
                "ES512",
                "ES256K",
                "EdDSA",
                "RSA-OAEP",
                "dir",
                "hs256"
            }) {
                if (!algorithm.equals(holder.algorithm())) {
                    String header = HEADER.formatted(algorithm, holder.kid());
                    assertThat(tokens.verify(Forgery.token(header, PAYLOAD, holder.key())))
                            .as("%s for %s", algorithm, holder.kid())
                            .isEqualTo(FOREIGN_KIND);
                }
            }
        }
    }

    @Test
    void theKeyOfOneIdDoesNotSignForAnother() {
        for (Holder signer : holders().toList()) {
            for (Holder named : holders().toList()) {
                if (!signer.kid().equals(named.kid())) {
                    assertThat(tokens.verify(Forgery.token(named.header(), PAYLOAD, signer.key())))
                            .isEqualTo(BAD_SIGNATURE);
                    assertThat(tokens.verify(Forgery.token(
                                    HEADER.formatted(signer.algorithm(), named.kid()), PAYLOAD, signer.key())))
                            .isEqualTo(FOREIGN_KIND);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("holders")
    void aStrangersKeyOfTheSameKindIsRefused(Holder holder) {
        assertThat(tokens.verify(Forgery.token(holder.header(), PAYLOAD, holder.strangersKey())))
                .isEqualTo(BAD_SIGNATURE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"../../../../dev/null\"",
                "\"/dev/null\"",
                "\"x' UNION SELECT 'known\"",
                "\"hs256-1' OR '1'='1\"",
                "\"$(id)\"",
                "\"http://127.0.0.1:1/key\"",
                "\"hs256-1\\u0000\"",
                "\" hs256-1\"",
                "\"HS256-1\"",
                "\"\"",
                "null",
                "1",
                "true",
                "[\"hs256-1\"]",
                "{\"hs256-1\":1}"
            })
    void aKeyIdIsLookedUpAmongOursAndNothingElse(String kid) {
        String header = "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":" + kid + "}";
        assertThat(tokens.verify(Forgery.token(header, PAYLOAD, Forgery.SECRET)))
                .isIn(UNKNOWN_KEY, MALFORMED);
        assertThat(tokens.verify(Forgery.token(header, PAYLOAD, new byte[32]))).isIn(UNKNOWN_KEY, MALFORMED);
    }

    @Test
    void aMissingOrVeryLongKeyIdIsRefused() {
        String without = "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}";
        assertThat(tokens.verify(Forgery.token(without, PAYLOAD, Forgery.SECRET)))
                .isEqualTo(UNKNOWN_KEY);
        String kilobyte = HEADER.formatted("HS256", "k".repeat(1_000));
        assertThat(tokens.verify(Forgery.token(kilobyte, PAYLOAD, Forgery.SECRET)))
                .isEqualTo(UNKNOWN_KEY);
        String megabyte = HEADER.formatted("HS256", "k".repeat(1_000_000));
        assertThat(tokens.verify(Forgery.token(megabyte, PAYLOAD, Forgery.SECRET)))
                .isEqualTo(bad("token too long"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}",
                "\"jku\":\"http://127.0.0.1:1/jwks.json\"",
                "\"x5u\":\"http://127.0.0.1:1/cert.pem\"",
                "\"x5c\":[\"AAAA\"]",
                "\"x5t\":\"AAAA\"",
                "\"x5t#S256\":\"AAAA\"",
                "\"crit\":[\"exp\"],\"exp\":1",
                "\"crit\":[\"unheard-of\"],\"unheard-of\":1",
                "\"cty\":\"JWT\"",
                "\"zip\":\"DEF\"",
                "\"unheard-of\":1"
            })
    void aHeaderThatAsksForMoreIsRefusedEvenWhenSignedByUs(String member) {
        String header = HS.replace("}", "," + member + "}");
        assertThat(tokens.verify(Forgery.token(header, PAYLOAD, Forgery.SECRET)))
                .isIn(FOREIGN_KIND, MALFORMED);
    }

    @Test
    void anUnencodedOrDetachedPayloadIsRefused() {
        String header = HS.replace("}", ",\"b64\":false,\"crit\":[\"b64\"]}");
        String input = Forgery.base64(header) + "." + PAYLOAD;
        assertRefused(input + "." + Forgery.base64(Forgery.signature(input, Forgery.SECRET)));
        assertRefused(Forgery.base64(header) + ".." + Forgery.base64(Forgery.signature(input, Forgery.SECRET)));
        String encoded = Forgery.base64(HS) + "." + Forgery.base64(PAYLOAD);
        assertRefused(Forgery.base64(HS) + ".." + Forgery.base64(Forgery.signature(encoded, Forgery.SECRET)));
        String empty = Forgery.base64(HS) + ".";
        assertRefused(empty + "." + Forgery.base64(Forgery.signature(empty, Forgery.SECRET)));
    }

    @Test
    void anEncryptedTokenIsRefused() {
        String header = "{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"typ\":\"at+jwt\",\"kid\":\"hs256-1\"}";
        assertRefused(Forgery.base64(header) + "..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA");
        assertThat(tokens.verify(Forgery.token(header, PAYLOAD, Forgery.SECRET)))
                .isIn(FOREIGN_KIND, MALFORMED);
        assertRefused(Forgery.token(HS, PAYLOAD, Forgery.SECRET) + ".AAAA.AAAA");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"JWT\"", "\"at+jwt+x\"", "\"application/at+jwt\"", "\"\"", "null", "[\"at+jwt\"]"})
    void aForeignTypeIsRefused(String type) {
        String header = HS.replace("\"at+jwt\"", type);
        assertThat(tokens.verify(Forgery.token(header, PAYLOAD, Forgery.SECRET)))
                .isIn(FOREIGN_KIND, MALFORMED);
        String without = HS.replace("\"typ\":\"at+jwt\",", "");
        assertThat(tokens.verify(Forgery.token(without, PAYLOAD, Forgery.SECRET)))
                .isEqualTo(FOREIGN_KIND);
    }

    @ParameterizedTest
    @MethodSource("holders")
    void aChangedPayloadIsRefused(Holder holder) {
        String[] parts = holder.token(PAYLOAD).split("\\.");
        String other = Forgery.base64(PAYLOAD.replace("\"sub\":\"7\"", "\"sub\":\"8\""));
        assertThat(tokens.verify(parts[0] + "." + other + "." + parts[2])).isEqualTo(BAD_SIGNATURE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"alg", "kid", "typ", "iss", "aud", "sub", "jti", "exp"})
    void aMemberSaidTwiceIsRefused(String name) {
        String twice = "\"" + name + "\":\"x\",\"" + name + "\":";
        String header = HS.replace("\"" + name + "\":", twice);
        String payload = PAYLOAD.replace("\"" + name + "\":", twice);
        assertThat(tokens.verify(Forgery.token(header, payload, Forgery.SECRET)))
                .isEqualTo(MALFORMED);
    }

    static Stream<String> wrongPayloads() {
        return Stream.of(
                        replacing(
                                "\"iss\":\"flash-sale\"",
                                "\"iss\":\"somebody-else\"",
                                "\"iss\":null",
                                "\"iss\":1",
                                "\"iss\":[\"flash-sale\"]",
                                "\"iss\":\"flash-sale/\"",
                                "\"issuer\":\"flash-sale\""),
                        replacing(
                                "\"aud\":\"flash-sale-api\"",
                                "\"aud\":\"somebody-else\"",
                                "\"aud\":null",
                                "\"aud\":[]",
                                "\"aud\":[\"flash-sale-api\",\"another\"]",
                                "\"aud\":[\"another\",\"flash-sale-api\"]",
                                "\"aud\":[\"flash-sale-api\",\"flash-sale-api\"]",
                                "\"aud\":{\"flash-sale-api\":1}",
                                "\"audience\":\"flash-sale-api\""),
                        replacing(
                                "\"sub\":\"7\"",
                                "\"sub\":7",
                                "\"sub\":null",
                                "\"sub\":\"\"",
                                "\"sub\":\"seven\"",
                                "\"sub\":\"-7\"",
                                "\"sub\":\"+7\"",
                                "\"sub\":\"07\"",
                                "\"sub\":\" 7\"",
                                "\"sub\":\"99999999999999999999\"",
                                "\"sub\":[\"7\"]",
                                "\"subject\":\"7\""),
                        replacing(
                                "\"jti\":\"s1\"",
                                "\"jti\":\"\"",
                                "\"jti\":null",
                                "\"jti\":1",
                                "\"jti\":[\"s1\"]",
                                "\"id\":\"s1\""),
                        replacing(
                                "\"exp\":" + (NOW + 60),
                                "\"exp\":" + NOW,
                                "\"exp\":" + (NOW - 1),
                                "\"exp\":0",
                                "\"exp\":-1",
                                "\"exp\":-9223372036854775808",
                                "\"exp\":" + (NOW + 60) + ".5",
                                "\"exp\":" + (NOW + 60) + ".0",
                                "\"exp\":1e300",
                                "\"exp\":3e9",
                                "\"exp\":9223372036854775807",
                                "\"exp\":9223372036854775",
                                "\"exp\":92233720368547758079",
                                "\"exp\":253402300799",
                                "\"exp\":\"" + (NOW + 60) + "\"",
                                "\"exp\":null",
                                "\"exp\":true",
                                "\"exp\":[" + (NOW + 60) + "]",
                                "\"exp\":NaN",
                                "\"expires\":" + (NOW + 60)),
                        replacing(
                                "\"iat\":" + NOW,
                                "\"iat\":" + (NOW + 61),
                                "\"iat\":9223372036854775807",
                                "\"iat\":\"" + NOW + "\"",
                                "\"iat\":" + NOW + ".5",
                                "\"iat\":null",
                                "\"nbf\":" + (NOW + 61),
                                "\"nbf\":1e300",
                                "\"nbf\":\"0\"",
                                "\"nbf\":null"),
                        Stream.of("null", "[]", "\"\"", "7", "{}", "", "{", PAYLOAD + "x", PAYLOAD + PAYLOAD))
                .flatMap(payloads -> payloads);
    }

    private static Stream<String> replacing(String right, String... wrong) {
        return Stream.of(wrong).map(other -> PAYLOAD.replace(right, other));
    }

    @ParameterizedTest
    @MethodSource("wrongPayloads")
    void whatItSaysMustBeRightEvenWhenWeSignedIt(String payload) {
        assertThat(payload).isNotEqualTo(PAYLOAD);
        holders().forEach(holder -> assertThat(tokens.verify(holder.token(payload)))
                .as(payload)
                .isInstanceOf(Tokens.Verdict.Bad.class)
                .isNotEqualTo(BAD_SIGNATURE));
        assertThat(tokens.remembered()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"iat\"", "\"nbf\""})
    void anotherNodesClockMayRunAheadByAMinute(String name) {
        String payload = PAYLOAD.replace("\"iat\":" + NOW, name + ":" + (NOW + 60));
        assertThat(tokens.verify(Forgery.token(HS, payload, Forgery.SECRET))).isInstanceOf(Tokens.Verdict.Good.class);
    }

    @Test
    void aTokenBeyondTheLengthLimitIsRefusedBeforeItIsRead() {
        String padded = PAYLOAD.replace("}", ",\"padding\":\"" + "x".repeat(1_300) + "\"}");
        String token = Forgery.token(HS, padded, Forgery.SECRET);
        assertThat(token.length()).isLessThanOrEqualTo(2_048);
        assertThat(tokens.verify(token)).isInstanceOf(Tokens.Verdict.Good.class);
        String longer = Forgery.token(HS, padded.replace("xxx", "xxxx"), Forgery.SECRET);
        assertThat(longer.length()).isGreaterThan(2_048);
        assertThat(tokens.verify(longer)).isEqualTo(bad("token too long"));
    }

    private void assertRefused(String token) {
        assertThat(tokens.verify(token)).as(token).isInstanceOf(Tokens.Verdict.Bad.class);
    }
}
