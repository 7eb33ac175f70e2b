package flashsale.session;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.interfaces.RSAPublicKey;
import org.jspecify.annotations.Nullable;

/**
 * A key with the one algorithm it is used for, whatever a token says.
 *
 * @param signer null for a key that only verifies
 * @param publicPart null for a secret, which has none
 */
record TokenKey(
        String id,
        JWSAlgorithm algorithm,
        JWSVerifier verifier,
        @Nullable JWSSigner signer,
        @Nullable JWK publicPart) {

    /** What RFC 7518 (3.3) asks for. */
    private static final int MIN_RSA_BITS = 2_048;

    /** Signing costs the cube of the length: with twice this one, 50 ms a login. */
    private static final int MAX_RSA_BITS = 4_096;

    private static final byte[] PROBE = "probe".getBytes(StandardCharsets.US_ASCII);

    static TokenKey ofSecret(String id, byte[] secret) {
        try {
            return new TokenKey(id, JWSAlgorithm.HS256, new MACVerifier(secret), new MACSigner(secret), null);
        } catch (JOSEException e) {
            throw new IllegalStateException("a secret of this length cannot sign HS256", e);
        }
    }

    static TokenKey ofPublic(String property, String id, PublicKey key) {
        try {
            return switch (key) {
                case RSAPublicKey rsa -> ofPublic(property, id, rsa);
                case ECPublicKey ec -> ofPublic(property, id, ec);
                default -> throw neither(property);
            };
        } catch (JOSEException | IllegalArgumentException e) {
            throw new SecretRefused(property, "is not a sound key: " + e.getMessage());
        }
    }

    private static TokenKey ofPublic(String property, String id, RSAPublicKey key) {
        int bits = key.getModulus().bitLength();
        if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS) {
            throw new SecretRefused(
                    property, "is an RSA key of " + bits + " bits, not " + MIN_RSA_BITS + " to " + MAX_RSA_BITS);
        }
        JWK shown = new RSAKey.Builder(key)
                .keyID(id)
                .keyUse(KeyUse.SIGNATURE)
                .algorithm(JWSAlgorithm.RS256)
                .build();
        return new TokenKey(id, JWSAlgorithm.RS256, new RSASSAVerifier(key), null, shown);
    }

    private static TokenKey ofPublic(String property, String id, ECPublicKey key) throws JOSEException {
        requireP256(property, Curve.forECParameterSpec(key.getParams()));
        JWK shown = new ECKey.Builder(Curve.P_256, key)
                .keyID(id)
                .keyUse(KeyUse.SIGNATURE)
                .algorithm(JWSAlgorithm.ES256)
                .build();
        return new TokenKey(id, JWSAlgorithm.ES256, new ECDSAVerifier(key), null, shown);
    }

    static TokenKey ofPrivate(String property, String id, PrivateKey key) {
        try {
            TokenKey pair =
                    switch (key) {
                        case RSAPrivateCrtKey rsa ->
                            ofPublic(property, id, PublicHalf.of(rsa)).with(new RSASSASigner(rsa));
                        case ECPrivateKey ec -> {
                            requireP256(property, Curve.forECParameterSpec(ec.getParams()));
                            yield ofPublic(property, id, PublicHalf.of(ec)).with(new ECDSASigner(ec));
                        }
                        default -> throw neither(property);
                    };
            return pair.tried(property);
        } catch (JOSEException | GeneralSecurityException e) {
            throw new SecretRefused(property, "is not a sound key: " + e.getMessage());
        }
    }

    private static void requireP256(String property, @Nullable Curve curve) {
        if (!Curve.P_256.equals(curve)) {
            throw new SecretRefused(
                    property,
                    "is an EC key on " + (curve == null ? "another curve" : curve) + ", not on P-256 (prime256v1)");
        }
    }

    private static SecretRefused neither(String property) {
        return new SecretRefused(property, "is neither an RSA key with its primes nor an EC key");
    }

    private TokenKey with(JWSSigner ownSigner) {
        return new TokenKey(id, algorithm, verifier, ownSigner, publicPart);
    }

    /** A damaged key shows here and not at the first login; it also pays for everything the JDK loads once. */
    private TokenKey tried(String property) throws JOSEException {
        var header = new JWSHeader(algorithm);
        if (signer == null || !verifier.verify(header, PROBE, signer.sign(header, PROBE))) {
            throw new SecretRefused(property, "does not verify what it signs");
        }
        return this;
    }

    /** Whether signing is too slow for an event loop, and takes random numbers from a device there. */
    boolean signsSlowly() {
        return !JWSAlgorithm.HS256.equals(algorithm);
    }

    @Override
    public String toString() {
        return "TokenKey[" + id + ", " + algorithm + "]";
    }
}
