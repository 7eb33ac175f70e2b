package flashsale.session;

import org.springframework.dao.TransientDataAccessResourceException;

/** More passwords wait for their hash than are allowed to; like a store that is away, it passes. */
final class HashingFull extends TransientDataAccessResourceException {

    private static final long serialVersionUID = 1L;

    HashingFull(Throwable cause) {
        super("too many passwords wait for their hash", cause);
    }
}
