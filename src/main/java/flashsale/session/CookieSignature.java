package flashsale.session;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Signs session ids for cookies. A session id is no secret: it stands in its token and in the user's list of
 * sessions. Only with our signature does it open anything.
 */
final class CookieSignature {

    private static final String ALGORITHM = "HmacSHA256";

    /** Half of the hash: 128 bits. */
    private static final int BYTES = 16;

    /** The key of tokens must not sign anything else: the cookies' is made from it. */
    private static final byte[] PURPOSE = "flash-sale session cookie".getBytes(StandardCharsets.US_ASCII);

    private static final char SEPARATOR = '.';

    private final List<SecretKeySpec> keys;

    /** @param secrets the first signs; a signature by any of them is good, so that they can be rotated */
    CookieSignature(List<byte[]> secrets) {
        this.keys = secrets.stream()
                .map(secret -> new SecretKeySpec(hash(new SecretKeySpec(secret, ALGORITHM), PURPOSE), ALGORITHM))
                .toList();
    }

    String sign(String sessionId) {
        return sessionId + SEPARATOR + text(signature(keys.getFirst(), sessionId));
    }

    /** The session id; null unless the signature is ours. */
    @Nullable
    String verified(String signed) {
        int separator = signed.indexOf(SEPARATOR);
        if (separator < 1) {
            return null;
        }
        String sessionId = signed.substring(0, separator);
        byte[] claimed = signed.substring(separator + 1).getBytes(StandardCharsets.UTF_8);
        boolean ours = keys.stream()
                .map(key -> text(signature(key, sessionId)).getBytes(StandardCharsets.US_ASCII))
                .anyMatch(signature -> MessageDigest.isEqual(signature, claimed));
        return ours ? sessionId : null;
    }

    private static byte[] signature(SecretKeySpec key, String sessionId) {
        return Arrays.copyOf(hash(key, sessionId.getBytes(StandardCharsets.UTF_8)), BYTES);
    }

    private static String text(byte[] signature) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(signature);
    }

    private static byte[] hash(SecretKeySpec key, byte[] text) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac.doFinal(text);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
    }
}
