package flashsale.web;

import flashsale.observability.Trace;
import flashsale.sale.SaleView;
import flashsale.session.LiveSession;
import flashsale.session.Principal;
import org.jspecify.annotations.Nullable;
import org.springframework.web.server.ServerWebExchange;

/** One request on its way through the filters and its handler: what the earlier ones found out for the later ones. */
final class Visit {

    private static final String ATTRIBUTE = Visit.class.getName();

    final String requestId;
    final long startedNanos;

    /** Null where it is not recorded. */
    final @Nullable Trace trace;

    /** Who asks, once known. */
    @Nullable
    Principal principal;

    /** The session of who asks; null also when it could not be confirmed, which is enough to read. */
    @Nullable
    LiveSession session;

    /** Whether a browser proved the session, which then has cookies to be kept in step. */
    boolean byCookie;

    /** The sale a purchase is for, once the gate let it pass. */
    @Nullable
    SaleView sale;

    /** What an ops call was about, for its entry in the log of actions. */
    String note = "";

    Visit(String requestId, long startedNanos, @Nullable Trace trace) {
        this.requestId = requestId;
        this.startedNanos = startedNanos;
        this.trace = trace;
    }

    void on(ServerWebExchange exchange) {
        exchange.getAttributes().put(ATTRIBUTE, this);
    }

    static Visit of(ServerWebExchange exchange) {
        Visit visit = (Visit) exchange.getAttributes().get(ATTRIBUTE);
        if (visit == null) {
            throw new IllegalStateException("The Edge filter did not run before "
                    + exchange.getRequest().getPath());
        }
        return visit;
    }
}
