package flashsale.session;

import java.security.SecureRandom;
import java.util.Base64;
import org.springframework.session.SessionIdGenerator;

/** Session ids nobody can guess, safe in URLs, headers and cookies. */
final class SessionIds implements SessionIdGenerator {

    /** 192 bits: more than the 128 a session id wants, and 32 characters without padding. */
    private static final int BYTES = 24;

    private static final Base64.Encoder TEXT = Base64.getUrlEncoder().withoutPadding();

    private final SecureRandom random;

    SessionIds(SecureRandom random) {
        this.random = random;
    }

    @Override
    public String generate() {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return TEXT.encodeToString(bytes);
    }
}
