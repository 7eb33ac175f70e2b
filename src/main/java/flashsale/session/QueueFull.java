package flashsale.session;

import org.springframework.dao.TransientDataAccessResourceException;

/** More passwords or tokens wait for the CPU than are allowed to. Nothing was done; like a store that is away, it passes. */
public final class QueueFull extends TransientDataAccessResourceException {

    private static final long serialVersionUID = 1L;

    QueueFull(String what, Throwable cause) {
        super("too many wait: " + what, cause);
    }
}
