package flashsale.web;

import flashsale.observability.RareLine;
import flashsale.session.Principal;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.springframework.web.reactive.function.server.ServerRequest;

/**
 * Users who call what only operations may. Anybody can register, so nothing of theirs is written down for good: a WARN a
 * second at most on this node, the rest at DEBUG; all of them count in {@code http.server.requests} with status 403.
 */
final class Uninvited {

    private static final Logger LOG = LoggerFactory.getLogger(Uninvited.class);

    private final RareLine warning = RareLine.every(Duration.ofSeconds(1));

    void came(String action, ServerRequest request, Principal principal) {
        Visit visit = Visit.of(request.exchange());
        LogFields.of(LOG.atLevel(warning.isDue() ? Level.WARN : Level.DEBUG), visit.requestId, visit.trace)
                .log(
                        "User {} has not the role OPS and was refused {}, request {}",
                        principal.userId(),
                        action,
                        visit.requestId);
    }
}
