package flashsale.session;

import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How long sessions live and how they are proved.
 *
 * @param jwtSecret signs the tokens (HS256): plain text whose UTF-8 bytes are the key, at least 32 of them, for
 *     example the output of {@code openssl rand -base64 32}; the same on every node. No default: a secret that
 *     stands in a repository signs for everybody.
 * @param keyId the {@code kid} of that secret
 * @param signingKey signs the tokens instead of the secret where others verify them too; the secret stays accepted
 * @param acceptedKeys of tokens signed elsewhere: by the key before, or the one to come. Rotation is described in
 *     {@code docs/decisions.md}
 * @param issuer the {@code iss} of our tokens; others are refused
 * @param audience the {@code aud} of our tokens; others are refused
 * @param idleTimeout life of a session and its token after the login or the last renewal, in whole seconds; two hours
 *     outlast any sale and its payment
 * @param absoluteTimeout life of a session after its login, however often it is renewed, in whole seconds
 * @param renewal of sessions in use
 * @param devices how many sessions a user may have at once
 * @param redisUrl a Redis of their own for the sessions ({@code redis://} or {@code rediss://}), so that they
 *     neither share memory nor fate with the stock; without it they live in {@code spring.data.redis}
 * @param verifiedTokens remembered per node, about 600 bytes each; the one forgotten costs 7 µs of CPU, more with a signingKey
 * @param badTokens what tokens that are no good may cost a node
 * @param view what a node knows without asking Redis
 * @param hashing of passwords
 * @param throttle of failed logins
 */
@Validated
@ConfigurationProperties("flash-sale.session")
record SessionSettings(
        @Nullable String jwtSecret,
        @NotBlank @DefaultValue("hs256-1") String keyId,
        @Nullable SigningKey signingKey,
        @Size(max = 16) @DefaultValue List<AcceptedKey> acceptedKeys,
        @NotBlank @DefaultValue("flash-sale") String issuer,
        @NotBlank @DefaultValue("flash-sale-api") String audience,
        @DefaultValue("2h") Duration idleTimeout,
        @DefaultValue("7d") Duration absoluteTimeout,
        @Valid @DefaultValue Renew renewal,
        @Valid @DefaultValue Devices devices,
        @Nullable String redisUrl,
        @Min(1) @DefaultValue("100000") int verifiedTokens,
        @Valid @DefaultValue BadTokens badTokens,
        @Valid @DefaultValue View view,
        @Valid @DefaultValue Hashing hashing,
        @Valid @DefaultValue Throttle throttle) {

    SessionSettings {
        if (idleTimeout.toSeconds() < 1) {
            throw new IllegalArgumentException("flash-sale.session.idle-timeout must be at least 1s");
        }
        if (absoluteTimeout.compareTo(idleTimeout) < 0) {
            throw new IllegalArgumentException(
                    "flash-sale.session.absolute-timeout must not be shorter than idle-timeout");
        }
    }

    SessionLife life() {
        return new SessionLife(idleTimeout, absoluteTimeout);
    }

    /** The least time between two renewals of a session on a node. */
    Duration renewAfter() {
        return renewal.after() == null ? idleTimeout.dividedBy(12) : renewal.after();
    }

    /**
     * @param on which requests renew: EVERY_REQUEST, WRITES_ONLY (anything but GET, HEAD and OPTIONS) or NEVER: then a
     *     session ends idle-timeout after its login
     * @param after how long after the last renewal the next is due: last-active writes are no more frequent than this.
     *     By default a twelfth of idle-timeout, so that a session in use has eleven twelfths of it left.
     */
    record Renew(
            @DefaultValue("EVERY_REQUEST") Renewal.Policy on,
            @Nullable Duration after) {}

    record Devices(
            @Valid @DefaultValue DevicePolicy app,
            @Valid @DefaultValue DevicePolicy web,
            @Valid @DefaultValue DevicePolicy miniapp) {

        DevicePolicy of(ClientType clientType) {
            return switch (clientType) {
                case APP -> app;
                case WEB -> web;
                case MINIAPP -> miniapp;
            };
        }
    }

    /**
     * @param limit sessions of one user and client type at once; all of them are read at each login and listing
     * @param whenFull what a login on one more device does; on a device that has a session it replaces that one
     */
    record DevicePolicy(
            @Min(1) @Max(100) @DefaultValue("1") int limit,
            @DefaultValue("END_OLDEST") WhenFull whenFull) {

        enum WhenFull {
            END_OLDEST,
            REFUSE
        }
    }

    /**
     * @param perSecond forged ones that are verified in a second, as many at once, before no token that this node does not
     *     know is looked at: 4 ms of CPU a second with HS256, 20 with RS256, 180 with ES256
     * @param remembered bad tokens that need no second look, about 100 bytes each
     */
    record BadTokens(
            @Min(1) @DefaultValue("500") int perSecond,
            @Min(1) @DefaultValue("10000") int remembered) {}

    /**
     * @param size sessions remembered per node, about 300 bytes each; the one forgotten costs a Redis read
     * @param ttl how long the view is trusted after the last proof that no message was missed, and how often the
     *     sessions in use are looked up in bulk: the longest an ended session can still act on a node that heard nothing
     */
    record View(
            @Min(1) @DefaultValue("100000") int size,
            @DefaultValue("2s") Duration ttl) {}

    /**
     * @param cost of bcrypt, the exponent of its rounds: 10 is about 50 ms of CPU; each step doubles it
     * @param threads that hash; one, so that a storm of logins takes one core from purchases and no more
     * @param queue of waiting hashes for each thread; 32 at 50 ms are 1.6 s, inside the deadline of a request even where
     *     the machine is busy with other things
     */
    record Hashing(
            @Min(4) @Max(16) @DefaultValue("10") int cost,
            @Min(1) @DefaultValue("1") int threads,
            @Min(1) @DefaultValue("32") int queue) {}

    /**
     * @param perUser failures allowed for one username in a window
     * @param perAddress failures allowed from one client address in a window; more, as many buyers share one
     * @param window counted from the first failure
     * @param remembered usernames, and as many addresses, per node; the least used are forgotten
     */
    record Throttle(
            @Min(1) @DefaultValue("5") int perUser,
            @Min(1) @DefaultValue("50") int perAddress,
            @DefaultValue("15m") Duration window,
            @Min(1) @DefaultValue("100000") int remembered) {}

    /**
     * @param id the {@code kid} of the key; unlike that of any other
     * @param privateKey PEM (PKCS#8) of an RSA key of 2,048 to 4,096 bits, which signs RS256, or of an EC key on P-256,
     *     which signs ES256; the text itself, from the environment or a mounted secret
     */
    record SigningKey(@Nullable String id, @Nullable String privateKey) {

        /** Both left empty is how an environment says that there is none. */
        boolean isSet() {
            return !(id == null || id.isBlank()) || !(privateKey == null || privateKey.isBlank());
        }

        @Override
        public String toString() {
            return "SigningKey[id=" + id + "]";
        }
    }

    /**
     * One of the two, which decides the algorithm.
     *
     * @param id the {@code kid} of the key; unlike that of any other
     * @param secret of HS256, as {@code jwtSecret}
     * @param publicKey PEM of an RSA (RS256) or a P-256 (ES256) public key, as {@code openssl pkey -pubout} writes it
     */
    record AcceptedKey(
            @Nullable String id,
            @Nullable String secret,
            @Nullable String publicKey) {

        @Override
        public String toString() {
            return "AcceptedKey[id=" + id + "]";
        }
    }

    /** Without the secret, and without the password that may stand in the address. */
    @Override
    public String toString() {
        return "SessionSettings[keyId=" + keyId + ", idleTimeout=" + idleTimeout + "]";
    }
}
