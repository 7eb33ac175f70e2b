package flashsale.session;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A secret that signs, refused at start when it would protect nothing. */
final class JwtSecret {

    /** The first words of the default in the {@code local} profile: everybody can read it. */
    static final String LOCAL_PREFIX = "local-only-";

    static final String PROPERTY = "flash-sale.session.jwt-secret";

    /** HS256 asks for a key as long as its hash (RFC 7518, 3.2). */
    private static final int MIN_BYTES = 32;

    private static final String REMEDY = "; make one with: openssl rand -base64 32";

    private JwtSecret() {}

    static byte[] require(@Nullable String configured, boolean production) {
        return require(PROPERTY, configured, production);
    }

    static byte[] require(String property, @Nullable String configured, boolean production) {
        if (configured == null || configured.isBlank()) {
            throw new SecretRefused(property, "is missing" + REMEDY);
        }
        if (production && configured.startsWith(LOCAL_PREFIX)) {
            throw new SecretRefused(property, "is the public default of the local profile" + REMEDY);
        }
        if (configured.contains("-----BEGIN")) {
            // With a public key as its secret, HS256 would accept what anybody signs.
            throw new SecretRefused(property, "is a PEM, which belongs into a public-key or a private-key");
        }
        byte[] key = configured.getBytes(StandardCharsets.UTF_8);
        if (key.length < MIN_BYTES) {
            throw new SecretRefused(property, "has " + key.length + " bytes, fewer than " + MIN_BYTES + REMEDY);
        }
        return key;
    }
}
