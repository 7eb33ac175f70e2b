package flashsale.session;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Tokens put together by hand, so that they may say what no library would write. */
final class Forgery {

    static final byte[] SECRET = Node.SECRET.getBytes(StandardCharsets.UTF_8);

    private Forgery() {}

    /** Signs with {@code key} whatever stands in header and payload: a byte[] by HMAC, a private key by its kind. */
    static String token(String header, String payload, Object key) {
        String input = base64(header) + "." + base64(payload);
        return input + "." + base64(signature(input, key));
    }

    static byte[] signature(String input, Object key) {
        byte[] bytes = input.getBytes(StandardCharsets.US_ASCII);
        try {
            if (key instanceof byte[] secret) {
                Mac mac = Mac.getInstance("HmacSHA256");
                mac.init(new SecretKeySpec(secret, "HmacSHA256"));
                return mac.doFinal(bytes);
            }
            var privateKey = (PrivateKey) key;
            Signature signature = Signature.getInstance(
                    privateKey.getAlgorithm().equals("EC") ? "SHA256withECDSAinP1363Format" : "SHA256withRSA");
            signature.initSign(privateKey);
            signature.update(bytes);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    static String base64(String text) {
        return base64(text.getBytes(StandardCharsets.UTF_8));
    }

    static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
