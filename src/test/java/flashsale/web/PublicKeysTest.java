package flashsale.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import flashsale.servers.Servers;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.RSAPublicKeySpec;
import java.time.Duration;
import java.util.Base64;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.test.context.ActiveProfiles;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The whole service signing with an RSA key: the slowest to sign, and the one that blocks where it does. */
@SpringBootTest(
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {
            "management.server.port=0",
            "flash-sale.session.hashing.cost=4",
            "flash-sale.session.signing-key.id=rs256-1"
        })
@ActiveProfiles("local")
class PublicKeysTest {

    @Value("${local.server.port}")
    private int port;

    private Api api;

    @DynamicPropertySource
    static void servers(DynamicPropertyRegistry registry) throws GeneralSecurityException {
        Servers.properties(registry);
        var generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2_048);
        String pem = "-----BEGIN PRIVATE KEY-----\n"
                + Base64.getMimeEncoder()
                        .encodeToString(generator.generateKeyPair().getPrivate().getEncoded())
                + "\n-----END PRIVATE KEY-----\n";
        registry.add("flash-sale.session.signing-key.private-key", () -> pem);
    }

    @BeforeEach
    void connect() {
        api = new Api(port);
        await().atMost(Duration.ofSeconds(30))
                .until(() -> api.get("/api/sales", null).text().contains("\"state\":\"OPEN\""));
    }

    @Test
    void aGatewayVerifiesTheTokenOfALoginWithThePublishedKey() throws GeneralSecurityException {
        String token = api.logIn("demo", "flash-sale", "app");
        assertThat(api.get("/api/sessions", token).status()).isEqualTo(200);

        Api.Reply published = api.get("/.well-known/jwks.json", null);
        assertThat(published.header("Content-Type")).isEqualTo("application/jwk-set+json");
        JsonNode key = published.json().path("keys").path(0);
        String[] parts = token.split("\\.");
        assertThat(JsonMapper.shared()
                        .readTree(Base64.getUrlDecoder().decode(parts[0]))
                        .path("kid"))
                .isEqualTo(key.path("kid"));

        Signature verifier = Signature.getInstance("SHA256withRSA");
        verifier.initVerify(
                KeyFactory.getInstance("RSA").generatePublic(new RSAPublicKeySpec(number(key, "n"), number(key, "e"))));
        verifier.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
        assertThat(verifier.verify(Base64.getUrlDecoder().decode(parts[2]))).isTrue();
    }

    @Test
    void aThousandLoginsAreSignedWithoutBlockingAnEventLoop() {
        Api.Reply buyers = api.post("/api/dev/sessions", null, "{\"count\":1000,\"prefix\":\"signed\"}");

        assertThat(buyers.status()).isEqualTo(201);
        assertThat(buyers.json().path("sessions")).hasSize(1_000).allSatisfy(buyer -> assertThat(
                        buyer.path("accessToken").asString())
                .hasSizeGreaterThan(500));
    }

    private static BigInteger number(JsonNode key, String name) {
        return new BigInteger(1, Base64.getUrlDecoder().decode(key.path(name).asString()));
    }
}
