package flashsale.web;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Every problem this service answers with; each has a page at {@code /problems/{name}}. The names are contract. */
enum ProblemType {
    INVALID_REQUEST(400, "The request is not valid"),
    UNAUTHENTICATED(401, "Log in first"),
    SESSION_ENDED(401, "The session has ended"),
    BAD_SIGNATURE(401, "The signature is no good"),
    BAD_CREDENTIALS(401, "Username or password is wrong"),
    FORBIDDEN(403, "Not allowed"),
    CSRF_TOKEN_MISSING(403, "The CSRF token is missing or wrong"),
    NOT_FOUND(404, "Nothing is here"),
    SALE_NOT_FOUND(404, "No such sale"),
    ORDER_NOT_FOUND(404, "No such order"),
    METHOD_NOT_ALLOWED(405, "This address does not take this method"),
    NOT_ACCEPTABLE(406, "No acceptable representation"),
    REQUEST_TIMEOUT(408, "The request did not arrive in time"),
    USERNAME_TAKEN(409, "The username is taken"),
    TOO_MANY_DEVICES(409, "Logged in on too many devices"),
    TOO_MANY_SALES(409, "There are as many sales as can be sold"),
    SOLD_OUT(409, "Sold out"),
    INSUFFICIENT_STOCK(409, "Fewer units are left than you asked for"),
    LIMIT_REACHED(409, "The limit per buyer is reached"),
    SALE_NOT_STARTED(409, "The sale has not started"),
    SALE_ENDED(409, "The sale has ended"),
    SALE_PAUSED(409, "The sale is paused"),
    PURCHASE_IN_FLIGHT(409, "The same purchase is still running"),
    ILLEGAL_TRANSITION(409, "The order or user is not in a state for this"),
    NOT_ALIGNED(409, "The nodes do not agree yet"),
    PAYLOAD_TOO_LARGE(413, "The body is too large"),
    URI_TOO_LONG(414, "The address is too long"),
    UNSUPPORTED_MEDIA_TYPE(415, "The body must be JSON"),
    IDEMPOTENCY_KEY_REUSED(422, "The Idempotency-Key was used for another request"),
    RATE_LIMITED(429, "Too many requests"),
    TOO_MANY_FAILURES(429, "Too many failed logins"),
    HEADERS_TOO_LARGE(431, "The headers are too large"),
    INTERNAL_ERROR(500, "Something went wrong here"),
    OVERLOADED(503, "Too busy just now"),
    DEGRADED(503, "A part of the service is away"),
    SALE_CLOSED(503, "The sale is closed for a moment");

    final int status;
    final String title;

    ProblemType(int status, String title) {
        this.status = status;
        this.title = title;
    }

    /** The last part of its {@code type} URI. */
    String slug() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static @Nullable ProblemType named(String slug) {
        for (ProblemType type : values()) {
            if (type.slug().equals(slug)) {
                return type;
            }
        }
        return null;
    }
}
