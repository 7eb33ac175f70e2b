package flashsale.session;

import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;
import org.springframework.core.env.Profiles;

/**
 * Every key this node accepts tokens of, and the one it signs with. The secret is always among them, so that neither
 * beginning nor ceasing to sign with a private key logs anybody out.
 */
public final class Keyring {

    private static final String PREFIX = "flash-sale.session.";

    /** Readable in a log and a URL. An id is only ever looked up among ours; nothing is opened or asked by it. */
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    private final Map<String, TokenKey> byId;
    private final TokenKey signing;

    private Keyring(Map<String, TokenKey> byId, TokenKey signing) {
        this.byId = Collections.unmodifiableMap(byId);
        this.signing = signing;
    }

    /** What {@link SecretRefused} would say of these keys when they are needed; null where they are good. */
    public static @Nullable String complaint(Environment environment) {
        try {
            of(environment);
            return null;
        } catch (SecretRefused refused) {
            return refused.getMessage();
        }
    }

    static Keyring of(Environment environment) {
        boolean production = environment.acceptsProfiles(Profiles.of("production"));
        try {
            return of(Binder.get(environment).bindOrCreate("flash-sale.session", SessionSettings.class), production);
        } catch (BindException e) {
            String property = e.getName().toString();
            if (property.startsWith(PREFIX + "signing-key") || property.startsWith(PREFIX + "accepted-keys")) {
                // Spring would say so too, and print the value: a key that was put one name too high.
                throw new SecretRefused(property, "has no value of its own, only what is below it, numbered from 0");
            }
            throw e;
        }
    }

    /** Refuses, by {@link SecretRefused}, what would protect nothing or could not work. */
    static Keyring of(SessionSettings settings, boolean production) {
        Map<String, TokenKey> byId = new LinkedHashMap<>();
        byte[] secret = JwtSecret.require(settings.jwtSecret(), production);
        TokenKey signing = add(byId, PREFIX + "key-id", TokenKey.ofSecret(id("key-id", settings.keyId()), secret));
        SessionSettings.SigningKey own = settings.signingKey();
        if (own != null && own.isSet()) {
            String property = PREFIX + "signing-key.private-key";
            String id = id("signing-key.id", own.id());
            signing = add(
                    byId,
                    PREFIX + "signing-key.id",
                    TokenKey.ofPrivate(property, id, Pem.privateKey(property, own.privateKey())));
        }
        for (int i = 0; i < settings.acceptedKeys().size(); i++) {
            String name = "accepted-keys[" + i + "]";
            add(
                    byId,
                    PREFIX + name + ".id",
                    accepted(name, settings.acceptedKeys().get(i), production));
        }
        return new Keyring(byId, signing);
    }

    private static TokenKey accepted(String name, SessionSettings.AcceptedKey key, boolean production) {
        String id = id(name + ".id", key.id());
        if (blank(key.secret()) == blank(key.publicKey())) {
            throw new SecretRefused(PREFIX + name, "needs either a secret or a public-key");
        }
        String property = PREFIX + name + ".public-key";
        return blank(key.publicKey())
                ? TokenKey.ofSecret(id, JwtSecret.require(PREFIX + name + ".secret", key.secret(), production))
                : TokenKey.ofPublic(property, id, Pem.publicKey(property, key.publicKey()));
    }

    private static String id(String name, @Nullable String id) {
        if (id == null || !ID.matcher(id).matches()) {
            throw new SecretRefused(PREFIX + name, "must be 1 to 64 letters, digits, dots, dashes or underscores");
        }
        return id;
    }

    private static TokenKey add(Map<String, TokenKey> byId, String property, TokenKey key) {
        if (byId.putIfAbsent(key.id(), key) != null) {
            throw new SecretRefused(property, "is " + key.id() + ", as another key is called already");
        }
        return key;
    }

    private static boolean blank(@Nullable String text) {
        return text == null || text.isBlank();
    }

    TokenKey signing() {
        return signing;
    }

    @Nullable
    TokenKey of(@Nullable String id) {
        return id == null ? null : byId.get(id);
    }

    /** Those that sign cookies: the first does, the others are accepted. */
    List<byte[]> secrets() {
        return byId.values().stream()
                .map(TokenKey::signer)
                .filter(MACSigner.class::isInstance)
                .map(MACSigner.class::cast)
                .map(MACSigner::getSecret)
                .toList();
    }

    /** For whoever else verifies our tokens: a JWK Set (RFC 7517) of public keys, those that sign later included. */
    public String jwkSet() {
        List<JWK> shown = new ArrayList<>();
        byId.values().stream()
                .map(TokenKey::publicPart)
                .filter(Objects::nonNull)
                .map(JWK::toPublicJWK)
                .forEach(shown::add);
        return new JWKSet(shown).toString();
    }

    @Override
    public String toString() {
        return "Keyring[signs with " + signing + ", accepts " + byId.keySet() + "]";
    }
}
