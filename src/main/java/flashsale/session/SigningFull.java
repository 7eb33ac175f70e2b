package flashsale.session;

import org.springframework.dao.TransientDataAccessResourceException;

/** More tokens wait for their signature than are allowed to; like a store that is away, it passes. */
final class SigningFull extends TransientDataAccessResourceException {

    private static final long serialVersionUID = 1L;

    SigningFull(Throwable cause) {
        super("too many tokens wait for their signature", cause);
    }
}
