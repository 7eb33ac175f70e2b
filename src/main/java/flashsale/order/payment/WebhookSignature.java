package flashsale.order.payment;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Whether a webhook is the provider's, and of now. The header is {@code t=<seconds since 1970>,v1=<hex>}, with hex the
 * HMAC-SHA256, under the common secret, of those seconds, a dot and the body as it was sent. While the provider changes
 * its secret it may send {@code v1} twice.
 */
public final class WebhookSignature {

    private static final String ALGORITHM = "HmacSHA256";

    /** Two signatures and the time. */
    private static final int LONGEST_HEADER = 256;

    private final @Nullable SecretKeySpec secret;
    private final Clock clock;
    private final Duration tolerance;

    /** @param secret null or blank: no webhook is good */
    public WebhookSignature(@Nullable String secret, Clock clock, Duration tolerance) {
        this.secret = secret == null || secret.isBlank()
                ? null
                : new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM);
        this.clock = clock;
        this.tolerance = tolerance;
    }

    public boolean isGood(@Nullable String header, byte[] body) {
        if (secret == null || header == null || header.length() > LONGEST_HEADER) {
            return false;
        }
        String[] parts = header.split(",", -1);
        if (!parts[0].startsWith("t=")) {
            return false;
        }
        String time = parts[0].substring(2);
        if (!isNow(time)) {
            return false;
        }
        byte[] expected = hmac(secret, time, body);
        boolean good = false;
        for (int i = 1; i < parts.length; i++) {
            good |= parts[i].startsWith("v1=") && MessageDigest.isEqual(expected, bytes(parts[i].substring(3)));
        }
        return good;
    }

    private boolean isNow(String seconds) {
        try {
            long away = Math.subtractExact(clock.instant().getEpochSecond(), Long.parseLong(seconds));
            return away >= -tolerance.toSeconds() && away <= tolerance.toSeconds();
        } catch (NumberFormatException | ArithmeticException malformed) {
            return false;
        }
    }

    private static byte[] bytes(String hex) {
        try {
            return HexFormat.of().parseHex(hex);
        } catch (IllegalArgumentException malformed) {
            return new byte[0];
        }
    }

    /** As the provider makes it; for the sandbox and for tests. */
    public static String sign(String secret, long seconds, byte[] body) {
        byte[] hmac = hmac(
                new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM), Long.toString(seconds), body);
        return "t=" + seconds + ",v1=" + HexFormat.of().formatHex(hmac);
    }

    private static byte[] hmac(SecretKeySpec secret, String time, byte[] body) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(secret);
            mac.update((time + ".").getBytes(StandardCharsets.UTF_8));
            return mac.doFinal(body);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java platform has " + ALGORITHM, e);
        }
    }
}
