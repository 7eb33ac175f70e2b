package flashsale.session;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** Keys made for this run, and the settings they are configured by. */
final class TestKeys {

    static final KeyPair RSA = rsa(2_048);
    static final KeyPair EC = ec("secp256r1");

    private TestKeys() {}

    static KeyPair rsa(int bits) {
        try {
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(bits);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    static KeyPair ec(String curve) {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(curve));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    static String privatePem(KeyPair pair) {
        return pem("PRIVATE KEY", pair.getPrivate());
    }

    static String publicPem(KeyPair pair) {
        return pem("PUBLIC KEY", pair.getPublic());
    }

    private static String pem(String what, Key key) {
        var lines = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));
        return "-----BEGIN " + what + "-----\n" + lines.encodeToString(key.getEncoded()) + "\n-----END " + what
                + "-----\n";
    }

    /** Names and values in turn, below {@code flash-sale.session}; the secret of the tests where no other is given. */
    static SessionSettings settings(String... namesAndValues) {
        // Some tests show thousands of bad tokens and mean to have each looked at.
        Map<String, String> properties = new HashMap<>(Map.of(
                "flash-sale.session.jwt-secret", Node.SECRET, "flash-sale.session.bad-tokens.per-second", "1000000"));
        for (int i = 0; i < namesAndValues.length; i += 2) {
            properties.put("flash-sale.session." + namesAndValues[i], namesAndValues[i + 1]);
        }
        return new Binder(new MapConfigurationPropertySource(properties))
                .bindOrCreate("flash-sale.session", SessionSettings.class);
    }

    static String[] signingWith(KeyPair pair) {
        String id = pair.getPublic() instanceof ECPublicKey ? "es256-1" : "rs256-1";
        return new String[] {"signing-key.id", id, "signing-key.private-key", privatePem(pair)};
    }
}
