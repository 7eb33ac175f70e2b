package flashsale.session;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The key that signs tokens, refused at start when it would protect nothing. */
final class JwtSecret {

    /** The first words of the default in the {@code local} profile: everybody can read it. */
    static final String LOCAL_PREFIX = "local-only-";

    /** HS256 asks for a key as long as its hash (RFC 7518, 3.2). */
    private static final int MIN_BYTES = 32;

    private static final String WHERE =
            " (environment variable FLASH_SALE_SESSION_JWT_SECRET, property flash-sale.session.jwt-secret)";

    private JwtSecret() {}

    static byte[] require(@Nullable String configured, boolean production) {
        if (configured == null || configured.isBlank()) {
            throw new SecretRefused("The secret that signs session tokens is missing" + WHERE
                    + ". Make one with: openssl rand -base64 32");
        }
        if (production && configured.startsWith(LOCAL_PREFIX)) {
            throw new SecretRefused("The secret that signs session tokens is the public default of the local"
                    + " profile" + WHERE + ". Make one with: openssl rand -base64 32");
        }
        byte[] key = configured.getBytes(StandardCharsets.UTF_8);
        if (key.length < MIN_BYTES) {
            throw new SecretRefused("The secret that signs session tokens has " + key.length + " bytes, fewer than "
                    + MIN_BYTES + WHERE);
        }
        return key;
    }
}
