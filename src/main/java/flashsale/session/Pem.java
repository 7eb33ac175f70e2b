package flashsale.session;

import java.security.Key;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads RSA and EC keys as OpenSSL writes them today; what else a PEM may hold is refused by name. */
final class Pem {

    private static final String PRIVATE = "PRIVATE KEY";
    private static final String PUBLIC = "PUBLIC KEY";

    private static final Pattern BLOCK =
            Pattern.compile("\\s*-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\\s]+)-----END \\1-----\\s*");

    private static final List<String> ALGORITHMS = List.of("RSA", "EC");

    private interface Reading<K extends Key> {
        K read(KeyFactory factory) throws InvalidKeySpecException;
    }

    private Pem() {}

    static PrivateKey privateKey(String property, @Nullable String pem) {
        var spec = new PKCS8EncodedKeySpec(
                content(property, pem, PRIVATE, "; openssl pkcs8 -topk8 -nocrypt turns other private keys into one"));
        return key(property, factory -> factory.generatePrivate(spec));
    }

    static PublicKey publicKey(String property, @Nullable String pem) {
        var spec = new X509EncodedKeySpec(
                content(property, pem, PUBLIC, "; openssl pkey -pubout takes it out of a private key"));
        return key(property, factory -> factory.generatePublic(spec));
    }

    private static byte[] content(String property, @Nullable String pem, String wanted, String remedy) {
        if (pem == null || pem.isBlank()) {
            throw new SecretRefused(property, "is missing");
        }
        Matcher block = BLOCK.matcher(pem);
        if (!block.matches()) {
            throw new SecretRefused(property, "is not one PEM block, -----BEGIN " + wanted + "----- to its end");
        }
        if (!block.group(1).equals(wanted)) {
            throw new SecretRefused(property, "holds a " + block.group(1) + ", not a " + wanted + remedy);
        }
        try {
            return Base64.getDecoder().decode(block.group(2).replaceAll("\\s", ""));
        } catch (IllegalArgumentException malformed) {
            throw new SecretRefused(property, "is not well-formed base64 between its PEM lines");
        }
    }

    private static <K extends Key> K key(String property, Reading<K> reading) {
        for (String algorithm : ALGORITHMS) {
            try {
                return reading.read(KeyFactory.getInstance(algorithm));
            } catch (InvalidKeySpecException notOfThisKind) {
                // The PEM does not say in clear which kind it is.
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every JDK knows " + algorithm, e);
            }
        }
        throw new SecretRefused(property, "is neither an RSA nor an EC key");
    }
}
